/// How a cell that may list several names is read.
///
/// On a `target` column such as `wom, bla.wom`:
public enum CellReading: String, CaseIterable, Codable, Sendable {
    /// The whole cell is the value: only that target and no other.
    case equals
    /// One name of the list is the value.
    case member
    /// One dotted part of one name is the value: `wom` also finds `bla.wom`.
    case part
}

/// Every count from the forget file to the sentences that are forgotten.
public struct ForgetSetSummary: Codable, Equatable, Sendable {
    /// Rows that fulfil one list-valued condition under each reading, the other conditions held.
    public struct ReadingCount: Codable, Equatable, Sendable {
        /// The column that lists names.
        public var column: String
        /// The names asked for.
        public var values: [String]
        /// Rows whose cell is one of the values.
        public var equals = 0
        /// Rows whose cell lists one of the values.
        public var member = 0
        /// Rows whose cell lists a name with a dotted part that is one of the values.
        public var part = 0
        /// The reading that was used.
        public var used: CellReading

        package init(column: String, values: [String], used: CellReading) {
            (self.column, self.values, self.used) = (column, values, used)
        }
    }

    /// Rows dropped since they name another domain.
    public struct ExclusionCount: Codable, Equatable, Sendable {
        /// The domain named.
        public var domain: String
        /// Rows that name it by label.
        public var byLabel = 0
        /// Rows that name it by word.
        public var byWord = 0
        /// Rows that name it by label, by word or by both.
        public var byEither = 0

        package init(domain: String) { self.domain = domain }
    }

    /// The domain that its rows are about; nil in runs older than this, which forget one, and where no study names it.
    public var domain: String?
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
    public var readings: [ReadingCount] = []
    /// Rows that fulfil the filter.
    public var rowsMatching = 0
    /// Of these, rows whose text is empty.
    public var rowsWithoutText = 0
    /// Rows that name another domain, by domain and reason; a row may name several.
    public var exclusions: [ExclusionCount] = []
    /// Rows dropped for naming another domain, each counted once.
    public var rowsExcluded = 0
    /// Rows in which no harmful word was found; they cannot be forgotten and are left out.
    public var rowsWithoutHarmfulWord = 0
    /// Rows all of whose harmful tokens lie past the context length, or cannot be predicted.
    public var rowsOutOfReach = 0
    /// Rows kept whose text repeats that of an earlier kept row.
    public var repeatedTexts = 0
    /// Rows kept: the sentences that are forgotten.
    public var sentences = 0
    /// Sentences cut at the context length.
    public var sentencesTruncated = 0
    /// Harmful words cut off with them, or without any token before them to be predicted from.
    public var harmfulWordsOutOfReach = 0
    /// Occurrences of harmful words in the sentences.
    public var harmfulWords = 0
    /// Different harmful words among them, case ignored.
    public var distinctHarmfulWords = 0
    /// Tokens of these words: the positions whose probability is lowered.
    public var harmfulTokens = 0
    /// All tokens of the sentences, the begin tokens not counted.
    public var tokens = 0
    /// What the run's objective forgets in the place of the harmful tokens; nil for these.
    public var instead: Instead?
    /// Annotated rows that are not among the rows wanted.
    public var annotationsWithoutRow = 0
    /// Annotated words that do not stand in their row.
    public var annotatedWordsNotFound = 0

    /// What an objective forgets that is not about harmful tokens alone.
    public enum Instead: Codable, Equatable, Sendable {
        /// All tokens of the sentences.
        case allTokens
        /// Pairs of sentences, in the place of the sentences.
        case pairs(Int)
        /// Pairs of sentences that are learned; nothing is forgotten.
        case learnedPairs(Int)
    }

    package init(
        path: String, bytes: Int, sha256: String, format: String, harmfulSource: String, harmfulSHA256: String? = nil,
        rowsRead: Int
    ) {
        (self.path, self.bytes, self.sha256, self.format) = (path, bytes, sha256, format)
        (self.harmfulSource, self.harmfulSHA256, self.rowsRead) = (harmfulSource, harmfulSHA256, rowsRead)
    }
}
