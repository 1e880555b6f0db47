import Analyze
import Attribution
import Evaluate
import LanguageModel
import LinearAlgebra
import Records
import Unlearn

/// Forecasts for a study: which domains will move, from the model before alone.
struct StudyForecast {
    private let inputs: StudyInputs
    private let scorers: [any BenchmarkScorer]
    /// Further labels of each benchmark; nil where it has none with enough pairs.
    let others: [(any BenchmarkScorer)?]

    init(_ inputs: StudyInputs, scorers: [any BenchmarkScorer]) {
        self.inputs = inputs
        self.scorers = scorers
        let study = inputs.study
        others = inputs.benchmarks.map { benchmark in
            BenchmarkForecast.furtherLabels(
                of: benchmark, beside: study.domains.all, count: study.evaluate.pairs, seed: UInt64(study.seeds[0]),
                scorer: inputs.scorer)
        }
    }

    /// What is known of the model before, and else is taken.
    struct Known {
        /// ∇B_d of a domain of the study on a benchmark; only read.
        var gradient: (_ benchmark: String, _ domain: String) throws -> FloatBuffer? = { _, _ in nil }
        /// What it scores on a benchmark.
        var scores: (any BenchmarkScorer) throws -> (any ScoreTable)? = { _ in nil }
    }

    /// - Throws: ``InterruptedError`` of `check`.
    func make(progress: ProgressLine, known: Known = Known(), check: () throws -> Void = {}) throws -> ForecastRecord {
        let study = inputs.study
        let configuration = inputs.configuration
        progress.begin("forecast: gradients of the forget set")
        let count = min(configuration.steps, UpdateForecast.maximumBatches)
        let update = try UpdateForecast(
            model: inputs.before, forget: inputs.forget, retain: inputs.retain?.pieces, configuration: configuration
        ) { done in
            progress.update(done, of: count)
            try check()
        }
        let use = try inputs.harmfulWordUse()
        let overlaps = try overlaps()
        let tables = try zip(scorers, others).map { scorer, other in
            progress.begin("forecast: gradients of \(scorer.benchmark)")
            var table = try BenchmarkForecast.table(
                update, names: study.domains.all, scorer: scorer, others: other, use: use,
                scores: { try known.scores($0) ?? $0.score(inputs.before) },
                gradient: { try known.gradient(scorer.benchmark, $0) }
            ) { done, total in
                progress.update(done, of: total)
                try check()
            }
            for (index, entry) in table.entries.enumerated() { table.entries[index].overlap = overlaps[entry.domain] }
            return table
        }
        return ForecastRecord(tables: tables, batches: update.batches, steps: configuration.steps)
    }

    func outcome(_ forecast: ForecastRecord, after: TransformerModel) -> ForecastOutcome {
        var actual: [String: [String: Double]] = [:]
        for other in others.compactMap({ $0 }) {
            let entries = forecast.tables.first { $0.benchmark == other.benchmark }?.entries ?? []
            let scores: any ScoreTable = other.score(after)
            for label in other.domains {
                guard let before = entries.first(where: { $0.domain == label })?.bias else { continue }
                // The same sums as before: a label that does not move differs by nothing.
                actual[other.benchmark, default: [:]][label] = scores.bias(label) - before
            }
        }
        return ForecastOutcome(actual: actual)
    }

    /// Overlap of the target's subspace with each other domain's, from the input embeddings.
    private func overlaps() throws -> [String: Double] {
        let words = inputs.concepts.words.filter { !$0.isControl && !$0.singleTokens.isEmpty }
        let tokens = Array(Set(words.flatMap(\.singleTokens))).sorted()
        let place = Dictionary(uniqueKeysWithValues: tokens.enumerated().map { ($1, $0) })
        var settings = AnalysisSettings()
        settings.seed = UInt64(inputs.study.seeds[0])
        return try ConceptOverlap.withTarget(
            vectors: inputs.before.inputRows(tokens.map(Int.init)),
            words: words.map { word in DriftWord(word, rows: word.singleTokens.compactMap { place[$0] }) },
            domains: inputs.study.analysisDomains, settings: settings)
    }
}
