import Records

/// A harmful word in a sentence, and the tokens that spell it.
public struct HarmfulWord: Equatable, Sendable {
    /// The word as the text spells it.
    public var text: String
    /// Its place in the text's UTF-8 bytes.
    public var bytes: Range<Int>
    /// The positions of its tokens, all of them, in ``ForgetSentence/tokens``.
    public var positions: [Int]
    /// How many of ``ForgetSentence/replaced`` stand before it; nil where no harmful word does, so that its context is
    /// the same in both.
    public var replacedTokens: Int?
}

/// One row of the forget file, tokenised.
public struct ForgetSentence: Equatable, Sendable {
    /// What stands for harmful words that a context is to be without: it fits where nouns and adjectives do, and says
    /// nothing of anybody.
    public static let placeholder = "something"

    /// The number of its record in the file, from 1, the header not counted.
    public var row: Int
    /// The value of the id column, or the row number as text.
    public var id: String
    /// The text.
    public var text: String
    /// The digest of the text's UTF-8 bytes.
    public var sha256: String
    /// The tokens, the begin token first where the tokenizer has one, at most the context length; for a masked model the end
    /// token last.
    public var tokens: [Int32]
    /// 1 where the first token is the begin token, else 0.
    public var beginTokens: Int
    /// 1 where the last token is the end token, else 0.
    public var endTokens = 0
    /// The harmful words, in the order of the text.
    public var harmful: [HarmfulWord]
    /// The tokens of the text with ``placeholder`` for each harmful word, the begin token first where the tokenizer has
    /// one; empty where no harmful word stands before another, and for a masked model.
    public var replaced: [Int32] = []
    /// Whether the text went past the context length.
    public var truncated: Bool
    /// The domain that its forget set is about; nil where nobody named one.
    public var domain: String?

    /// The positions of all harmful tokens, ascending, each once.
    public var harmfulPositions: [Int] { Array(Set(harmful.flatMap(\.positions))).sorted() }
}

/// Two sentences that an objective takes together.
public struct SentencePair: Equatable, Sendable {
    /// Tokens of the more stereotypical sentence, or of a sentence as its text has it.
    public var first: [Int32]
    /// Tokens of the other, or of the sentence with its words swapped.
    public var second: [Int32]

    /// A pair of sentences, each as the model reads it.
    public init(first: [Int32], second: [Int32]) {
        self.first = first
        self.second = second
    }
}

/// The sentences to forget, with the way they were chosen.
public struct ForgetSet: Equatable, Sendable {
    /// The sentences, in the order of the file; of several sets, one set after the other.
    public var sentences: [ForgetSentence]
    /// Pairs of sentences, for objectives that compare two; see ``ObjectiveNeed/pairs``.
    public var pairs: [SentencePair] = []
    /// Whether the pairs were made by swapping words, so that neither sentence is known as the more stereotypical.
    public var pairsAreCounterfactual = false
    /// Every count on the way.
    public var summary: ForgetSetSummary
    /// What a user should know of how the file was read, a line each: spellings that were joined, repeated rows.
    public var readingNotes: [String] = []

    /// How often each token stands in the sentences, and how often as a harmful one.
    ///
    /// - Returns: two arrays of `vocabularySize` counts; begin tokens are not counted.
    public func tokenCounts(vocabularySize: Int) -> (seen: [Int], harmful: [Int]) {
        var seen = [Int](repeating: 0, count: vocabularySize)
        var harmful = seen
        for sentence in sentences {
            for token in sentence.tokens.dropFirst(sentence.beginTokens).dropLast(sentence.endTokens) {
                seen[Int(token)] += 1
            }
            for position in sentence.harmfulPositions { harmful[Int(sentence.tokens[position])] += 1 }
        }
        return (seen, harmful)
    }
}

extension ForgetSetSummary {
    mutating func count(_ kept: [ForgetSentence]) {
        sentences = kept.count
        sentencesTruncated = kept.count(where: \.truncated)
        harmfulWords = kept.reduce(0) { $0 + $1.harmful.count }
        distinctHarmfulWords = Set(kept.flatMap { $0.harmful.map { $0.text.lowercased() } }).count
        harmfulTokens = kept.reduce(0) { $0 + $1.harmfulPositions.count }
        tokens = kept.reduce(0) { $0 + $1.tokens.count - $1.beginTokens - $1.endTokens }
    }
}
