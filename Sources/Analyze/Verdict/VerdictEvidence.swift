/// What the rules read for one domain on one benchmark.
struct VerdictEvidence {
    /// What they read of a domain that is forgotten.
    struct Target {
        var score: ScoreRow
        var row: TransferRow
        var scaling: UpdateScalingResult?

        var domain: String { row.domain }
        /// Whether no bias was found at baseline, so that there was nothing to forget; nil without an interval.
        var hadNoBias: Bool? { score.before.biasInterval.map { !$0.excludesZero } }
    }

    /// All that was forgotten, as a sentence has it.
    var forgotten: String
    /// The targets that the benchmark has items of, in the order of the study; at least one.
    var targets: [Target]
    var score: ScoreRow
    var row: TransferRow
    /// Bootstrap standard error of the domain's τ.
    var standardError: Double
    var budgets: [QualityBudget]
    /// Share of the movement of the domain's unexposed words in the target subspace, common part taken out.
    var drift: DriftRow?

    /// Targets of which something is asked: those that had a bias to forget, or of which that is not known.
    var assessable: [Target] { targets.filter { $0.hadNoBias != true } }
}
