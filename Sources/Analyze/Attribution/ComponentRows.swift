/// Alignment of a whole update with one domain's bias.
public struct AlignmentSummary: Codable, Sendable, Equatable {
    /// Domain.
    public var domain: String
    /// First order at θ0.
    public var start: Double
    /// Path integral.
    public var path: Double
    /// τ as scored.
    public var exact: Double
    /// path − exact.
    public var completenessError: Double
    /// Of the path integral, what the forget term did.
    public var forget: Double?
    /// What the retain term did.
    public var retain: Double?
    /// What weight decay did.
    public var decay: Double?
    /// cos(∇B_d(θ0), Δθ).
    public var cosine: Double
    /// The same with the neutral-text gradient projected out.
    public var cosineNeutralRemoved: Double
    /// τ against the change over matched sets of neutral minimal pairs; one-sided, toward 0.
    public var neutral: ControlledValue
}

/// Alignment of one component with one domain's bias.
public struct AlignmentRow: Codable, Sendable, Equatable {
    /// Domain.
    public var domain: String
    /// The component, as Attribution names it.
    public var component: String
    /// The block; nil for the component in all blocks together.
    public var layer: Int?
    /// First order at θ0.
    public var start: Double
    /// Path integral: the component's share of τ in nats.
    public var path: Double
    /// `path` over their sum; nil where τ cannot be told from 0.
    public var share: Double?
    /// Of `path`, what the forget term did.
    public var forget: Double?
    /// Of `path`, what the retain term did.
    public var retain: Double?
    /// Of `path`, what weight decay did.
    public var decay: Double?
    /// The component's share of ‖Δθ‖².
    public var normShare: Double
}

/// One component patched in alone and left out alone.
public struct PatchRow: Codable, Sendable, Equatable {
    /// Domain.
    public var domain: String
    /// The component, as Attribution names it.
    public var component: String
    /// The block; nil for all.
    public var layer: Int?
    /// The component's share of ‖Δθ‖².
    public var normShare: Double
    /// τ of only this component's update; its control is a random update of equal norm there.
    public var only: ControlledValue
    /// τ of only this component over the whole τ.
    public var shareOnly: ControlledValue
    /// τ of all but this component.
    public var without: ControlledValue
    /// 1 − τ of all but this component over the whole τ.
    public var shareWithout: ControlledValue
}

/// One subspace removed from the update, or kept alone.
public struct MediationRow: Codable, Sendable, Equatable {
    /// Domain whose bias is read.
    public var domain: String
    /// Domain whose overlap with the target defines the subspace.
    public var subject: String
    /// `shared`: what target and subject have in common; `specific`: the rest of the target's subspace.
    public var subspace: String
    /// Dimensions by layer, embeddings first.
    public var ranks: [Int]
    /// Share of ‖Δθ‖² inside.
    public var normShare: Double?
    /// τ with the subspace removed.
    public var removed: ControlledValue
    /// 1 − τ removed/τ: the mediated share; its control is random subspaces of equal rank and equal removed norm.
    public var share: ControlledValue
    /// τ of the subspace alone over τ.
    public var kept: ControlledValue
}
