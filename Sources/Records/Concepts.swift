/// How a word stands to the forget text.
public enum WordExposure: String, Codable, Sendable, Equatable, CaseIterable {
    /// A forgotten token: its probability was pushed down.
    case masked
    /// In the forget text, but not forgotten.
    case seen
    /// Not in the forget text. Only such words are evidence of transfer.
    case unexposed
}

/// Where the tokens of a concept word stand.
public enum ConceptStatus: String, Codable, Sendable, CaseIterable {
    /// The spelling is one token.
    case single
    /// No spelling of the word is one token; the row gives its pieces.
    case multi
    /// The tokenizer cannot spell the word.
    case missing
}

/// One spelling of one word of a lexicon.
public struct ConceptRow: Codable, Equatable, Sendable {
    /// The domain.
    public var domain: String
    /// The group within it.
    public var group: String
    /// The word as the lexicon writes it.
    public var word: String
    /// The spelling looked up, with its leading space.
    public var variant: String
    /// The lexicon's name.
    public var lexicon: String
    /// The definitional pair, or nil.
    public var pair: Int?
    /// Whether the lexicon is a control.
    public var isControl: Bool
    /// The tokens of the spelling; one where the status is `single`.
    public var tokens: [Int32]
    /// How it was found.
    public var status: ConceptStatus
    /// The exposure of the word, over all its spellings.
    public var exposure: WordExposure
    /// Whether the word speaks of two domains and so is no evidence for either.
    public var inTwoConcepts: Bool

    package init(
        domain: String, group: String, word: String, variant: String, lexicon: String, pair: Int?, isControl: Bool,
        tokens: [Int32], status: ConceptStatus, exposure: WordExposure, inTwoConcepts: Bool
    ) {
        (self.domain, self.group, self.word, self.variant) = (domain, group, word, variant)
        (self.lexicon, self.pair, self.isControl, self.tokens) = (lexicon, pair, isControl, tokens)
        (self.status, self.exposure, self.inTwoConcepts) = (status, exposure, inTwoConcepts)
    }
}

/// One word with all its single-token spellings: what is averaged first.
@dynamicMemberLookup
public struct ResolvedWord: Equatable, Sendable {
    /// Its first spelling, which says what else is known of the word.
    public let row: ConceptRow
    /// The tokens of its single-token spellings; empty where there is none.
    public var singleTokens: [Int32]

    init(_ row: ConceptRow) {
        self.row = row
        singleTokens = row.status == .single ? row.tokens : []
    }

    /// What its row says: `domain`, `group`, `word`, …
    public subscript<Value>(dynamicMember property: KeyPath<ConceptRow, Value>) -> Value { row[keyPath: property] }
}

/// All concept words, mapped to tokens.
///
/// For each word the spellings ` word`, ` Word`, `word`, `Word`, ` WORD` are tried in this order, the word itself
/// never lower-cased. Each spelling that is one token is a row; a word without any gives one row with its pieces and
/// the status `multi` (or `missing`), so that nothing is dropped silently. Equal spellings give one row.
public struct ConceptTable: Codable, Equatable, Sendable {
    /// The rows, in the order of lexicons, words, spellings.
    public var rows: [ConceptRow]

    /// A table over given rows.
    public init(rows: [ConceptRow]) { self.rows = rows }

    /// The words in order, each once, with the tokens of its spellings.
    public var words: [ResolvedWord] {
        var words: [ResolvedWord] = []
        var places: [[String]: Int] = [:]
        for row in rows {
            let word = ResolvedWord(row)
            let key = [row.lexicon, row.group, row.word]
            if let place = places[key] {
                words[place].singleTokens += word.singleTokens.filter { !words[place].singleTokens.contains($0) }
            } else {
                places[key] = words.count
                words.append(word)
            }
        }
        return words
    }

    /// Words that no spelling finds as one token, by domain: what a report lists as dropped.
    public var dropped: [ResolvedWord] { words.filter { $0.status != .single } }

    /// The definitional pairs with a single token on both sides, as tokens (side of the first group, of the second),
    /// and the pairs that were lost.
    public func pairs(of domain: String) -> (kept: [(Int, [Int32], [Int32])], lost: [Int]) {
        var sides: [Int: [ResolvedWord]] = [:]
        for row in rows where row.domain == domain {
            guard let pair = row.pair else { continue }
            let word = ResolvedWord(row)
            if let known = sides[pair, default: []].firstIndex(where: { $0.group == row.group }) {
                sides[pair]?[known].singleTokens += word.singleTokens
            } else {
                sides[pair, default: []].append(word)
            }
        }
        var kept: [(Int, [Int32], [Int32])] = []
        var lost: [Int] = []
        for (pair, words) in sides.sorted(by: { $0.key < $1.key }) {
            if words.count == 2, words.allSatisfy({ !$0.singleTokens.isEmpty }) {
                kept.append((pair, words[0].singleTokens, words[1].singleTokens))
            } else {
                lost.append(pair)
            }
        }
        return (kept, lost)
    }
}

/// A concept word and the rows of a matrix that spell it.
public struct DriftWord: Codable, Sendable, Equatable {
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
        (self.domain, self.group, self.word, self.rows) = (domain, group, word, rows)
        (self.exposure, self.inTwoConcepts, self.pair) = (exposure, inTwoConcepts, pair)
    }

    /// A word of a lexicon with its rows in a matrix.
    public init(_ word: ResolvedWord, rows: [Int]) {
        self.init(
            domain: word.domain, group: word.group, word: word.word, rows: rows, exposure: word.exposure,
            inTwoConcepts: word.inTwoConcepts, pair: word.pair)
    }
}
