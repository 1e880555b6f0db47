/// What was forgotten, in counts.
public struct ForgetFacts: Sendable {
    /// The domain forgotten.
    public var domain: String
    /// Name of the file.
    public var source: String
    /// Rows of the file.
    public var rowsRead: Int
    /// Rows that the study's conditions select.
    public var rowsSelected: Int
    /// Rows left out, per reason.
    public var excluded: [(reason: String, rows: Int)]
    /// Sentences in the forget set.
    public var sentences: Int
    /// Tokens in the forget set.
    public var tokens: Int
    /// Tokens chosen as harmful.
    public var harmfulTokens: Int
    /// Distinct harmful words.
    public var harmfulWords: Int
    /// Selected rows without any harmful word.
    public var rowsWithoutHarmfulWord: Int
    /// Where the harmful words come from, for example `lexicon built-in`.
    public var harmfulSource: String

    /// Makes the facts from their parts.
    public init(
        domain: String, source: String, rowsRead: Int, rowsSelected: Int, excluded: [(reason: String, rows: Int)],
        sentences: Int, tokens: Int, harmfulTokens: Int, harmfulWords: Int, rowsWithoutHarmfulWord: Int,
        harmfulSource: String
    ) {
        self.domain = domain
        self.source = source
        self.rowsRead = rowsRead
        self.rowsSelected = rowsSelected
        self.excluded = excluded
        self.sentences = sentences
        self.tokens = tokens
        self.harmfulTokens = harmfulTokens
        self.harmfulWords = harmfulWords
        self.rowsWithoutHarmfulWord = rowsWithoutHarmfulWord
        self.harmfulSource = harmfulSource
    }
}

/// A row of the forget set or an evaluation pair that the report shows, redacted unless the study says `shown`.
public struct ExampleRow: Sendable {
    /// What the row stands for, for example `race, largest change`.
    public var label: String
    /// Row number in its file.
    public var row: Int
    /// The text itself; never printed when the study says `redacted`.
    public var text: String
    /// The number that ranks the row.
    public var value: Double

    /// Makes the row from its parts.
    public init(label: String, row: Int, text: String, value: Double) {
        self.label = label
        self.row = row
        self.text = text
        self.value = value
    }
}

/// How a group of concept words found its tokens.
public struct CoverageRow: Sendable {
    /// Domain of the lexicon.
    public var domain: String
    /// Group within it.
    public var group: String
    /// Words listed.
    public var words: Int
    /// Words with at least one variant that is a single token.
    public var single: Int
    /// Words whose variants all have several tokens.
    public var multi: Int
    /// Words that take part in the drift table.
    public var used: Int
    /// Used words that stand nowhere in the forget text.
    public var unexposed: Int
    /// Words left out.
    public var dropped: [String]

    /// Makes the row from its parts.
    public init(
        domain: String, group: String, words: Int, single: Int, multi: Int, used: Int, unexposed: Int,
        dropped: [String]
    ) {
        self.domain = domain
        self.group = group
        self.words = words
        self.single = single
        self.multi = multi
        self.used = used
        self.unexposed = unexposed
        self.dropped = dropped
    }
}
