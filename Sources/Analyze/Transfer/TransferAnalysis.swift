import Records

/// Transfer over all benchmarks and domains: scores, changes, nulls, scaled updates.
struct TransferAnalysis {
    var scores: [ScoreRow] = []
    var rows: [TransferRow] = []
    var updateScaling: [UpdateScalingResult] = []
    var notComputed: [NotComputed] = []
    /// Bootstrap standard error of τ, in the order of ``rows``.
    var standardErrors: [Double] = []

    init(_ records: RunRecords, benchmarks: [PairedBenchmark], request: AnalysisRequest) {
        let settings = request.settings
        for benchmark in benchmarks {
            for domain in request.domains {
                let table = ItemTable(benchmark: benchmark, domain: domain)
                let name = "\(domain.name) on \(benchmark.name)"
                func miss(_ what: String, _ reason: String) {
                    notComputed.append(NotComputed(what: "\(what) of \(name)", reason: reason))
                }
                guard table.items.count >= 2 else {
                    miss("scores", "\(table.items.count) items with finite gaps (\(table.nonFinite) not finite)")
                    continue
                }
                let analysis = ScoreAnalysis(table, settings: settings)
                var row = analysis.transfer
                for null in NullDraws.all(records, table: table) {
                    let (comparison, reason) = NullAnalysis.compare(row, with: null, settings: settings)
                    if let comparison { row.nulls.append(comparison) }
                    if let reason { miss("\(null.kind) null", reason) }
                }
                if row.nulls.isEmpty { miss("excess", "no null models were scored") }
                row.seeds = SeedAnalysis.spread(
                    records, table: table, clusteredBy: row.intervalKind, settings: settings)
                if let scaling = UpdateScalingAnalysis.analyse(records.models, table: table, settings: settings) {
                    updateScaling.append(scaling)
                    if let reason = scaling.reason { miss("odd and even part", reason) }
                } else {
                    miss("update scaling", "no scaled update was scored")
                }
                scores.append(analysis.scores)
                rows.append(row)
                standardErrors.append(analysis.standardError)
            }
        }
        NullAnalysis.correct(&rows, settings: settings)
    }
}
