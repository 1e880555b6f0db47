import FileSupport
import LanguageModel
import Records

/// A text as tokens, and those of them whose probability is asked for.
struct AskedText: Hashable {
    let tokens: [Int32]
    let asked: Range<Int>
    /// The word that each token is of, where the tokens behind it in its word are hidden with it; else empty.
    let words: [Int]

    /// - Parameter asked: all tokens for nil.
    init(_ tokens: [Int32], asked: Range<Int>? = nil, words: [Int] = []) {
        (self.tokens, self.asked, self.words) = (tokens, asked ?? tokens.indices, words)
    }
}

/// Lays the sentences of a benchmark end to end and says which probabilities to take.
///
/// In ``ScoringProfile/driftscope`` every token is given the begin token and what stands before it; without a begin
/// token the first token is not scored. In ``ScoringProfile/biasBench`` the first token is given the begin token alone
/// and later tokens are given only the sentence (McGill-NLP/bias-bench, `bias_bench/benchmark/crows/crows.py`). In
/// ``ScoringProfile/pseudoLogLikelihood`` every token is given all others. A profile of a benchmark's own is laid out as the
/// first of these, or as the last where it is masked.
public struct SentenceLayout {
    private let profile: ScoringProfile
    private let tokenizer: any Tokenizer
    private let beginToken: Int32?
    /// The token sequences that the model is given.
    private var sequences: [[Int32]] = []
    /// The probabilities that it is asked for.
    private var predictions: [Prediction] = []
    private var tokenCount = 0
    /// Indices of predictions by text.
    private var known: [AskedText: [Int]] = [:]
    /// Indices of predictions of first tokens given the begin token alone.
    private var firstTokens: [Int32: Int] = [:]
    /// First rows of masked sequences.
    private var masked: [[Int32]: Int] = [:]

    /// Begins a layout.
    ///
    /// - Parameters:
    ///   - name: the benchmark's, for messages.
    ///   - usesBegin: false for a profile of a benchmark's own that leaves the tokenizer's begin token out.
    /// - Throws: ``InputError`` when the profile needs a begin or mask token and the tokenizer has none.
    public init(profile: ScoringProfile, tokenizer: any Tokenizer, name: String, usesBegin: Bool = true) throws {
        for (isNeeded, token, kind) in [
            (profile == .biasBench || profile == .lmEval, tokenizer.beginToken, "begin"),
            (profile.isMasked, tokenizer.maskToken, "mask"),
        ] where isNeeded && token == nil {
            throw InputError(
                "the profile \(profile) needs a \(kind) token and the tokenizer has none", at: name,
                remedy: "use --profile driftscope")
        }
        self.profile = profile
        self.tokenizer = tokenizer
        beginToken = usesBegin ? tokenizer.beginToken : nil
        // The one-token context that every first token of bias-bench shares.
        if profile == .biasBench, let beginToken { append([beginToken]) }
    }

    /// Whether the begin token stands before the sentence in the model's input.
    private var beginsInContext: Bool { profile != .biasBench && !profile.isMasked && beginToken != nil }
    /// Whether the first token of a sentence gets a probability.
    private var scoresFirst: Bool { profile.isMasked || beginToken != nil }

    /// Tokens of input that a text takes. To a causal model its last token is only ever predicted.
    private func inputLength(_ text: AskedText) -> Int {
        let tokens = text.tokens
        return profile.isMasked ? tokenizer.framed(tokens).count : tokens.count - 1 + (beginsInContext ? 1 : 0)
    }

    /// Tokens at a sentence's beginning that get no probability: none, or the first.
    var unscored: Int { scoresFirst ? 0 : 1 }

    /// The tokens of a text that get a probability.
    private func scored(_ text: AskedText) -> Range<Int> {
        min(max(text.asked.lowerBound, unscored), text.asked.upperBound)..<text.asked.upperBound
    }

    /// Why sentences, each of some texts, cannot be scored; nil where they can.
    private func refusal(of sentences: [[AskedText]], contextLength: Int) -> String? {
        let longest = sentences.joined().map(inputLength).max() ?? 0
        if longest > contextLength { return "more tokens than the model takes (\(contextLength))" }
        return sentences.contains { $0.allSatisfy { scored($0).isEmpty } }
            ? "a sentence without a token that can be scored" : nil
    }

    /// Lays out all items that can be scored.
    ///
    /// - Parameters:
    ///   - contextLength: the most tokens that the models take; an item with a longer text is skipped with the reason.
    ///   - add: lays out one item, given the tokens of its texts, and says what to keep of it.
    /// - Returns: the items, what was kept of each, and the rows that are skipped, those of the benchmark among them.
    /// - Throws: ``InputError`` when no item is left.
    public mutating func add<Benchmark: BiasBenchmark, Placed>(
        _ benchmark: Benchmark, contextLength: Int, add: (inout SentenceLayout, [[Int32]]) -> Placed
    ) throws -> (items: [Benchmark.Item], placed: [Placed], skipped: [SkippedRow]) {
        let tokenizer = tokenizer
        return try self.add(
            benchmark.items, skipped: benchmark.skipped, name: benchmark.name, contextLength: contextLength,
            encode: { $0.texts.map { [AskedText(tokenizer.encode($0))] } },
            add: { layout, sentences in add(&layout, sentences.map { $0[0].tokens }) })
    }

    /// As ``add(_:contextLength:add:)``, of items that are no benchmark's, or not scored as whole texts.
    ///
    /// - Parameter encode: the sentences of an item, each of one text or more; a sentence without any cannot be scored.
    mutating func add<Item: BenchmarkItem, Placed>(
        _ items: [Item], skipped: [SkippedRow], name: String, contextLength: Int,
        encode: (Item) -> [[AskedText]], add: (inout SentenceLayout, [[AskedText]]) -> Placed
    ) throws -> (items: [Item], placed: [Placed], skipped: [SkippedRow]) {
        var out = (items: [Item](), placed: [Placed](), skipped: skipped)
        for item in items {
            let sentences = encode(item)
            if let reason = refusal(of: sentences, contextLength: contextLength) {
                out.skipped.append(SkippedRow(row: item.row, domain: item.domain, reason: reason))
            } else {
                out.items.append(item)
                out.placed.append(add(&self, sentences))
            }
        }
        guard !out.items.isEmpty else {
            throw InputError(
                "no item can be scored (\(out.skipped.first?.reason ?? "there is none"))", at: name,
                remedy: "check the items and the model's context length")
        }
        out.skipped.sort { $0.row < $1.row }
        return out
    }

    /// Lays out a sentence that fits.
    ///
    /// Equal sentences are laid out once.
    ///
    /// - Returns: for each scored token its index among the batch's predictions.
    public mutating func add(_ sentence: [Int32]) -> [Int] { add(AskedText(sentence), beginning: []) }

    /// - Parameter known: predictions of the tokens that it begins with, from a text that begins alike, so that equal
    ///   contexts get equal numbers; a masked token is given what follows too, and takes none.
    private mutating func add(_ text: AskedText, beginning known: ArraySlice<Int>) -> [Int] {
        if profile.isMasked, let maskToken = tokenizer.maskToken { return placeMasked(text, maskToken) }
        return place(text, prefix: known)
    }

    /// Lays out the sentences of an item, each of some texts; the tokens that several of them begin with are scored once.
    ///
    /// - Returns: for each sentence the indices of its scored tokens among the batch's predictions.
    mutating func add(together sentences: [[AskedText]]) -> [[Int]] {
        var placed: [(text: AskedText, scored: [Int])] = []
        return sentences.map { texts in
            texts.flatMap { text in
                let beginnings = placed.filter { scored($0.text).lowerBound == scored(text).lowerBound }.map {
                    earlier in
                    let common = zip(earlier.text.tokens, text.tokens).prefix { $0 == $1 }.count
                    return earlier.scored.prefix(max(0, common - scored(text).lowerBound))
                }
                let longest = beginnings.max { $0.count < $1.count } ?? []
                let indices = add(text, beginning: longest.prefix(scored(text).count))
                placed.append((text, indices))
                return indices
            }
        }
    }

    /// What was laid out.
    public var batch: SentenceBatch {
        SentenceBatch(
            sequences: PackedSequences(sequences), predictions: predictions, isMasked: profile.isMasked,
            longestSequence: sequences.lazy.map(\.count).max() ?? 0)
    }

    /// The predictions of a text's tokens; the first of them may be known from a text that begins alike.
    private mutating func place(_ text: AskedText, prefix: ArraySlice<Int>) -> [Int] {
        if let scored = known[text] { return scored }
        let tokens = text.tokens
        let start = append((beginsInContext ? beginToken.map { [$0] } ?? [] : []) + tokens.dropLast())
        // Row that predicts the text's token 0, were it in this sequence.
        let before = beginsInContext ? start : start - 1
        var scored = Array(prefix)
        for index in self.scored(text).dropFirst(prefix.count) {
            if index == 0, profile == .biasBench {
                scored.append(firstToken(tokens[index]))
            } else {
                scored.append(predictions.count)
                predictions.append(Prediction(row: before + index, token: tokens[index]))
            }
        }
        known[text] = scored
        return scored
    }

    /// The predictions of a text's tokens, each masked in a sequence of its own; where two texts differ in the masked
    /// token only, both have the same.
    private mutating func placeMasked(_ text: AskedText, _ maskToken: Int32) -> [Int] {
        if let scored = known[text] { return scored }
        let scored = text.asked.map { index in
            var sequence = text.tokens
            sequence[index] = maskToken
            for later in text.words.indices.dropFirst(index + 1) where text.words[later] == text.words[index] {
                sequence[later] = maskToken
            }
            sequence = tokenizer.framed(sequence)
            let start = masked[sequence] ?? append(sequence)
            masked[sequence] = start
            predictions.append(Prediction(row: start + (beginToken == nil ? 0 : 1) + index, token: text.tokens[index]))
            return predictions.count - 1
        }
        known[text] = scored
        return scored
    }

    private mutating func firstToken(_ token: Int32) -> Int {
        if let index = firstTokens[token] { return index }
        firstTokens[token] = predictions.count
        predictions.append(Prediction(row: 0, token: token))
        return predictions.count - 1
    }

    @discardableResult
    private mutating func append(_ sequence: [Int32]) -> Int {
        let start = tokenCount
        sequences.append(sequence)
        tokenCount += sequence.count
        return start
    }
}

/// Sentences packed for scoring: what a model is given and which probabilities it is asked for.
public struct SentenceBatch: Sendable {
    /// The input of the model.
    public let sequences: PackedSequences
    /// The probabilities.
    public let predictions: [Prediction]
    fileprivate let isMasked: Bool
    fileprivate let longestSequence: Int

    /// log p of every prediction, in nats.
    public func logProbabilities(_ model: TransformerModel) -> [Float] {
        precondition(model.isMasked == isMasked, "laid out for models of the other kind")
        precondition(longestSequence <= model.configuration.contextLength, "laid out for a longer context")
        return model.logProbabilities(predictions, in: sequences)
    }

    /// log p of every prediction, and whether its token is the likeliest.
    func likelihoods(_ model: TransformerModel) -> [(log: Float, isLikeliest: Bool)] {
        precondition(model.isMasked == isMasked, "laid out for models of the other kind")
        return model.likelihoods(predictions, in: sequences)
    }

    /// The predictions of a sentence with their log-probabilities, under a name.
    public func tokens(_ name: String, _ places: [Int], _ logs: [Float]) -> SentenceTokens {
        SentenceTokens(name, tokens: places.map { predictions[$0].token }, logs: places.map { logs[$0] })
    }

    /// What one scoring takes of a model.
    func load(_ model: TransformerModel) -> NetworkLoad { model.load(of: predictions.map(\.row), in: sequences) }

    /// The mean over items of Σ factor · mean log p of a sentence, as a function of the model.
    ///
    /// - Parameters:
    ///   - items: the predictions of each sentence of each item.
    ///   - factors: of the sentences of an item; those behind the last factor do not count.
    ///   - isSum: the sum of log p in the place of the mean.
    public func objective(_ items: [[[Int]]], factors: [Double], isSum: Bool = false) -> BiasObjective {
        var weights = [Double](repeating: 0, count: predictions.count)
        for sentences in items {
            for (places, factor) in zip(sentences, factors) {
                for place in places { weights[place] += factor / Double((isSum ? 1 : places.count) * items.count) }
            }
        }
        return objective(weights)
    }

    /// Σ weight · log p as a function of the model, one weight a prediction; packs anew only the sequences that carry one.
    public func objective(_ weights: [Double]) -> BiasObjective {
        precondition(weights.count == predictions.count, "one weight a prediction")
        var sequenceOfRow = [Int](repeating: 0, count: sequences.tokenCount)
        for s in 0..<sequences.sequenceCount { for row in sequences.range(s) { sequenceOfRow[row] = s } }
        let used = predictions.indices.filter { weights[$0] != 0 }
        let kept = Set(used.map { sequenceOfRow[predictions[$0].row] }).sorted()
        var newStart: [Int: Int] = [:]
        var tokenCount = 0
        for s in kept {
            newStart[s] = tokenCount
            tokenCount += sequences.range(s).count
        }
        let terms = used.map { index in
            let old = predictions[index]
            let s = sequenceOfRow[old.row]
            let row = old.row - sequences.starts[s] + (newStart[s] ?? 0)
            return Prediction(row: row, token: old.token, weight: Float(weights[index]))
        }
        return BiasObjective(
            sequences: PackedSequences(kept.map { Array(sequences.tokens[sequences.range($0)]) }), predictions: terms)
    }
}
