import Records

/// A retraining and what it did to one domain.
public struct RetrainingRow: Codable, Sendable, Equatable {
    /// The retraining.
    public var retraining: Retraining
    /// Domain.
    public var domain: String
    /// τ with its interval over items.
    public var tau: ControlledValue
    /// τ over the run's τ.
    public var share: ControlledValue
    /// KL(θ0 ‖ θ) on neutral text.
    public var kl: Double?
    /// Perplexity of neutral text.
    public var perplexity: Double?
}

/// Forget one domain, read another, over seeds.
public struct MatrixCell: Codable, Sendable, Equatable {
    /// Domain that was forgotten.
    public var forgotten: String
    /// Domain whose bias is read.
    public var measured: String
    /// Seeds.
    public var seeds: Int
    /// Mean τ over seeds, with an interval over seeds × items where there are at least 3 seeds, else over items.
    public var tau: ControlledValue
}

/// A point of bias against quality.
public struct ParetoPoint: Codable, Sendable, Equatable {
    /// `strength` or `steps`.
    public var sweep: String
    /// Its value.
    public var value: Double
    /// Perplexity over that of θ0, less 1.
    public var perplexityChange: Double?
    /// KL(θ0 ‖ θ).
    public var kl: Double?
    /// |B| of the target; of several, the mean.
    public var target: Double
    /// Mean |B| of the transfer domains.
    public var transfer: Double?
    /// Whether no other point has both a smaller |B| of the target and a smaller KL.
    public var isOnFront: Bool
}
