import Records

/// All numbers of an analysis, as the report prints them. A number that could not be computed is nil and has its reason
/// in ``notComputed`` or beside it; no value is NaN or infinite.
public struct AnalysisResult: Codable, Sendable, Equatable {
    /// Draws, seed, margin and thresholds as used.
    public var settings: AnalysisSettings
    /// Domains with their roles.
    public var domains: [AnalysisDomain]
    /// The benchmark that leads the report: the first that the study names.
    public var primaryBenchmark: String?
    /// Scores before and after, a row per benchmark and domain.
    public var scores: [ScoreRow]
    /// Changes of bias, a row per benchmark and domain.
    public var transfer: [TransferRow]
    /// Bias along the scaled update, an entry per benchmark and domain.
    public var updateScaling: [UpdateScalingResult]
    /// Drift, an entry per embedding space.
    public var drift: [DriftResult]
    /// Tests of association before and after.
    public var associations: [AssociationChange]
    /// What the models said, measured.
    public var continuations: [ContinuationChange] = []
    /// Scores of the study's own commands before and after.
    public var custom: [CommandChange]
    /// Limits on damage and where the run ended.
    public var budgets: [QualityBudget]
    /// Inputs that must share nothing.
    public var disjointness: [DisjointnessCheck]
    /// A verdict per benchmark and transfer or control domain.
    public var verdicts: [Verdict]
    /// Everything that could not be computed, with reasons.
    public var notComputed: [NotComputed]
    /// Why the biases moved; nil when the study asks for no explanation.
    public var attribution: AttributionResult?

    /// The verdicts on the benchmark that leads.
    package var leadingVerdicts: [Verdict] { verdicts.filter { $0.benchmark == primaryBenchmark } }
    /// The changes of bias on the benchmark that leads.
    package var leadingTransfer: [TransferRow] { transfer.filter { $0.benchmark == primaryBenchmark } }
}
