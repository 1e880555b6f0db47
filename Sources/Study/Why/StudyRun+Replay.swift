import Analyze
import Attribution
import Counterfactuals
import Embeddings
import Evaluate
import FileSupport
import LanguageModel
import LinearAlgebra
import StudyFiles
import Unlearn

/// What the replay stage stores under /replay, beside the matrices of the split.
struct DecompositionRecord: Codable, Equatable {
    /// A word whose rows are split.
    struct Word: Codable, Equatable {
        var domain: String
        var group: String
        var word: String
        /// Rows of the matrices.
        var rows: [Int]
        var exposure: String
        var inTwoConcepts: Bool
    }

    /// Steps that were repeated.
    var steps = 0
    /// ‖θ replayed − θ1‖/‖Δθ‖.
    var replayError: Double?
    /// Token of each row of the matrices.
    var tokens: [Int] = []
    /// The words that the rows belong to.
    var words: [Word] = []
    /// What was left out, with reasons.
    var notDone: [NotComputed] = []

    static let name = "replay"
}

/// What the stage of contributions stores under /contributions.
struct ContributionRecord: Codable, Equatable {
    /// Contributions on the leading benchmark.
    var tables: [ContributionTable] = []
    /// What was left out, with reasons.
    var notDone: [NotComputed] = []

    static let name = "contributions"
}

extension StudyRun {
    /// Repeats the run and stores what moved the embedding rows of concept, control and forgotten words.
    func replay(after: TransformerModel) throws {
        guard study.why.decomposition, try RunReader(folder.path).storedRecord(DecompositionRecord.name) == nil else {
            return
        }
        try checkInterrupt()
        var record = DecompositionRecord()
        guard let parts = try updateParts() else {
            record.notDone.append(NotComputed(what: "replay of the run", reason: "no step of the run was kept"))
            try writer.write(try StageRecord.record(record), as: DecompositionRecord.name)
            return
        }
        let before = try modelBefore()
        record.steps = parts.steps
        record.replayError = parts.replayError(from: before, to: after)
        (record.tokens, record.words) = splitWords()
        var stored = try StageRecord.record(record)
        let rows = parts.rows(record.tokens)
        stored.matrices = ["output": rows.output, "input": rows.input, "retain": rows.retain]
        if parts.decay != nil { stored.matrices["decay"] = rows.decay }
        stored.matrices["actual"] = movement(record.tokens, before: before, after: after)
        try writer.write(stored, as: DecompositionRecord.name)
        try audit.append(
            "replay", ["steps": .integer(record.steps), "error": record.replayError.map { .number($0) } ?? .null])
    }

    /// What the forget term, the retain term and weight decay did to the parameters, for the alignment; empty when the run
    /// was not replayed or the alignment is done.
    func alignmentSummands() throws -> [FloatBuffer] {
        guard study.why.decomposition, study.why.alignment,
            try RunReader(folder.path).storedRecord(AlignmentRecord.name) == nil, let parts = try updateParts()
        else { return [] }
        // One zero stands for every part that the run did not have.
        let nothing = [parts.retain, parts.decay].contains { $0 == nil }
        let zero = FloatBuffer(count: nothing ? parts.layout.count : 0)
        return [parts.forget, parts.retain ?? zero, parts.decay ?? zero]
    }

    /// Measures what each forget sentence and harmful word did to each bias.
    ///
    /// For this the run is repeated once more, step by step; the parts of the update are needed for the retain term and
    /// let go before.
    func contributions(after: TransformerModel) throws {
        guard study.why.decomposition, try RunReader(folder.path).storedRecord(ContributionRecord.name) == nil else {
            replayedParts = nil
            return
        }
        try checkInterrupt()
        var record = ContributionRecord()
        let scorer = leadingScorer
        let domains = study.domains.all.filter { !scorer.biasObjective($0).predictions.isEmpty }
        guard !domains.isEmpty, let bias = try pathGradients(domains, after: after) else {
            record.notDone.append(
                NotComputed(
                    what: "contributions of sentences and words",
                    reason: domains.isEmpty ? "the benchmark has no pairs" : "no step of the run was kept"))
            try writer.write(try StageRecord.record(record), as: ContributionRecord.name)
            return
        }
        replayedParts = nil
        let replay = try makeReplay()
        progress.begin("contributions of sentences and words")
        let found = try ForgetContributions(replay, gradients: bias.gradients) { done in
            progress.update(done, of: 2 * replay.steps)
            try checkInterrupt()
        }
        record.tables = [try table(found, domains: domains, retain: bias.retain, decay: bias.decay)]
        try writer.write(
            try StageRecord.record(record, tables: tables(record.tables[0])), as: ContributionRecord.name)
        try audit.append(
            "contributions",
            ["sentences": .integer(record.tables[0].sentences.count), "exact": .bool(found.isExact)])
    }

    /// The gradient of each domain's bias averaged along the update, and what the retain term and weight decay did to
    /// each bias; nil when the run kept no step.
    private func pathGradients(_ domains: [String], after: TransformerModel) throws -> (
        gradients: [FloatBuffer], retain: [Double], decay: [Double]
    )? {
        guard let parts = try updateParts() else { return nil }
        progress.begin("gradients of the biases along the update")
        let update = try untiedUpdate(after: after)
        var gradients: [FloatBuffer] = []
        var (retain, decay): ([Double], [Double]) = ([], [])
        for (index, domain) in domains.enumerated() {
            // Of a tied matrix the two sides are added up: so the replayed parts have them.
            let gradient = after.foldedOutputGradient(try pathGradient(domain, update: update))
            progress.update(index + 1, of: domains.count)
            try checkInterrupt()
            retain.append(parts.retain.map { ForgetContributions.product(gradient, $0) } ?? 0)
            decay.append(parts.decay.map { ForgetContributions.product(gradient, $0) } ?? 0)
            gradients.append(gradient)
        }
        return (gradients, retain, decay)
    }

    // MARK: The replay

    /// The parts of the update, made when first asked for and kept until the contributions are done; nil when the run kept
    /// no step.
    private func updateParts() throws -> UpdateParts? {
        if let parts = replayedParts { return parts }
        let replay = try makeReplay()
        guard replay.steps > 0 else { return nil }
        progress.begin("replaying the run")
        let parts = try replay.split { step in
            progress.update(step, of: replay.steps)
            try checkInterrupt()
        }
        replayedParts = parts
        return parts
    }

    private func makeReplay() throws -> UpdateDecomposition {
        try UpdateDecomposition(
            before: try modelBefore(), forget: inputs.forget, retain: inputs.retain?.pieces,
            configuration: study.unlearnConfiguration, steps: facts.outcome?.keptStep ?? study.optimizer.steps)
    }

    // MARK: Rows

    /// The words whose rows are split: those of all lexicons, and the forgotten tokens, each a word of its own.
    private func splitWords() -> (tokens: [Int], words: [DecompositionRecord.Word]) {
        let concepts = inputs.concepts.words.filter { !$0.singleTokens.isEmpty }
        let counts = inputs.forget.tokenCounts(vocabularySize: inputs.tokenizer.vocabularySize).harmful
        let harmful = counts.indices.filter { counts[$0] > 0 }
        let tokens = Set(concepts.flatMap(\.singleTokens).map(Int.init)).union(harmful).sorted()
        let row = Dictionary(uniqueKeysWithValues: tokens.enumerated().map { ($1, $0) })
        let words = concepts.map { word in
            DecompositionRecord.Word(
                domain: word.domain, group: word.group, word: word.word,
                rows: word.singleTokens.compactMap { row[Int($0)] }, exposure: word.exposure.rawValue,
                inTwoConcepts: word.inTwoConcepts)
        }
        let forgotten = harmful.map { token in
            DecompositionRecord.Word(
                domain: DriftSplit.harmfulWords, group: "", word: inputs.tokenizer.key(of: Int32(token)),
                rows: [token].compactMap { row[$0] }, exposure: ExposureLevel.masked.rawValue, inTwoConcepts: false)
        }
        return (tokens, words + forgotten)
    }

    private func movement(_ tokens: [Int], before: TransformerModel, after: TransformerModel) -> Matrix<Float> {
        let embedding = before.inputEmbedding
        let width = embedding.shape[1]
        var out = Matrix<Float>(rows: tokens.count, columns: width)
        for (row, token) in tokens.enumerated() {
            for i in 0..<width {
                let place = embedding.offset + token * width + i
                out[row, i] = after.values.pointer[place] - before.values.pointer[place]
            }
        }
        return out
    }

    // MARK: Tables

    /// The contributions of the sentences that a step used.
    private func table(
        _ found: ForgetContributions, domains: [String], retain: [Double], decay: [Double]
    ) throws -> ContributionTable {
        let sentences = inputs.forget.sentences
        let used = sentences.indices.filter { found.uses[$0] > 0 }
        let words = found.words.indices.filter { found.wordUses[$0] > 0 }
        let use = try HarmfulWordUse(inputs)
        let others = study.domains.all.filter { $0 != study.domains.target }.map { ($0, use.words(against: $0)) }
        return ContributionTable(
            benchmark: leadingScorer.benchmark, domains: domains, sentences: used.map { sentences[$0].id },
            digests: used.map { sentences[$0].sha256 }, uses: used.map { found.uses[$0] },
            bySentence: found.bySentence.map { values in used.map { values[$0] } },
            words: words.map { found.words[$0] }, wordUses: words.map { found.wordUses[$0] },
            byWord: found.byWord.map { values in words.map { values[$0] } },
            usedAgainst: words.map { word in
                others.filter { $0.1.contains(found.words[word]) }.map(\.0)
            },
            retain: retain, decay: decay, isExact: found.isExact)
    }

    private func tables(_ table: ContributionTable) -> [String: Embeddings.Table] {
        var sentences = Embeddings.Table()
        sentences.append(.string(table.sentences), as: "sentence")
        sentences.append(.string(table.digests), as: "sha256")
        sentences.append(.int64(table.uses.map(Int64.init)), as: "uses")
        var words = Embeddings.Table()
        words.append(.string(table.words), as: "word")
        words.append(.int64(table.wordUses.map(Int64.init)), as: "uses")
        words.append(.string(table.usedAgainst.map { $0.joined(separator: " ") }), as: "used_against")
        for (d, domain) in table.domains.enumerated() {
            sentences.append(.double(table.bySentence[d]), as: "contribution_" + RunPaths.safe(domain))
            words.append(.double(table.byWord[d]), as: "contribution_" + RunPaths.safe(domain))
        }
        return ["sentences": sentences, "words": words]
    }
}
