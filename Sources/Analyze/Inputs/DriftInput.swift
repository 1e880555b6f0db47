import LinearAlgebra

/// How a word stands to the forget text.
public enum WordExposure: String, Codable, Sendable, Equatable, CaseIterable {
    /// A forgotten token.
    case masked
    /// In the forget text, but not forgotten.
    case seen
    /// Not in the forget text. Only such words are evidence of transfer.
    case unexposed
}

/// What is known of one row of an embedding matrix, for matching controls and for names.
public struct DriftRowInfo: Sendable, Equatable {
    /// The unique spelling of the token or word.
    public var key: String
    /// Occurrences in the neutral reference text.
    public var frequency: Int
    /// How the row stands to the forget text.
    public var exposure: WordExposure
    /// Tokens that the row stands for; 1 for a row of a token embedding.
    public var tokenCount: Int
    /// Special, padding and added rows: counted, never in a mean.
    public var isPadding: Bool
    /// Whether the row may serve as a control: a whole word that belongs to no concept.
    public var isControl: Bool
    /// The word that the row is a variant of (without leading space, lower case); the variants of a control word are
    /// averaged as those of a concept word are. The key itself where there are no variants.
    public var word: String

    /// Describes a row.
    public init(
        key: String, frequency: Int, exposure: WordExposure, tokenCount: Int = 1, isPadding: Bool = false,
        isControl: Bool = true, word: String? = nil
    ) {
        self.key = key
        self.frequency = frequency
        self.exposure = exposure
        self.tokenCount = tokenCount
        self.isPadding = isPadding
        self.isControl = isControl
        self.word = word ?? key
    }
}

/// A concept word and the rows that spell it.
public struct DriftWord: Sendable, Equatable {
    /// Domain of the lexicon.
    public var domain: String
    /// Group within the domain, such as `female`.
    public var group: String
    /// The word.
    public var word: String
    /// Rows of its variants (leading space, case); they are averaged within the word first.
    public var rows: [Int]
    /// The strongest exposure of its variants.
    public var exposure: WordExposure
    /// Whether it stands in two concepts; such words are left out of the evidence.
    public var inTwoConcepts: Bool
    /// Definitional pair or tuple that it belongs to, for the subspace of its domain.
    public var pair: Int?

    /// Describes a concept word.
    public init(
        domain: String, group: String, word: String, rows: [Int], exposure: WordExposure, inTwoConcepts: Bool = false,
        pair: Int? = nil
    ) {
        self.domain = domain
        self.group = group
        self.word = word
        self.rows = rows
        self.exposure = exposure
        self.inTwoConcepts = inTwoConcepts
        self.pair = pair
    }
}

/// A word that the lexicon names and the analysis could not use.
public struct DroppedWord: Codable, Sendable, Equatable {
    /// Domain of the lexicon.
    public var domain: String
    /// Group within the domain.
    public var group: String
    /// The word.
    public var word: String
    /// Why it was dropped.
    public var reason: String

    /// Names a dropped word.
    public init(domain: String, group: String, word: String, reason: String) {
        self.domain = domain
        self.group = group
        self.word = word
        self.reason = reason
    }
}

/// One embedding space before and after: the input embeddings, or the word vectors of a layer.
public struct DriftInput: Sendable {
    /// Name in the report, such as `input embeddings` or `layer 6`.
    public var space: String
    /// Rows before, `(V, D)`.
    public var before: Matrix<Float>
    /// The same rows after, `(V, D)`.
    public var after: Matrix<Float>
    /// What is known of each row, `V` entries.
    public var rows: [DriftRowInfo]
    /// Concept words.
    public var words: [DriftWord]
    /// Words dropped before the analysis, with reasons.
    public var dropped: [DroppedWord]
    /// Domains of the study; the target's words span the subspaces.
    public var domains: [AnalysisDomain]

    /// Collects a space.
    public init(
        space: String, before: Matrix<Float>, after: Matrix<Float>, rows: [DriftRowInfo], words: [DriftWord],
        dropped: [DroppedWord] = [], domains: [AnalysisDomain]
    ) {
        self.space = space
        self.before = before
        self.after = after
        self.rows = rows
        self.words = words
        self.dropped = dropped
        self.domains = domains
    }
}
