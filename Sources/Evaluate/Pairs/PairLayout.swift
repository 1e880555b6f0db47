import LanguageModel

/// Lays the sentences of a benchmark end to end and says which probabilities to take.
struct PairLayout {
    private let profile: ScoringProfile
    private let beginToken: Int32?
    /// The token sequences that the model is given.
    private(set) var sequences: [[Int32]] = []
    /// The probabilities that it is asked for.
    private(set) var predictions: [Prediction] = []
    private var tokenCount = 0
    /// Indices of predictions by sentence.
    private var known: [[Int32]: [Int]] = [:]
    /// Indices of predictions of first tokens given the begin token alone.
    private var firstTokens: [Int32: Int] = [:]

    init(profile: ScoringProfile, beginToken: Int32?) {
        self.profile = profile
        self.beginToken = beginToken
        // The one-token context that every first token of bias-bench shares.
        if profile == .biasBench, let beginToken { append([beginToken]) }
    }

    /// Whether the begin token stands before the sentence in the model's input.
    private var beginsInContext: Bool { profile == .driftscope && beginToken != nil }
    /// Whether the first token of a sentence gets a probability.
    private var scoresFirst: Bool { beginToken != nil }

    /// Tokens of input that a sentence takes. Its last token is only ever predicted.
    func inputLength(_ sentence: [Int32]) -> Int { sentence.count - 1 + (beginsInContext ? 1 : 0) }

    /// Tokens of a sentence that get a probability.
    func scoredLength(_ sentence: [Int32]) -> Int { sentence.count - (scoresFirst ? 0 : 1) }

    /// Lays out both sentences of a pair.
    mutating func add(_ more: [Int32], _ less: [Int32]) -> PairScorer.Pair {
        let shared = TokenAlignment.shared(more, less)
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
