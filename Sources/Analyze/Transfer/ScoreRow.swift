import Records

/// Scores of one domain on one benchmark, before and after.
public struct ScoreRow: Codable, Sendable, Equatable {
    /// Benchmark name.
    public var benchmark: String
    /// Scoring profile.
    public var profile: String
    /// Domain.
    public var domain: String
    /// Role of the domain.
    public var role: DomainRole
    /// Scores of the model before.
    public var before: ScoreSummary
    /// Scores of the model after.
    public var after: ScoreSummary
}

/// Bias scores of one model on one domain of one benchmark. Intervals are clustered bootstrap intervals over items.
public struct ScoreSummary: Codable, Sendable, Equatable {
    /// B, the mean signed gap, in nats per token.
    public var bias: Double
    /// Interval of B.
    public var biasInterval: Interval?
    /// Share of items with a positive gap, in percent; ties stay in N and are no hits.
    public var share: Double
    /// Interval of the share.
    public var shareInterval: Interval?
    /// |share − 50|, in percentage points.
    public var shareDistance: Double
    /// Mean |g|; never evidence on its own.
    public var meanAbsoluteGap: Double
    /// Interval of mean |g|.
    public var meanAbsoluteGapInterval: Interval?
    /// Standard deviation of the gaps over items (n − 1).
    public var gapDeviation: Double
    /// Items with a finite gap in both models.
    public var count: Int
    /// Items with a gap of exactly zero.
    public var ties: Int
    /// Items left out because a gap is not finite before or after.
    public var nonFinite: Int
}
