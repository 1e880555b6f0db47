/// One changed model, scored: a row of the table that the analysis reads.
public struct InterventionRow: Sendable, Equatable, Codable {
    /// What was done to the parameters.
    public enum Kind: String, Codable, Sendable {
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
        /// A retraining; ``InterventionRow/module`` is its name.
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
    /// The component of the model that was changed; `all` for the whole update.
    public var module: String
    /// The update scaling α, or for a random update the scale of its norm against that of Δθ.
    public var alpha: Double
    /// The number of the random draw; nil where nothing was drawn.
    public var draw: Int?
    /// The seed of the random draw; nil where nothing was drawn.
    public var seed: UInt64?
    /// Mean KL(θ0 ‖ θ) per token of neutral text, in nats.
    public var kl: Double
    /// Perplexity of the text measured; nil where it was not.
    public var perplexity: Double?
    /// How ``bias`` was found.
    public var scoring: Scoring
    /// B_d by domain.
    public var bias: [String: Double]
    /// Signed gap of every item by domain, in the order of the benchmark; empty unless scored exactly.
    public var gaps: [String: [Float]]

    /// B_d(θ0) + ⟨∇B_d(θ0), Δ⟩ by domain, uncorrected; empty unless the first order was computed.
    public var firstOrder: [String: Double] = [:]

    /// The domain whose overlap with the target defines the subspace; nil where no other domain takes part.
    public var subject: String?
    /// ‖θ − θ0‖ over ‖Δθ‖; nil where not measured.
    public var norm: Double?

    /// Makes a row.
    public init(
        benchmark: String, kind: Kind, module: String = "all", alpha: Double, draw: Int? = nil, seed: UInt64? = nil,
        kl: Double,
        perplexity: Double? = nil, scoring: Scoring = .exact, bias: [String: Double], gaps: [String: [Float]] = [:]
    ) {
        self.benchmark = benchmark
        self.kind = kind
        self.module = module
        self.alpha = alpha
        self.draw = draw
        self.seed = seed
        self.kl = kl
        self.perplexity = perplexity
        self.scoring = scoring
        self.bias = bias
        self.gaps = gaps
    }
}
