import Records

/// What every part of the attribution reads.
struct AttributionContext {
    let records: RunRecords
    /// Domains and settings.
    let request: AnalysisRequest
    /// Usable items by domain of the leading benchmark, in the study's order.
    let tables: [ItemTable]
    /// The changes that are to be explained, in the same order.
    let rows: [TransferRow]
    let benchmark: String

    var settings: AnalysisSettings { request.settings }
    /// The domains that are forgotten and have scores.
    var targets: [String] { rows.filter { $0.role == .target }.map(\.domain) }
    /// The domains that are forgotten, as a sentence has them.
    var forgotten: String { request.domains.targets.inWords() }
    /// Retrainings, the run itself first.
    var retrainings: [Retraining] { records.retrainings?.reruns ?? [] }

    func table(_ domain: String) -> ItemTable? { tables.first { $0.domain.name == domain } }
    func row(_ domain: String) -> TransferRow? { rows.first { $0.domain == domain } }
    /// Changed models of some kinds on the leading benchmark.
    func models(_ kinds: ScoredModel.Kind...) -> [ScoredModel] {
        records.models.filter { kinds.contains($0.kind) && $0.benchmark == benchmark }
    }
}

/// Why the biases moved, from changed models and the steps of the run, on the leading benchmark.
enum AttributionAnalysis {
    /// Every table and the explanation of each domain; nil without a leading benchmark.
    ///
    /// - Throws: `LAPACKError` when a decomposition does not converge.
    static func analyse(
        _ records: RunRecords, _ request: AnalysisRequest, benchmarks: [PairedBenchmark], transfer: TransferAnalysis,
        verdicts: [Verdict]
    ) throws -> AttributionResult? {
        guard let benchmark = benchmarks.first else { return nil }
        let tables = request.domains.map { ItemTable(benchmark: benchmark, domain: $0) }.filter { !$0.items.isEmpty }
        let context = AttributionContext(
            records: records, request: request, tables: tables,
            rows: transfer.rows.filter { $0.benchmark == benchmark.name }, benchmark: benchmark.name)
        var result = AttributionResult(benchmark: benchmark.name)
        result.notComputed = notDone(records, request)
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

    /// What the run's stages left out, and what was not asked for.
    private static func notDone(_ records: RunRecords, _ request: AnalysisRequest) -> [NotComputed] {
        func stage(_ kind: NotComputed.Kind, _ items: [NotComputed]?) -> [NotComputed] {
            (items ?? []).map { NotComputed(what: $0.what, reason: $0.reason, kind: $0.kind ?? kind) }
        }
        let hasForecast = records.forecast != nil || !request.expectsForecast
        let forecast = NotComputed(what: "forecast", reason: "none was written before the unlearning began")
        return stage(.alignment, records.alignment?.notDone) + stage(.mediation, records.mediation?.notDone)
            + stage(.contributions, records.contributions?.notDone)
            + stage(.decomposition, records.decomposition?.notDone) + stage(.forecast, hasForecast ? [] : [forecast])
            + request.notAsked
    }
}
