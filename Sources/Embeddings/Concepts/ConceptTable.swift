import LanguageModel

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
public struct ConceptRow: Equatable, Sendable {
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
    public var exposure: ExposureLevel
    /// Whether the word speaks of two domains and so is no evidence for either.
    public var inTwoConcepts: Bool

    /// Makes a row.
    public init(
        domain: String, group: String, word: String, variant: String, lexicon: String, pair: Int?, isControl: Bool,
        tokens: [Int32], status: ConceptStatus, exposure: ExposureLevel, inTwoConcepts: Bool
    ) {
        self.domain = domain
        self.group = group
        self.word = word
        self.variant = variant
        self.lexicon = lexicon
        self.pair = pair
        self.isControl = isControl
        self.tokens = tokens
        self.status = status
        self.exposure = exposure
        self.inTwoConcepts = inTwoConcepts
    }
}

/// One word with all its single-token spellings: what is averaged first.
public struct ResolvedWord: Equatable, Sendable {
    /// The domain.
    public var domain: String
    /// The group within it.
    public var group: String
    /// The word as the lexicon writes it.
    public var word: String
    /// The lexicon's name.
    public var lexicon: String
    /// The definitional pair, or nil.
    public var pair: Int?
    /// Whether the lexicon is a control.
    public var isControl: Bool
    /// The tokens of its single-token spellings; empty where there is none.
    public var singleTokens: [Int32]
    /// How it was found.
    public var status: ConceptStatus
    /// Its exposure.
    public var exposure: ExposureLevel
    /// Whether the word speaks of two domains.
    public var inTwoConcepts: Bool
}

/// All concept words, mapped to tokens.
///
/// For each word the spellings ` word`, ` Word`, `word`, `Word`, ` WORD` are tried in this order, the word itself
/// never lower-cased. Each spelling that is one token is a row; a word without any gives one row with its pieces and
/// the status `multi` (or `missing`), so that nothing is dropped silently. Equal spellings give one row.
public struct ConceptTable: Equatable, Sendable {
    /// The rows, in the order of lexicons, words, spellings.
    public var rows: [ConceptRow]

    /// A table over given rows.
    public init(rows: [ConceptRow]) { self.rows = rows }

    /// The words in order, each once, with the tokens of its spellings.
    public var words: [ResolvedWord] {
        var words: [ResolvedWord] = []
        var places: [[String]: Int] = [:]
        for row in rows {
            let tokens = row.status == .single ? row.tokens : []
            let key = [row.lexicon, row.group, row.word]
            if let place = places[key] {
                words[place].singleTokens += tokens.filter { !words[place].singleTokens.contains($0) }
            } else {
                places[key] = words.count
                words.append(
                    ResolvedWord(
                        domain: row.domain, group: row.group, word: row.word, lexicon: row.lexicon, pair: row.pair,
                        isControl: row.isControl, singleTokens: tokens, status: row.status, exposure: row.exposure,
                        inTwoConcepts: row.inTwoConcepts))
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
            let tokens = row.status == .single ? row.tokens : []
            let known = sides[pair, default: []].firstIndex { $0.group == row.group }
            if let known {
                sides[pair]?[known].singleTokens += tokens
            } else {
                sides[pair, default: []].append(
                    ResolvedWord(
                        domain: row.domain, group: row.group, word: row.word, lexicon: row.lexicon, pair: pair,
                        isControl: row.isControl, singleTokens: tokens, status: row.status, exposure: row.exposure,
                        inTwoConcepts: row.inTwoConcepts))
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

extension ConceptTable {
    /// Maps the words of lexicons to tokens.
    ///
    /// - Parameter exposure: counts over the forget text; nil makes every word `unexposed`.
    public static func resolve(
        _ lexicons: [ConceptLexicon], tokenizer: some Tokenizer, exposure: Exposure?
    ) -> ConceptTable {
        let doubles = DoubleMembership(lexicons)
        var rows: [ConceptRow] = []
        for lexicon in lexicons {
            for word in lexicon.words {
                let spellings = spellings(of: word.text).map { ($0, tokenizer.encode($0)) }
                let level = exposure?.level(of: spellings.map(\.1)) ?? .unexposed
                let row = ConceptRow(
                    domain: lexicon.domain, group: word.group, word: word.text, variant: "", lexicon: lexicon.name,
                    pair: word.pair, isControl: lexicon.role == .control, tokens: [], status: .single, exposure: level,
                    inTwoConcepts: doubles.contains(word, of: lexicon))
                let hits = spellings.filter { $0.1.count == 1 && tokenizer.decode($0.1) == Array($0.0.utf8) }
                for (spelling, tokens) in hits {
                    var hit = row
                    hit.variant = spelling
                    hit.tokens = tokens
                    rows.append(hit)
                }
                if hits.isEmpty, let (spelling, tokens) = spellings.first {
                    var miss = row
                    miss.variant = spelling
                    let isSpelled = tokenizer.decode(tokens) == Array(spelling.utf8)
                    miss.status = isSpelled ? .multi : .missing
                    miss.tokens = isSpelled ? tokens : []
                    rows.append(miss)
                }
            }
        }
        return ConceptTable(rows: rows)
    }

    /// The spellings of a word in the order in which they are tried, each once.
    static func spellings(of word: String) -> [String] {
        let title = word.prefix(1).uppercased() + word.dropFirst()
        var spellings: [String] = []
        for spelling in [" " + word, " " + title, word, title, " " + word.uppercased()]
        where !spellings.contains(spelling) {
            spellings.append(spelling)
        }
        return spellings
    }
}

/// Which words stand in two domains.
///
/// A control word is double when any concept holds it; a concept word only when another concept does, or when its
/// lexicon says so: the colour black in a control list does not take the word out of the concept.
private struct DoubleMembership {
    private var domains: [String: Set<String>] = [:]

    init(_ lexicons: [ConceptLexicon]) {
        for lexicon in lexicons where lexicon.role == .concept {
            for word in lexicon.words {
                domains[word.text.lowercased(), default: []].formUnion([lexicon.domain] + word.also)
            }
        }
    }

    func contains(_ word: ConceptLexicon.Word, of lexicon: ConceptLexicon) -> Bool {
        !word.also.isEmpty
            || !domains[word.text.lowercased(), default: []].subtracting([lexicon.domain]).isEmpty
    }
}
