/// Every count from the forget file to the sentences that are forgotten.
public struct ForgetSetSummary: Codable, Equatable, Sendable {
    /// Rows that fulfil one list-valued condition under each reading, the other conditions held.
    public struct ReadingCount: Codable, Equatable, Sendable {
        /// The column that lists names.
        public var column: String
        /// The names asked for.
        public var values: [String]
        /// Rows whose cell is one of the values.
        public var equals: Int
        /// Rows whose cell lists one of the values.
        public var member: Int
        /// Rows whose cell lists a name with a dotted part that is one of the values.
        public var part: Int
        /// The reading that was used.
        public var used: ForgetFilter.Reading
    }

    /// Rows dropped since they name another domain.
    public struct ExclusionCount: Codable, Equatable, Sendable {
        /// The domain named.
        public var domain: String
        /// Rows that name it by label.
        public var byLabel: Int
        /// Rows that name it by word.
        public var byWord: Int
        /// Rows that name it by label, by word or by both.
        public var byEither: Int
    }

    /// The file as the user named it.
    public var path: String
    /// Its size.
    public var bytes: Int
    /// Its digest.
    public var sha256: String
    /// `csv`, `tsv` or `json-lines`.
    public var format: String
    /// Where harmful words come from, in words.
    public var harmfulSource: String
    /// The digest of the lexicon or annotation file.
    public var harmfulSHA256: String?
    /// Records in the file, the header not counted.
    public var rowsRead: Int
    /// The readings of every list-valued condition.
    public var readings: [ReadingCount]
    /// Rows that fulfil the filter.
    public var rowsMatching: Int
    /// Of these, rows whose text is empty.
    public var rowsWithoutText: Int
    /// Rows that name another domain, by domain and reason; a row may name several.
    public var exclusions: [ExclusionCount]
    /// Rows dropped for naming another domain, each counted once.
    public var rowsExcluded: Int
    /// Rows in which no harmful word was found; they cannot be forgotten and are left out.
    public var rowsWithoutHarmfulWord: Int
    /// Rows all of whose harmful tokens lie past the context length, or cannot be predicted.
    public var rowsOutOfReach: Int
    /// Rows kept whose text repeats that of an earlier kept row.
    public var repeatedTexts: Int
    /// Rows kept: the sentences that are forgotten.
    public var sentences: Int
    /// Sentences cut at the context length.
    public var sentencesTruncated: Int
    /// Harmful words cut off with them, or without any token before them to be predicted from.
    public var harmfulWordsOutOfReach: Int
    /// Occurrences of harmful words in the sentences.
    public var harmfulWords: Int
    /// Different harmful words among them, case ignored.
    public var distinctHarmfulWords: Int
    /// Tokens of these words: the positions whose probability is lowered.
    public var harmfulTokens: Int
    /// All tokens of the sentences, the begin tokens not counted.
    public var tokens: Int
    /// Annotated rows that are not among the rows wanted.
    public var annotationsWithoutRow: Int
    /// Annotated words that do not stand in their row.
    public var annotatedWordsNotFound: Int
}
