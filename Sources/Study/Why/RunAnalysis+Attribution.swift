import Analyze
import Attribution
import Counterfactuals
import Embeddings
import Foundation
import StudyFiles

extension RunAnalysis {
    /// The records that the stages of an explanation leave in run.h5, in the order in which they are made.
    static let records = ["forecast", "replay", "gradients", "contributions", "mediation", "retrainings"]

    /// What attribution reads from a run; nil when the study asks for no explanation.
    static func attribution(
        _ reader: RunReader, _ interventions: InterventionTable?, _ retrainings: StoredRetrainings?, study: StudyFile,
        benchmarks: [BenchmarkScores], domains: [AnalysisDomain]
    ) throws -> AttributionInput? {
        guard study.why != .none else { return nil }
        var input = AttributionInput()
        if let table = interventions {
            input.models = scoredModels(table, domains: domains) + ends(benchmarks, domains: domains)
        }
        try addUpdateAttribution(reader, to: &input)
        try addReplayAttribution(reader, to: &input)
        try addRetrainings(&input, reader, interventions, retrainings, study: study)
        return input
    }

    /// Changed models that attribution asked for; doses and random updates are read elsewhere.
    private static func scoredModels(_ table: InterventionTable, domains: [AnalysisDomain]) -> [ScoredModel] {
        guard let kinds = table.rows.string("kind"), let modules = table.rows.string("module"),
            let subjects = table.rows.string("subject"), let draws = table.rows.int64("draw"),
            let norms = table.rows.double("norm"), let kl = table.rows.double("kl"),
            let perplexity = table.rows.double("perplexity"), let benchmarks = table.rows.string("benchmark")
        else { return [] }
        func known(_ value: Double) -> Double? { value.isNaN ? nil : value }
        return kinds.indices.compactMap { row in
            guard let kind = ScoredModel.Kind(rawValue: kinds[row]) else { return nil }
            var gaps: [String: [Double]] = [:]
            for domain in domains {
                if let matrix = table.gaps[ScoreTables.key(benchmarks[row], domain.name)] {
                    gaps[domain.name] = matrix.row(row).map(Double.init)
                }
            }
            return ScoredModel(
                kind: kind, part: modules[row], subject: subjects[row].isEmpty ? nil : subjects[row],
                draw: draws[row] < 0 ? nil : Int(draws[row]), norm: known(norms[row]), kl: known(kl[row]),
                perplexity: known(perplexity[row]), benchmark: benchmarks[row], gaps: gaps)
        }
    }

    /// The models before and after as rows of the same table.
    private static func ends(_ benchmarks: [BenchmarkScores], domains: [AnalysisDomain]) -> [ScoredModel] {
        benchmarks.flatMap { benchmark -> [ScoredModel] in
            func model(_ kind: ScoredModel.Kind, _ gap: (TransferItem) -> Double) -> ScoredModel {
                let pairs = domains.map { domain in
                    (domain.name, benchmark.items.filter { $0.domain == domain.name }.map(gap))
                }
                return ScoredModel(
                    kind: kind, part: "all", benchmark: benchmark.name,
                    gaps: Dictionary(uniqueKeysWithValues: pairs))
            }
            return [model(.before) { $0.before }, model(.after) { $0.after }]
        }
    }
}
