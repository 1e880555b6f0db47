import Records

/// What the rules read for one domain on one benchmark.
package struct VerdictEvidence {
    /// The target's scores on the same benchmark.
    package var targetScore: ScoreRow
    /// The target's change.
    package var target: TransferRow
    /// The target's bias along the scaled update.
    package var targetScaling: UpdateScalingResult?
    /// The domain's scores.
    package var score: ScoreRow
    /// The domain's change.
    package var row: TransferRow
    /// Bootstrap standard error of the domain's τ.
    package var standardError: Double
    /// Limits on damage.
    package var budgets: [QualityBudget]
    /// Share of the movement of the domain's unexposed words in the target subspace, common part taken out.
    package var drift: DriftRow?
}
