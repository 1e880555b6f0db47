import Analyze
import Attribution
import Counterfactuals
import Evaluate
import FileSupport
import Foundation
import LanguageModel
import LinearAlgebra
import Records
import RunStore
import Unlearn

/// Forecasts for a study: which domains will move, from the model before alone.
struct StudyForecast {
    /// Items that a further label needs.
    static let leastItems = 20

    private let inputs: StudyInputs
    private let scorers: [any BenchmarkScorer]
    /// Further labels of each benchmark; nil where it has none with enough items.
    let others: [(any BenchmarkScorer)?]

    init(_ inputs: StudyInputs, scorers: [any BenchmarkScorer]) {
        self.inputs = inputs
        self.scorers = scorers
        others = inputs.benchmarks.map { Self.others($0, inputs) }
    }

    /// Makes the forecast; the model must be the one before.
    ///
    /// - Throws: ``InterruptedError`` of `check`.
    func make(progress: ProgressLine, check: () throws -> Void = {}) throws -> ForecastRecord {
        let model = inputs.checkpoint.model
        let configuration = try inputs.study.unlearnConfiguration()
        progress.begin("forecast: gradients of the forget set")
        let count = min(configuration.steps, UpdateForecast.maximumBatches)
        let update = try UpdateForecast(
            model: model, forget: inputs.forget, retain: inputs.retain?.pieces, configuration: configuration
        ) { done in
            progress.update(done, of: count)
            try check()
        }
        let use = try HarmfulWordUse(inputs)
        let overlaps = try overlaps(model)
        var tables: [ForecastTable] = []
        for (scorer, other) in zip(scorers, others) {
            progress.begin("forecast: gradients of \(scorer.benchmark)")
            let names = inputs.study.domains.all
            let shared = HarmfulWordUse.shared(
                use.tokens.keys, in: (scorer.items as [any BenchmarkItem]) + (other?.items ?? []))
            let total = names.count + (other?.domains.count ?? 0)
            var found = try update.domains(names, of: scorer) { done in
                progress.update(done, of: total)
                try check()
            }
            if let other {
                found += try update.domains(other.domains, of: other) { done in
                    progress.update(names.count + done, of: total)
                    try check()
                }
            }
            let entries = found.map { domain in
                ForecastEntry(
                    domain: domain.domain, items: domain.items, bias: domain.bias, predicted: domain.predicted,
                    cosine: domain.cosine, plainCosine: domain.plainCosine, overlap: overlaps[domain.domain],
                    sharedWords: use.share(of: shared[domain.domain] ?? []))
            }
            tables.append(ForecastTable(benchmark: scorer.benchmark, entries: entries))
        }
        return ForecastRecord(tables: tables, batches: update.batches, steps: configuration.steps)
    }

    /// The change of the further labels.
    func outcome(_ forecast: ForecastRecord, after: TransformerModel) -> ForecastOutcome {
        var actual: [String: [String: Double]] = [:]
        for other in others.compactMap({ $0 }) {
            let entries = forecast.tables.first { $0.benchmark == other.benchmark }?.entries ?? []
            for label in other.domains {
                guard let before = entries.first(where: { $0.domain == label })?.bias else { continue }
                // The same sums as before: a label that does not move differs by nothing.
                actual[other.benchmark, default: [:]][label] = other.biasObjective(label).value(after) - before
            }
        }
        return ForecastOutcome(actual: actual)
    }

    private static func others(_ benchmark: any BiasBenchmark, _ inputs: StudyInputs) -> (any BenchmarkScorer)? {
        let study = inputs.study
        var rest = study.sampling(
            benchmark.selecting(domains: Set(benchmark.domains).subtracting(study.domains.all)))
        // Twice: which items can be scored is known once they are laid out.
        for _ in 0..<2 {
            let items: [any BenchmarkItem] = rest.items
            let counts = Dictionary(grouping: items, by: { $0.domain }).mapValues(\.count)
            rest = rest.selecting(domains: Set(counts.filter { $0.value >= leastItems }.keys))
            guard !rest.items.isEmpty, let laid = try? inputs.scorer(rest) else { return nil }
            if laid.items.count == rest.items.count { return laid }
            rest = rest.selecting(rows: Set(laid.items.map { $0.row }))
        }
        return nil
    }

    /// Overlap of the target's subspace with each other domain's, from the input embeddings.
    private func overlaps(_ model: TransformerModel) throws -> [String: Double] {
        let words = inputs.concepts.words.filter { !$0.isControl && !$0.singleTokens.isEmpty }
        let tokens = Array(Set(words.flatMap(\.singleTokens))).sorted()
        let place = Dictionary(uniqueKeysWithValues: tokens.enumerated().map { ($1, $0) })
        let embedding = model.inputEmbedding
        let width = embedding.shape[1]
        let values = model.tensor(embedding)
        var elements: [Float] = []
        elements.reserveCapacity(tokens.count * width)
        for token in tokens { elements += values[Int(token) * width..<(Int(token) + 1) * width] }
        var settings = AnalysisSettings()
        settings.seed = UInt64(inputs.study.seeds[0])
        return try ConceptOverlap.withTarget(
            vectors: Matrix(rows: tokens.count, columns: width, elements: elements),
            words: words.map { word in
                DriftWord(word, rows: word.singleTokens.compactMap { place[$0] })
            }, domains: inputs.study.analysisDomains, settings: settings)
    }
}
