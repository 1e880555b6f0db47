import Analyze
import Embeddings
import FileSupport
import Foundation
import LinearAlgebra
import StudyFiles

/// The analysis of a run, from its run.h5 alone.
///
/// A study's run ends with this, and `driftscope analyze` does it again on a run of any age: one way to the numbers.
public enum RunAnalysis {
    /// Reads what the analysis needs from a run.
    ///
    /// - Throws: ``InputError`` when the run has not got so far.
    static func input(_ reader: RunReader, study: StudyFile) throws -> AnalysisInput {
        let domains = analysisDomains(study)
        let (spaces, missing) = try spaces(reader, study: study)
        let facts = try StoredFacts(try reader.provenance()?.facts ?? [:])
        var settings = AnalysisSettings()
        settings.seed = UInt64(study.seeds[0])
        settings.bootstrapDraws = study.analyze.bootstrap
        settings.controlDraws = study.analyze.controls
        settings.margin = study.analyze.margin
        let benchmarks = try benchmarks(reader)
        let interventions = try reader.interventions()
        let retrainings = try StoredRetrainings.read(reader)
        let transfer = TransferInput(
            domains: domains, benchmarks: benchmarks,
            nulls: (interventions.map { nulls($0, facts.null, benchmarks: benchmarks, domains: domains) } ?? [])
                + neutralNulls(retrainings, interventions, benchmarks: benchmarks, domains: domains),
            doses: interventions.map { doses($0, domains: domains) } ?? [],
            seeds: seeds(retrainings, interventions, study: study, benchmarks: benchmarks, domains: domains),
            budgets: budgets(facts, study), disjointness: facts.disjointness)
        return AnalysisInput(
            spaces: spaces, transfer: transfer, settings: settings,
            attribution: try attribution(
                reader, interventions, retrainings, study: study, benchmarks: benchmarks, domains: domains),
            notComputed: missing + (try unscored(reader)))
    }

    static func analysisDomains(_ study: StudyFile) -> [AnalysisDomain] {
        [AnalysisDomain(name: study.domains.target, role: .target)]
            + study.domains.transfer.map { AnalysisDomain(name: $0, role: .transfer) }
            + study.domains.control.map { AnalysisDomain(name: $0, role: .control) }
    }

    // MARK: Scores

    private static func benchmarks(_ reader: RunReader) throws -> [BenchmarkScores] {
        let all = try reader.evaluations()
        return try all.filter { $0.label == "before" }.compactMap { entry in
            guard let before = try reader.evaluation(label: "before", benchmark: entry.benchmark),
                let after = try reader.evaluation(label: "after", benchmark: entry.benchmark)
            else { return nil }
            let removed = try reader.evaluation(label: StudyRun.commonRemovedLabel, benchmark: entry.benchmark)
            return BenchmarkScores(
                name: entry.benchmark, profile: before.profile,
                items: try items(before.items, after.items, removed?.items, place: reader.path))
        }
    }

    /// Benchmarks of which only one side was scored, as a run has them that was cut off.
    private static func unscored(_ reader: RunReader) throws -> [NotComputed] {
        let all = try reader.evaluations()
        let after = Set(all.filter { $0.label == "after" }.map(\.benchmark))
        return all.filter { $0.label == "before" && !after.contains($0.benchmark) }.map {
            NotComputed(
                what: "transfer on \($0.benchmark)",
                reason: "the run holds no scores of the model after; it goes on with --resume")
        }
    }

    private static func items(_ before: Table, _ after: Table, _ removed: Table?, place: String) throws
        -> [TransferItem]
    {
        guard let rows = before.int64("row"), let domains = before.string("domain"), let gaps = before.double("gap"),
            let later = after.double("gap"), after.int64("row") == rows,
            let identity = before.bool("identity_exposed"), let attribute = before.bool("attribute_exposed")
        else {
            throw InputError("score tables that do not match", at: place, remedy: "run the study again")
        }
        let clusters = before.names.filter { $0.hasPrefix(ScoreTables.clusterPrefix) }
            .compactMap { name in
                before.string(name).map { (String(name.dropFirst(ScoreTables.clusterPrefix.count)), $0) }
            }
        let without = removed?.int64("row") == rows ? removed?.double("gap") : nil
        return rows.indices.map { i in
            TransferItem(
                row: Int(rows[i]), domain: domains[i], before: gaps[i], after: later[i],
                afterCommonRemoved: without?[i],
                clusters: Dictionary(
                    uniqueKeysWithValues: clusters.compactMap { $0.1[i].isEmpty ? nil : ($0.0, $0.1[i]) }),
                identityExposed: identity[i], attributeExposed: attribute[i])
        }
    }

    private static func doses(_ table: InterventionTable, domains: [AnalysisDomain]) -> [ScalingTable] {
        guard let kinds = table.rows.string("kind"),
            let benchmarks = table.rows.string("benchmark"), let alphas = table.rows.double("alpha"),
            let kl = table.rows.double("kl"), let perplexity = table.rows.double("perplexity")
        else { return [] }
        let pairs = Set(benchmarks).sorted().flatMap { name in domains.map { (benchmark: name, domain: $0.name) } }
        return pairs.compactMap { pair in
            guard let gaps = table.gaps[ScoreTables.key(pair.benchmark, pair.domain)] else { return nil }
            let points = kinds.indices.filter { kinds[$0] == "dose" && benchmarks[$0] == pair.benchmark }.map { row in
                ScalingPoint(
                    alpha: alphas[row], gaps: gaps.row(row).map(Double.init),
                    perplexity: perplexity[row].isNaN ? nil : perplexity[row], kl: kl[row].isNaN ? nil : kl[row])
            }
            return ScalingTable(benchmark: pair.benchmark, domain: pair.domain, points: points)
        }
    }

    private static func nulls(
        _ table: InterventionTable, _ facts: StoredFacts.Null?, benchmarks: [BenchmarkScores],
        domains: [AnalysisDomain]
    ) -> [NullTable] {
        guard let kinds = table.rows.string("kind"), let names = table.rows.string("benchmark"),
            let seeds = table.rows.int64("seed"),
            let scoring = table.rows.string("scoring"), let kl = table.rows.double("kl")
        else { return [] }
        var out: [NullTable] = []
        for benchmark in benchmarks.sorted(by: { $0.name < $1.name }) {
            for domain in domains {
                let gaps = benchmark.items.filter { $0.domain == domain.name }.map(\.before)
                guard let bias = table.rows.double(ScoreTables.biasPrefix + domain.name), !gaps.isEmpty else {
                    continue
                }
                let before = gaps.reduce(0, +) / Double(gaps.count)
                let first = table.rows.double(ScoreTables.firstOrderPrefix + domain.name)
                let draws = kinds.indices.filter {
                    kinds[$0] == "random" && names[$0] == benchmark.name && !bias[$0].isNaN
                }.map { row in
                    NullDraw(
                        seed: UInt64(bitPattern: seeds[row]), exact: scoring[row] == "exact" ? bias[row] - before : nil,
                        firstOrder: first.flatMap { $0[row].isNaN ? nil : $0[row] - before },
                        kl: kl[row].isNaN ? nil : kl[row])
                }
                if !draws.isEmpty {
                    out.append(
                        NullTable(
                            kind: "random-update", benchmark: benchmark.name, domain: domain.name, draws: draws,
                            worstKLError: facts?.worstKLError, unmatched: facts?.unmatched))
                }
            }
        }
        return out
    }

    // MARK: Budgets

    /// Guard text first (what stopped the run), then the reported perplexity, which no stop has seen. Its limits are the
    /// guard's, and the study's limits of damage where the guard has none.
    private static func budgets(_ facts: StoredFacts, _ study: StudyFile) -> [QualityBudget] {
        var out: [QualityBudget] = []
        if let rule = study.guardRule, let baseline = facts.outcome?.baseline {
            let kept = facts.outcome?.kept
            let rise = kept.map { ($0.perplexity - baseline.perplexity) / baseline.perplexity }
            out.append(
                QualityBudget(
                    name: "perplexity", text: "guard text", before: baseline.perplexity, after: kept?.perplexity,
                    value: rise, limit: rule.limits.perplexityRise))
            out.append(
                QualityBudget(
                    name: "kl", text: "guard text", before: nil, after: nil, value: kept?.klDivergence,
                    limit: rule.limits.kl))
        }
        for text in facts.perplexity {
            guard let before = text.before?.value, let after = text.after?.value else { continue }
            let name = (text.text as NSString).lastPathComponent
            out.append(
                QualityBudget(
                    name: "perplexity", text: name, before: before, after: after, value: (after - before) / before,
                    limit: study.guardRule?.limits.perplexityRise ?? study.analyze.damage.perplexityRise))
            out.append(
                QualityBudget(
                    name: "kl", text: name, before: nil, after: nil, value: text.kl,
                    limit: study.guardRule?.limits.kl ?? study.analyze.damage.kl))
        }
        return out
    }
}
