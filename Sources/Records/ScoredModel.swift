/// A changed model, scored on one benchmark.
public struct ScoredModel: Codable, Sendable, Equatable {
    /// What was done to the parameters.
    public enum Kind: String, Codable, Sendable, CaseIterable {
        /// θ0 + α·Δθ.
        case dose
        /// θ0 plus a random update of the same damage.
        case random
        /// Only one component's update: θ0 + P Δθ.
        case only
        /// All but one component's update: θ0 + (I − P) Δθ.
        case without
        /// A random update of equal norm in one component.
        case onlyControl = "only-control"
        /// The whole update less a random one of equal norm in one component.
        case withoutControl = "without-control"
        /// The update with its part in a subspace of the residual stream removed.
        case removed
        /// Only the update's part in a subspace.
        case kept
        /// As `removed`, with a random subspace of equal rank and equal removed norm.
        case removedControl = "removed-control"
        /// As `kept`, with a random subspace.
        case keptControl = "kept-control"
        /// A retraining; ``ScoredModel/component`` is its name.
        case rerun
    }

    /// How the bias was found.
    public enum Scoring: String, Codable, Sendable {
        /// The changed model was run on every item.
        case exact
        /// B_d(θ0) + ⟨∇B_d(θ0), Δ⟩ plus the error of one of the exactly scored draws, chosen at random.
        case firstOrder = "first-order"
    }

    /// The benchmark that ``bias`` and ``gaps`` are about.
    public var benchmark: String
    /// What was done to the parameters.
    public var kind: Kind
    /// The component, the subspace or the retraining it was done to or with, such as `attention/3`, `shared` or `seed-2`;
    /// `all` for the whole update.
    public var component: String
    /// The domain whose overlap with the target defines the subspace; nil where no other domain takes part.
    public var subject: String?
    /// The update scaling α, or for a random update the scale of its norm against that of Δθ.
    public var alpha: Double
    /// ‖θ − θ0‖ over ‖Δθ‖; nil where not measured.
    public var norm: Double?
    /// The number of the random draw; nil for what is no draw.
    public var draw: Int?
    /// The seed of the random draw or of the retraining; nil for another model.
    public var seed: UInt64?
    /// Mean KL(θ0 ‖ θ) per token of neutral text, in nats; nil where not measured.
    public var kl: Double?
    /// Perplexity of neutral text; nil where not measured.
    public var perplexity: Double?
    /// How ``bias`` was found.
    public var scoring = Scoring.exact
    /// B_d by domain.
    public var bias: [String: Double] = [:]
    /// B_d(θ0) + ⟨∇B_d(θ0), Δ⟩ by domain, uncorrected; empty unless the first order was computed.
    public var firstOrder: [String: Double] = [:]
    /// Signed gap of every item by domain, in the order of the benchmark; empty unless scored exactly. A run keeps them in
    /// single precision.
    public var gaps: [String: [Double]] = [:]

    package init(
        benchmark: String, kind: Kind, component: String = "all", subject: String? = nil, alpha: Double = 1,
        norm: Double? = nil, draw: Int? = nil, seed: UInt64? = nil, kl: Double? = nil, perplexity: Double? = nil
    ) {
        (self.benchmark, self.kind, self.component, self.subject) = (benchmark, kind, component, subject)
        (self.alpha, self.norm, self.draw, self.seed) = (alpha, norm, draw, seed)
        (self.kl, self.perplexity) = (kl, perplexity)
    }
}

/// Which domains and items the scored models of a run are of: the same for all of them.
public struct ScoredItems: Sendable, Equatable {
    /// The study's domains.
    public var domains: [String]
    /// Number of items by benchmark and domain, of those that a benchmark has.
    public var counts: [String: [String: Int]]

    package init(domains: [String], counts: [String: [String: Int]]) {
        (self.domains, self.counts) = (domains, counts)
    }
}
