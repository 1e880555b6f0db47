/// Drift, transfer and verdicts of one study.
public enum Analysis {
    /// Computes every number of the report.
    ///
    /// The same input and settings give the same result, whatever the number of threads. What cannot be computed is nil
    /// and has its reason; only a decomposition that does not converge throws.
    ///
    /// - Throws: `LAPACKError` of `LinearAlgebra`.
    public static func run(_ input: AnalysisInput) throws -> AnalysisResult {
        let settings = input.settings
        let drift = try input.spaces.map { try DriftAnalysis.analyse($0, settings: settings) }
        let transfer = TransferAnalysis(input.transfer, settings: settings)
        var notComputed = input.notComputed + transfer.notComputed + drift.flatMap(\.notComputed)
        let verdicts = verdicts(
            transfer, budgets: input.transfer.budgets, drift: drift.first, domains: input.transfer.domains,
            settings: settings, notComputed: &notComputed)
        let attribution = try input.attribution.flatMap {
            try AttributionAnalysis.analyse($0, of: input, transfer: transfer, verdicts: verdicts)
        }
        notComputed += attribution?.notComputed ?? []
        return AnalysisResult(
            settings: settings, domains: input.transfer.domains,
            primaryBenchmark: input.transfer.benchmarks.first?.name, scores: transfer.scores, transfer: transfer.rows,
            updateScaling: transfer.updateScaling, drift: drift, budgets: input.transfer.budgets.map(\.finite),
            disjointness: input.transfer.disjointness, verdicts: verdicts, notComputed: notComputed,
            attribution: attribution)
    }

    private static func verdicts(
        _ transfer: TransferAnalysis, budgets: [QualityBudget], drift: DriftResult?, domains: [AnalysisDomain],
        settings: AnalysisSettings, notComputed: inout [NotComputed]
    ) -> [Verdict] {
        var out: [Verdict] = []
        for (i, row) in transfer.rows.enumerated() where row.role != .target {
            guard
                let target = transfer.rows.firstIndex(where: { $0.benchmark == row.benchmark && $0.role == .target })
            else {
                notComputed.append(
                    NotComputed(
                        what: "verdict of \(row.domain) on \(row.benchmark)",
                        reason: "the benchmark has no usable item of the target"))
                continue
            }
            let evidence = VerdictEvidence(
                targetScore: transfer.scores[target], target: transfer.rows[target],
                targetScaling: transfer.updateScaling.first {
                    $0.benchmark == row.benchmark && $0.domain == transfer.rows[target].domain
                }, score: transfer.scores[i], row: row, standardError: transfer.standardErrors[i],
                budgets: budgets.map(\.finite),
                drift: drift?.clusters.first {
                    $0.domain == row.domain && $0.group == nil && $0.metric == .targetShare && $0.commonRemoved
                })
            out.append(VerdictWriter.verdict(evidence, settings: settings))
        }
        return out
    }
}

extension QualityBudget {
    /// The same with numbers that are not finite left out; a missing value counts as broken.
    fileprivate var finite: QualityBudget {
        func kept(_ value: Double?) -> Double? { value.flatMap { $0.isFinite ? $0 : nil } }
        return QualityBudget(
            name: name, text: text, before: kept(before), after: kept(after), value: kept(value), limit: kept(limit))
    }
}
