/// What every part of the attribution reads.
struct AttributionContext {
    /// The scores of changed models and the replay.
    let input: AttributionInput
    /// Spaces, scores and settings of the study.
    let study: AnalysisInput
    /// Usable items by domain of the leading benchmark, in the study's order.
    let tables: [ItemTable]
    /// The changes that are to be explained, in the same order.
    let rows: [TransferRow]
    let benchmark: String

    var settings: AnalysisSettings { study.settings }
    /// Name of the target domain.
    var target: String? { rows.first { $0.role == .target }?.domain }

    /// The items of a domain.
    func table(_ domain: String) -> ItemTable? { tables.first { $0.domain.name == domain } }
    /// The change of a domain.
    func row(_ domain: String) -> TransferRow? { rows.first { $0.domain == domain } }
    /// Changed models of some kinds on the leading benchmark.
    func models(_ kinds: ScoredModel.Kind...) -> [ScoredModel] {
        input.models.filter { kinds.contains($0.kind) && $0.benchmark == benchmark }
    }
}

/// Why the biases moved, from changed models and the replay of the run, on the leading benchmark.
enum AttributionAnalysis {
    /// Every table and the explanation of each domain; nil without a leading benchmark.
    ///
    /// - Throws: `LAPACKError` when a decomposition does not converge.
    static func analyse(
        _ input: AttributionInput, of study: AnalysisInput, transfer: TransferAnalysis, verdicts: [Verdict]
    ) throws -> AttributionResult? {
        guard let benchmark = study.transfer.benchmarks.first else { return nil }
        let tables = study.transfer.domains.map { ItemTable(benchmark: benchmark, domain: $0) }
            .filter { !$0.items.isEmpty }
        let context = AttributionContext(
            input: input, study: study, tables: tables, rows: transfer.rows.filter { $0.benchmark == benchmark.name },
            benchmark: benchmark.name)
        var result = AttributionResult(benchmark: benchmark.name)
        result.notComputed = input.notDone
        AlignmentAnalysis.fill(&result, context)
        PatchAnalysis.fill(&result, context)
        MediationAnalysis.fill(&result, context)
        DriftSplitAnalysis.fill(&result, context)
        ContributionAnalysis.fill(&result, context)
        RetrainingAnalysis.fill(&result, context)
        ForecastAnalysis.fill(&result, context)
        ExplanationRules.fill(&result, context, transfer: transfer, verdicts: verdicts)
        return result
    }
}
