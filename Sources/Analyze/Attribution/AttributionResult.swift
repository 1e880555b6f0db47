import Records

// What attribution found. Shares and intervals are missing, with a reason, where the whole change cannot be told from 0.

/// Everything that attribution found on the leading benchmark.
public struct AttributionResult: Codable, Sendable, Equatable {
    /// Benchmark name.
    public var benchmark: String
    /// Why, a domain each.
    public var explanations: [DomainExplanation] = []
    /// Alignment of the whole update.
    public var alignment: [AlignmentSummary] = []
    /// Alignment by component, and by component and block.
    public var alignmentComponents: [AlignmentRow] = []
    /// Patching.
    public var patching: [PatchRow] = []
    /// Mediation.
    public var mediation: [MediationRow] = []
    /// The split of the embedding rows' movement.
    public var driftSplit: [DriftSplitRow] = []
    /// ‖θ decomposed − θ1‖/‖Δθ‖.
    public var decompositionError: Double?
    /// Contributions.
    public var contributions: [ContributionSummary] = []
    /// Ablations of the forget set: the run itself first, then ever cleaner forget sets.
    public var ablations: [RetrainingRow] = []
    /// Other retrainings.
    public var retrainings: [RetrainingRow] = []
    /// The transfer matrix.
    public var matrix: [MatrixCell] = []
    /// Points of the sweeps.
    public var pareto: [ParetoPoint] = []
    /// The forecast and what came of it.
    public var forecast: ForecastResult?
    /// What could not be computed.
    public var notComputed: [NotComputed] = []

    package init(benchmark: String) { self.benchmark = benchmark }
}

/// A number with its interval, compared with a control.
public struct ControlledValue: Codable, Sendable, Equatable {
    /// The number; nil when not computed.
    public var value: Double?
    /// Its interval.
    public var interval: Interval?
    /// Control draws.
    public var controls = 0
    /// Their median.
    public var controlMedian: Double?
    /// Their 2.5 % quantile; of fewer than 40 draws the least.
    public var controlLower: Double?
    /// Their 97.5 % quantile; of fewer than 40 draws the greatest.
    public var controlUpper: Double?
    /// One-sided p, (1 + #at least as large)/(1 + draws).
    public var p: Double?
    /// Why it is not computed.
    public var reason: String?

    package init(value: Double? = nil, interval: Interval? = nil, p: Double? = nil, reason: String? = nil) {
        (self.value, self.interval, self.p, self.reason) = (value, interval, p, reason)
    }
}

/// A forecast compared with what happened.
public struct ForecastResult: Codable, Sendable, Equatable {
    /// Benchmark name.
    public var benchmark: String
    /// The domains, strongest predicted fall first.
    public var entries: [ForecastEntry]
    /// Spearman's rank correlation of predicted and actual change over the study's transfer and control domains.
    public var rankCorrelation: Double?
    /// The same over all labels of the benchmark with enough items.
    public var rankCorrelationAll: Double?
    /// Exact p of `rankCorrelationAll` (or of `rankCorrelation` where there are no others), one-sided.
    public var p: Double?
    /// What a missing number is missing for.
    public var reason: String?
}
