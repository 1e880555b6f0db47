import Records

/// Drift, transfer and verdicts of one study.
public enum Analysis {
    /// Computes every number of the report.
    ///
    /// The same records and settings give the same result, whatever the number of threads. What cannot be computed is nil
    /// and has its reason.
    ///
    /// - Parameter spaces: the embedding spaces to compare, the one that decides where drift is asked for first; nil takes
    ///   those of the records.
    /// - Throws: `InputError` for records that are not of the same items or words, `LAPACKError` of `LinearAlgebra` when a
    ///   decomposition does not converge.
    public static func run(
        _ records: RunRecords, _ request: AnalysisRequest, spaces: [DriftInput]? = nil
    ) throws -> AnalysisResult {
        let settings = request.settings
        let found = try spaces.map { ($0, []) } ?? EmbeddingSpaces.all(of: records, domains: request.domains)
        let drift = try found.0.map { try DriftAnalysis.analyse($0, settings: settings) }
        let benchmarks = try PairedBenchmark.all(records.evaluations)
        let transfer = TransferAnalysis(records, benchmarks: benchmarks, request: request)
        var notComputed = found.1 + PairedBenchmark.unpaired(records.evaluations)
        notComputed += transfer.notComputed + drift.flatMap(\.notComputed)
        let budgets = QualityBudget.all(records.metadata, request, profile: benchmarks.first?.profile)
        let verdicts = verdicts(
            transfer, domains: request.domains, budgets: budgets, drift: drift.first, settings: settings,
            notComputed: &notComputed)
        let attribution =
            try request.explains
            ? AttributionAnalysis.analyse(
                records, request, benchmarks: benchmarks, transfer: transfer, verdicts: verdicts) : nil
        notComputed += attribution?.notComputed ?? []
        return AnalysisResult(
            settings: settings, domains: request.domains, primaryBenchmark: benchmarks.first?.name,
            scores: transfer.scores, transfer: transfer.rows, updateScaling: transfer.updateScaling, drift: drift,
            associations: AssociationChange.all(records.associations, settings: settings),
            continuations: ContinuationChange.all(
                records.continuations, draws: settings.bootstrapDraws, seed: settings.seed, level: settings.level),
            custom: CommandChange.all(records.commands, settings: settings), budgets: budgets,
            disjointness: records.metadata.disjointness, verdicts: verdicts, notComputed: notComputed,
            attribution: attribution)
    }

    private static func verdicts(
        _ transfer: TransferAnalysis, domains: [AnalysisDomain], budgets: [QualityBudget], drift: DriftResult?,
        settings: AnalysisSettings, notComputed: inout [NotComputed]
    ) -> [Verdict] {
        var out: [Verdict] = []
        for (i, row) in transfer.rows.enumerated() where row.role != .target {
            let targets = transfer.rows.indices.filter { index in
                transfer.rows[index].benchmark == row.benchmark && transfer.rows[index].role == .target
            }
            let lacking = domains.targets.filter { name in !targets.contains { transfer.rows[$0].domain == name } }
            guard !targets.isEmpty else {
                notComputed.append(
                    NotComputed(
                        what: "verdict of \(row.domain) on \(row.benchmark)",
                        reason: "the benchmark has no usable item of the forgotten domain"))
                continue
            }
            if !lacking.isEmpty {
                notComputed.append(
                    NotComputed(
                        what: "\(lacking.inWords()) in the verdict of \(row.domain) on \(row.benchmark)",
                        reason: "the benchmark has no usable item of it"))
            }
            let evidence = VerdictEvidence(
                forgotten: domains.targets.inWords(),
                targets: targets.map { target in
                    VerdictEvidence.Target(
                        score: transfer.scores[target], row: transfer.rows[target],
                        scaling: transfer.updateScaling.first {
                            $0.benchmark == row.benchmark && $0.domain == transfer.rows[target].domain
                        })
                }, score: transfer.scores[i], row: row, standardError: transfer.standardErrors[i], budgets: budgets,
                drift: drift?.clusters.first {
                    $0.domain == row.domain && $0.group == nil && $0.metric == .targetShare && $0.commonRemoved
                })
            out.append(VerdictWriter.verdict(evidence, settings: settings))
        }
        return out
    }
}
