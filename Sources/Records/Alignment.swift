/// ⟨∇B_d, Δθ⟩ of one component of the model.
public struct AlignedComponent: Codable, Sendable, Equatable {
    /// The component, as Attribution names it.
    public var component: String
    /// The block, from 0; nil outside the blocks.
    public var layer: Int?
    /// ⟨∇B_d(θ0), Δθ⟩ over its parameters.
    public var start: Double
    /// ∫₀¹ ⟨∇B_d(θ0 + αΔθ), Δθ⟩ dα over them, by Gauss–Radau quadrature.
    public var path: Double
    /// The path integral with only what the forget term did to the parameters; nil without a decomposition of the update.
    public var forget: Double?
    /// The same of the retain term.
    public var retain: Double?
    /// The same of weight decay.
    public var decay: Double?
    /// ‖Δθ‖ over it.
    public var norm: Double

    /// The names under which a run keeps them.
    enum CodingKeys: String, CodingKey {
        case layer, start, path, forget, retain, decay, norm
        case component = "part"
    }

    package init(
        component: String, layer: Int? = nil, start: Double, path: Double, forget: Double? = nil, retain: Double? = nil,
        decay: Double? = nil, norm: Double
    ) {
        (self.component, self.layer, self.start, self.path) = (component, layer, start, path)
        (self.forget, self.retain, self.decay, self.norm) = (forget, retain, decay, norm)
    }
}

/// How one domain's bias is aligned with an update.
public struct AlignmentTable: Codable, Sendable, Equatable {
    /// Benchmark name.
    public var benchmark: String
    /// Domain.
    public var domain: String
    /// The components; they add up to the whole.
    public var components: [AlignedComponent]
    /// B_d(θ1) − B_d(θ0) as scored, which the path integral should give.
    public var exact: Double
    /// Nodes of the quadrature.
    public var nodes: Int
    /// cos(∇B_d(θ0), Δθ).
    public var cosine: Double
    /// The same with the gradient of neutral text's log-likelihood projected out of both.
    public var cosineNeutralRemoved: Double

    /// The names under which a run keeps them.
    enum CodingKeys: String, CodingKey {
        case benchmark, domain, exact, nodes, cosine, cosineNeutralRemoved
        case components = "parts"
    }

    package init(
        benchmark: String, domain: String, components: [AlignedComponent], exact: Double, nodes: Int, cosine: Double,
        cosineNeutralRemoved: Double
    ) {
        (self.benchmark, self.domain, self.components, self.exact) = (benchmark, domain, components, exact)
        (self.nodes, self.cosine, self.cosineNeutralRemoved) = (nodes, cosine, cosineNeutralRemoved)
    }
}

/// Minimal pairs of neutral sentences, scored before and after: what an update does to any preference.
public struct NeutralPairs: Codable, Sendable, Equatable {
    /// Benchmark whose pairs they stand for.
    public var benchmark: String
    /// Signed gaps before.
    public var before: [Double]
    /// Signed gaps after.
    public var after: [Double]

    package init(benchmark: String, before: [Double], after: [Double]) {
        (self.benchmark, self.before, self.after) = (benchmark, before, after)
    }
}

/// How the update is aligned with each bias.
public struct AlignmentRecord: Codable, Equatable, Sendable {
    /// Alignment by benchmark and domain.
    public var tables: [AlignmentTable] = []
    /// Neutral minimal pairs.
    public var neutralPairs: [NeutralPairs] = []
    /// What was left out, with reasons.
    public var notDone: [NotComputed] = []

    package init() {}
}
