import Analyze
import Attribution
import Counterfactuals
import Embeddings
import Evaluate
import FileSupport
import Foundation
import LanguageModel
import LinearAlgebra
import StudyFiles
import Unlearn

/// What a study expects before anything is changed, as it is kept.
struct StoredForecast: Codable, Equatable {
    /// The record's name in run.h5.
    static let name = "forecast"

    /// A forecast a benchmark.
    var tables: [ForecastTable]
    /// Mini-batches whose gradients made the update.
    var batches: Int
    /// Steps that the update is scaled to.
    var steps: Int

    /// The record as the store keeps it.
    func record() throws -> StoredRecord {
        let rows = tables.flatMap { table in table.entries.map { (table.benchmark, $0) } }
        var table = Table()
        table.append(.string(rows.map(\.0)), as: "benchmark")
        table.append(.string(rows.map(\.1.domain)), as: "domain")
        table.append(.int64(rows.map { Int64($0.1.items) }), as: "items")
        table.append(.double(rows.map(\.1.bias)), as: "bias")
        table.append(.double(rows.map(\.1.predicted)), as: "predicted")
        table.append(.double(rows.map(\.1.cosine)), as: "cosine")
        table.append(.double(rows.map { $0.1.plainCosine ?? .nan }), as: "plain_cosine")
        table.append(.double(rows.map { $0.1.overlap ?? .nan }), as: "overlap")
        table.append(.double(rows.map(\.1.sharedWords)), as: "shared_words")
        return try StageRecord.record(self, tables: [Self.name: table])
    }

    /// The record of a run; nil when there is none.
    static func read(_ reader: RunReader) throws -> StoredForecast? {
        try StageRecord.read(Self.self, name, from: reader)
    }
}

/// The change of labels that only the forecast looks at, once the model after is there.
struct StoredForecastOutcome: Codable {
    /// The record's name in run.h5.
    static let name = "forecast-outcome"

    /// B_d(θ1) − B_d(θ0) by benchmark and label.
    var actual: [String: [String: Double]]

    /// The record of a run; nil when there is none.
    static func read(_ reader: RunReader) throws -> StoredForecastOutcome? {
        try StageRecord.read(Self.self, name, from: reader)
    }
}

/// Forecasts for a study: which domains will move, from the model before alone.
struct StudyForecast {
    /// Pairs that a further label needs.
    static let leastPairs = 20

    private let inputs: StudyInputs
    private let scorers: [PairScorer]
    /// Further labels of each benchmark; nil where it has none with enough pairs.
    let others: [PairScorer?]

    /// - Throws: ``InputError`` when a pair file cannot be read any more.
    init(_ inputs: StudyInputs, scorers: [PairScorer]) throws {
        self.inputs = inputs
        self.scorers = scorers
        let study = inputs.study
        others = try zip(study.evaluate.benchmarks.flatMap(\.files), scorers).map { path, scorer in
            try Self.others(path, study: study, inputs: inputs, like: scorer)
        }
    }

    /// The labels of a scorer, in the order of its file.
    static func labels(_ scorer: PairScorer?) -> [String] { scorer?.domains ?? [] }

    /// Makes the forecast; the model must be the one before.
    ///
    /// - Throws: ``InterruptedError`` of `check`.
    func make(progress: ProgressLine, check: () throws -> Void = {}) throws -> StoredForecast {
        let model = inputs.checkpoint.model
        let configuration = inputs.study.unlearnConfiguration
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
            let shared = HarmfulWordUse.inPairs(use.tokens.keys, items: scorer.items + (other?.items ?? []))
            let total = names.count + Self.labels(other).count
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
        return StoredForecast(tables: tables, batches: update.batches, steps: configuration.steps)
    }

    /// The change of the further labels.
    func outcome(_ forecast: StoredForecast, after: TransformerModel) -> StoredForecastOutcome {
        var actual: [String: [String: Double]] = [:]
        for other in others.compactMap({ $0 }) {
            let entries = forecast.tables.first { $0.benchmark == other.benchmark }?.entries ?? []
            for label in other.domains {
                guard let before = entries.first(where: { $0.domain == label })?.bias else { continue }
                // The same sums as before: a label that does not move differs by nothing.
                actual[other.benchmark, default: [:]][label] = other.biasObjective(label).value(after) - before
            }
        }
        return StoredForecastOutcome(actual: actual)
    }

    private static func others(
        _ path: String, study: StudyFile, inputs: StudyInputs, like scorer: PairScorer
    ) throws -> PairScorer? {
        var set = try PairSet.readCrowSPairs(path, labels: study.evaluate.labels, name: scorer.benchmark)
        set = set.selecting(domains: Set(set.domains).subtracting(study.domains.all))
            .sampling(study.evaluate.pairs, seed: UInt64(study.seeds[0]))
        // Twice: which pairs can be scored is known once they are laid out.
        for _ in 0..<2 {
            let counts = Dictionary(grouping: set.items, by: \.domain).mapValues(\.count)
            set = set.selecting(domains: Set(counts.filter { $0.value >= leastPairs }.keys))
            guard !set.items.isEmpty,
                let laid = try? PairScorer(
                    pairs: set, tokenizer: inputs.tokenizer, profile: scorer.profile,
                    contextLength: inputs.checkpoint.model.configuration.contextLength)
            else { return nil }
            if laid.items.count == set.items.count { return laid }
            set.items = laid.items
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
                DriftWord(
                    domain: word.domain, group: word.group, word: word.word,
                    rows: word.singleTokens.compactMap { place[$0] }, exposure: .unexposed,
                    inTwoConcepts: word.inTwoConcepts, pair: word.pair)
            }, domains: RunAnalysis.analysisDomains(inputs.study), settings: settings)
    }
}
