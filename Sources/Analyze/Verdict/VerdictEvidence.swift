/// What the rules read for one domain on one benchmark.
struct VerdictEvidence {
    var targetScore: ScoreRow
    var target: TransferRow
    var targetScaling: UpdateScalingResult?
    var score: ScoreRow
    var row: TransferRow
    /// Bootstrap standard error of the domain's τ.
    var standardError: Double
    var budgets: [QualityBudget]
    /// Share of the movement of the domain's unexposed words in the target subspace, common part taken out.
    var drift: DriftRow?
}
