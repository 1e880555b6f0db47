import LinearAlgebra
import Statistics

/// Transfer over all benchmarks and domains: scores, changes, nulls, doses.
struct TransferAnalysis {
    var scores: [ScoreRow] = []
    var rows: [TransferRow] = []
    var updateScaling: [UpdateScalingResult] = []
    var notComputed: [NotComputed] = []
    /// Bootstrap standard error of τ, in the order of ``rows``.
    var standardErrors: [Double] = []

    init(_ input: TransferInput, settings: AnalysisSettings) {
        for benchmark in input.benchmarks {
            for domain in input.domains {
                let table = ItemTable(benchmark: benchmark, domain: domain)
                let name = "\(domain.name) on \(benchmark.name)"
                guard table.items.count >= 2 else {
                    notComputed.append(
                        NotComputed(
                            what: "scores of \(name)",
                            reason: "\(table.items.count) items with finite gaps (\(table.nonFinite) not finite)"))
                    continue
                }
                let analysis = ScoreAnalysis(table, settings: settings)
                var row = analysis.transfer
                for null in input.nulls where null.benchmark == benchmark.name && null.domain == domain.name {
                    let (comparison, reason) = NullAnalysis.compare(row, with: null, settings: settings)
                    if let comparison { row.nulls.append(comparison) }
                    if let reason {
                        notComputed.append(NotComputed(what: "\(null.kind) null of \(name)", reason: reason))
                    }
                }
                if row.nulls.isEmpty {
                    notComputed.append(NotComputed(what: "excess of \(name)", reason: "no null models were scored"))
                }
                row.seeds = SeedAnalysis.spread(
                    input.seeds.filter { $0.benchmark == benchmark.name && $0.domain == domain.name }, table: table,
                    clusteredBy: row.intervalKind, settings: settings)
                if let dose = input.doses.first(where: { $0.benchmark == benchmark.name && $0.domain == domain.name }) {
                    let result = UpdateScalingAnalysis.analyse(dose, table: table, settings: settings)
                    updateScaling.append(result)
                    if let reason = result.reason {
                        notComputed.append(NotComputed(what: "odd and even part of \(name)", reason: reason))
                    }
                } else {
                    notComputed.append(
                        NotComputed(what: "dose–response of \(name)", reason: "no doses were scored"))
                }
                scores.append(analysis.scores)
                rows.append(row)
                standardErrors.append(analysis.standardError)
            }
        }
        NullAnalysis.correct(&rows, settings: settings)
    }
}
