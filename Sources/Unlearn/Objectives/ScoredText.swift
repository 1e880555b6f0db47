import LanguageModel

/// A text and those of its tokens whose log p is asked for, in the way that a model can be asked.
///
/// A causal model predicts all of them from one sequence, each from what stands before it. A masked model predicts what it is
/// not given, so that what is to be predicted from the rest of the text stands hidden in a sequence of its own. What an
/// objective makes of log p is the same for both.
public struct ScoredText: Sendable, Equatable {
    /// What the model is given, one sequence or more.
    public private(set) var sequences: [ScoredSequence]

    init(_ sequences: [ScoredSequence]) { self.sequences = sequences }

    /// The number of tokens that are asked for.
    public var count: Int { sequences.reduce(0) { $0 + $1.targets.count } }

    /// What is asked for, sequence by sequence.
    public var targets: [ScoredSequence.Target] { sequences.flatMap(\.targets) }

    /// The same tokens with one weight for all.
    public func weighted(_ weight: Float) -> ScoredText { weighted([Float](repeating: weight, count: count)) }

    /// The same tokens, each with a weight of its own, in the order of ``targets``.
    public func weighted(_ weights: [Float]) -> ScoredText {
        precondition(weights.count == count, "\(weights.count) weights for \(count) tokens")
        var out = self
        var next = 0
        for s in out.sequences.indices {
            for t in out.sequences[s].targets.indices {
                out.sequences[s].targets[t].weight = weights[next]
                next += 1
            }
        }
        return out
    }
}

extension ModelConfiguration {
    /// The positions of a text that the model can be asked for: all but the first, which is the begin token or has nothing before
    /// it; of a masked model, whose texts stand between begin and end token, without the last.
    package func askedPositions(of tokens: [Int32]) -> Range<Int> { 1..<max(1, tokens.count - (isMasked ? 1 : 0)) }

    /// All tokens of a text that the model can be asked for; of a masked model each by itself, all others given:
    /// pseudo-log-likelihood (Salazar et al. 2020, arXiv 1910.14659, section 2).
    package func scored(_ tokens: [Int32]) -> ScoredText {
        scored(tokens, words: askedPositions(of: tokens).map { [$0] })
    }

    /// Some tokens of a sentence; of a masked model the tokens of a harmful word are hidden together, so that no part of
    /// a word gives away the rest (Kauf and Ivanova 2023, arXiv 2305.10588), and other words are given as they are.
    package func scored(_ sentence: ForgetSentence, _ scope: TokenScope) -> ScoredText {
        switch scope {
        case .harmful: scored(sentence.tokens, words: sentence.harmful.map(\.positions))
        case .all: scored(sentence.tokens)
        }
    }

    /// - Parameters:
    ///   - words: the positions of each word's tokens. A token of two words that overlap is asked for with the first, and
    ///     hidden with both.
    ///   - hidesOthers: whether a masked model is not given the other words either.
    func scored(_ tokens: [Int32], words: [[Int]], hidesOthers: Bool = false) -> ScoredText {
        guard isMasked else {
            return ScoredText([ScoredSequence(tokens: tokens, positions: Set(words.joined()).sorted())])
        }
        guard let maskToken else { preconditionFailure("a masked model without a mask token, which `check` refuses") }
        var taken: Set<Int> = []
        return ScoredText(
            words.compactMap { word in
                let asked = word.filter { taken.insert($0).inserted }
                guard !asked.isEmpty else { return nil }
                return ScoredSequence(
                    masking: asked, and: hidesOthers ? Array(words.joined()) : word, of: tokens, maskToken: maskToken)
            })
    }
}
