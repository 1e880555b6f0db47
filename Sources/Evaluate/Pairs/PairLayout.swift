import LanguageModel
import Records

/// Lays the sentences of a benchmark end to end and says which probabilities to take.
struct PairLayout {
    private let profile: ScoringProfile
    private let tokenizer: any Tokenizer
    private var beginToken: Int32? { tokenizer.beginToken }
    /// The token sequences that the model is given.
    private(set) var sequences: [[Int32]] = []
    /// The probabilities that it is asked for.
    private(set) var predictions: [Prediction] = []
    private var tokenCount = 0
    /// Indices of predictions by sentence.
    private var known: [[Int32]: [Int]] = [:]
    /// Indices of predictions of first tokens given the begin token alone.
    private var firstTokens: [Int32: Int] = [:]
    /// First rows of masked sequences.
    private var masked: [[Int32]: Int] = [:]

    init(profile: ScoringProfile, tokenizer: any Tokenizer) {
        self.profile = profile
        self.tokenizer = tokenizer
        // The one-token context that every first token of bias-bench shares.
        if profile == .biasBench, let beginToken { append([beginToken]) }
    }

    /// Whether the begin token stands before the sentence in the model's input.
    private var beginsInContext: Bool { profile == .driftscope && beginToken != nil }
    /// Whether the first token of a sentence gets a probability.
    private var scoresFirst: Bool { profile.isMasked || beginToken != nil }

    /// Tokens of input that a sentence takes. To a causal model its last token is only ever predicted.
    func inputLength(_ sentence: [Int32]) -> Int {
        profile.isMasked ? tokenizer.framed(sentence).count : sentence.count - 1 + (beginsInContext ? 1 : 0)
    }

    /// Tokens of a sentence that get a probability.
    func scoredLength(_ sentence: [Int32]) -> Int { sentence.count - (scoresFirst ? 0 : 1) }

    /// Lays out both sentences of a pair.
    mutating func add(_ more: [Int32], _ less: [Int32]) -> PairScorer.Pair {
        let shared = TokenAlignment.shared(more, less)
        if profile.isMasked, let maskToken = tokenizer.maskToken {
            return PairScorer.Pair(
                more: PairScorer.Side(scored: placeMasked(more, maskToken), shared: shared.a),
                less: PairScorer.Side(scored: placeMasked(less, maskToken), shared: shared.b))
        }
        let moreScored = place(more, prefix: [])
        let common = zip(more, less).prefix { $0 == $1 }.count - (scoresFirst ? 0 : 1)
        let lessScored = place(less, prefix: moreScored.prefix(max(0, common)))
        let skip = scoresFirst ? 0 : 1
        return PairScorer.Pair(
            more: PairScorer.Side(scored: moreScored, shared: Array(shared.a.dropFirst(skip))),
            less: PairScorer.Side(scored: lessScored, shared: Array(shared.b.dropFirst(skip))))
    }

    /// The predictions of a sentence's tokens; the first of them may be known from a sentence that begins alike.
    private mutating func place(_ sentence: [Int32], prefix: ArraySlice<Int>) -> [Int] {
        if let scored = known[sentence] { return scored }
        let start = append((beginsInContext ? beginToken.map { [$0] } ?? [] : []) + sentence.dropLast())
        // Row that predicts the sentence's token 0, were it in this sequence.
        let before = beginsInContext ? start : start - 1
        var scored = Array(prefix)
        for index in (sentence.count - scoredLength(sentence) + prefix.count)..<sentence.count {
            let token = sentence[index]
            if index == 0, profile == .biasBench {
                scored.append(firstToken(token))
            } else {
                scored.append(predictions.count)
                predictions.append(Prediction(row: before + index, token: token))
            }
        }
        known[sentence] = scored
        return scored
    }

    /// The predictions of a sentence's tokens, each masked in a sequence of its own; where two sentences differ in the masked
    /// token only, both have the same.
    private mutating func placeMasked(_ sentence: [Int32], _ maskToken: Int32) -> [Int] {
        if let scored = known[sentence] { return scored }
        let scored = sentence.indices.map { index in
            var sequence = sentence
            sequence[index] = maskToken
            sequence = tokenizer.framed(sequence)
            let start = masked[sequence] ?? append(sequence)
            masked[sequence] = start
            predictions.append(Prediction(row: start + (beginToken == nil ? 0 : 1) + index, token: sentence[index]))
            return predictions.count - 1
        }
        known[sentence] = scored
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
