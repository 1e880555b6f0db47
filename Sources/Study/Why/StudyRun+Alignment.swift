import Analyze
import Attribution
import Counterfactuals
import Embeddings
import Evaluate
import Foundation
import LanguageModel
import LinearAlgebra
import StudyFiles

/// What the alignment stage stores under /gradients.
struct AlignmentRecord: Codable, Equatable {
    /// Alignment by benchmark and domain.
    var tables: [AlignmentTable] = []
    /// Neutral minimal pairs.
    var neutralPairs: [NeutralPairs] = []
    /// What was left out, with reasons.
    var notDone: [NotComputed] = []

    static let name = "gradients"
}

extension StudyRun {
    /// Models of more parameters get fewer nodes, draws and controls: one scoring of all pairs takes seconds there.
    static let manyParameters = 20_000_000
    var isLarge: Bool { inputs.checkpoint.model.layout.count > Self.manyParameters }

    /// The benchmark that attribution explains: the analysis reads benchmarks in order of name and explains the first.
    var leadingScorer: PairScorer {
        scorers.min { RunPaths.safe($0.benchmark) < RunPaths.safe($1.benchmark) } ?? scorers[0]
    }

    /// The update between the models before and after, both untied, so that the two sides of a tied matrix are parts of
    /// their own.
    func untiedUpdate(after: TransformerModel) throws -> ParameterUpdate {
        ParameterUpdate(from: try modelBefore().untied(), to: after.untied())
    }

    /// Aligns the update with each domain's bias, and scores neutral minimal pairs before and after.
    ///
    /// - Parameter summands: what the forget term, the retain term and weight decay did to the parameters, in this order;
    ///   empty when the run was not replayed.
    func alignment(after: TransformerModel, summands: [FloatBuffer] = []) throws {
        guard study.why.alignment, try RunReader(folder.path).storedRecord(AlignmentRecord.name) == nil else { return }
        try checkInterrupt()
        progress.begin("alignment of the update")
        let scorer = leadingScorer
        let update = try untiedUpdate(after: after)
        let measure = AlignmentMeasure(
            update, isTied: after.hasTiedEmbeddings, neutral: probeText, summands: summands)
        var record = AlignmentRecord()
        let domains = study.domains.all
        for (index, domain) in domains.enumerated() {
            let objective = scorer.biasObjective(domain)
            guard !objective.predictions.isEmpty else {
                record.notDone.append(
                    NotComputed(
                        what: "alignment with \(domain) on \(scorer.benchmark)",
                        reason: "the benchmark has no such pairs"
                    ))
                continue
            }
            func measured(_ nodes: Int) throws -> (alignment: UpdateAlignment, pathGradient: FloatBuffer) {
                try measure.measure(objective, nodes: nodes) { done in
                    progress.update(index * (nodes + 1) + done, of: domains.count * (nodes + 1))
                    try checkInterrupt()
                }
            }
            var found = try measured(pathNodes)
            // Where three nodes are not enough, five are taken.
            let (path, exact) = (found.alignment.path, found.alignment.exact)
            if isLarge, abs(path - exact) > 0.02 * abs(exact) + 1e-4 { found = try measured(5) }
            record.tables.append(table(found.alignment, domain: domain))
            try keep(found.pathGradient, domain: domain)
        }
        try scoreNeutralPairs(update, into: &record)
        try writer.write(try StageRecord.record(record, tables: tables(record)), as: AlignmentRecord.name)
        try audit.append("alignment", ["domains": .integer(record.tables.count)])
    }

    private func table(_ alignment: UpdateAlignment, domain: String) -> AlignmentTable {
        AlignmentTable(
            benchmark: leadingScorer.benchmark, domain: domain,
            parts: alignment.parts.map { part in
                func summand(_ index: Int) -> Double? { part.summands.count == 3 ? part.summands[index] : nil }
                return AlignmentPart(
                    part: part.part.rawValue, layer: part.layer, start: part.start, path: part.path,
                    forget: summand(0), retain: summand(1), decay: summand(2), norm: part.squaredNorm.squareRoot())
            },
            exact: alignment.exact, nodes: alignment.nodes, cosine: alignment.cosine,
            cosineNeutralRemoved: alignment.cosineNeutralRemoved)
    }

    // MARK: Neutral minimal pairs

    /// Pairs scored at each end; fewer and shorter ones in a large model, where a sentence costs more.
    private var neutralPairCount: Int { isLarge ? 300 : 500 }

    private func scoreNeutralPairs(_ update: ParameterUpdate, into record: inout AlignmentRecord) throws {
        progress.begin("neutral minimal pairs")
        let pairs = neutralMinimalPairs()
        guard pairs.count >= 200 else {
            record.notDone.append(
                NotComputed(
                    what: "neutral minimal pairs",
                    reason: "the neutral text gives \(pairs.count) with a control word, 200 wanted"))
            return
        }
        let set = PairSet(
            name: "neutral",
            items: pairs.enumerated().map { PairItem(row: $0, more: $1.0, less: $1.1, biasType: "neutral") })
        let scorer = try PairScorer(
            pairs: set, tokenizer: inputs.checkpoint.tokenizer, profile: leadingScorer.profile,
            contextLength: update.before.configuration.contextLength)
        let before = scorer.score(update.before).scores.map(\.gap)
        try checkInterrupt()
        let after = scorer.score(update.after).scores.map(\.gap)
        let usable = before.indices.filter { before[$0].isFinite && after[$0].isFinite }
        record.neutralPairs.append(
            NeutralPairs(
                benchmark: leadingScorer.benchmark, before: usable.map { abs(before[$0]) },
                after: usable.map { before[$0] < 0 ? -after[$0] : after[$0] }))
    }

    /// Half of them replace a word by one of its own group, half by one of its lexicon, so that gaps of every size come up.
    private func neutralMinimalPairs() -> [(String, String)] {
        let words = inputs.concepts.words.filter { $0.isControl && !$0.inTwoConcepts && $0.exposure == .unexposed }
        func make(_ kind: (ResolvedWord) -> String, _ sentences: [String], _ count: Int) -> [(String, String)] {
            NeutralMinimalPairs.make(
                sentences: sentences,
                words: words.compactMap { word in
                    guard !word.singleTokens.isEmpty else { return nil }
                    return NeutralMinimalPairs.Word(
                        text: word.word, frequency: word.singleTokens.reduce(0) { $0 + inputs.corpusCounts[Int($1)] },
                        kind: kind(word))
                }, count: count, longest: isLarge ? 20 : 40, seed: UInt64(study.seeds[0]))
        }
        func both(_ sentences: [String]) -> [(String, String)] {
            let close = make({ $0.lexicon + "/" + $0.group }, sentences, neutralPairCount / 2)
            return close + make(\.lexicon, sentences, neutralPairCount - close.count)
        }
        // Text that the retain term holds in place would show less than the update does elsewhere: it comes last.
        let held = neutralSentences(includingRetain: false)
        let pairs = both(held)
        return pairs.count >= 200 ? pairs : both(held + neutralSentences(includingRetain: true))
    }

    /// Neutral sentences of the study: perplexity and guard text, or the retain text too.
    func neutralSentences(includingRetain: Bool) -> [String] {
        // Running text is cut after full stops; 2 MB of it are plenty.
        let texts = inputs.perplexityTexts.flatMap { text in
            text.text.prefix(2_000_000).split(whereSeparator: \.isNewline).flatMap { line in
                line.count < 300 ? [String(line)] : line.components(separatedBy: ". ").map { $0 + "." }
            }
        }
        let guarded = inputs.guardText?.texts ?? []
        let retained = includingRetain ? inputs.retain?.texts ?? [] : []
        return texts + guarded + retained
    }

    private func tables(_ record: AlignmentRecord) -> [String: Embeddings.Table] {
        let rows = record.tables.flatMap { table in table.parts.map { (table, $0) } }
        var parts = Embeddings.Table()
        parts.append(.string(rows.map { $0.0.benchmark }), as: "benchmark")
        parts.append(.string(rows.map { $0.0.domain }), as: "domain")
        parts.append(.string(rows.map { $0.1.part }), as: "part")
        parts.append(.int64(rows.map { Int64($0.1.layer ?? -1) }), as: "layer")
        parts.append(.double(rows.map { $0.1.start }), as: "start")
        parts.append(.double(rows.map { $0.1.path }), as: "path")
        parts.append(.double(rows.map { $0.1.norm }), as: "norm")
        var pairs = Embeddings.Table()
        pairs.append(.double(record.neutralPairs.flatMap(\.before)), as: "before")
        pairs.append(.double(record.neutralPairs.flatMap(\.after)), as: "after")
        return ["alignment": parts, "neutral_pairs": pairs]
    }
}
