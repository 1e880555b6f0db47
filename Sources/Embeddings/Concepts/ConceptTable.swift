import LanguageModel
import Records

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
                func add(_ spelling: String, _ tokens: [Int32], _ status: ConceptStatus) {
                    var row = row
                    (row.variant, row.tokens, row.status) = (spelling, tokens, status)
                    rows.append(row)
                }
                func isSpelled(_ spelling: String, _ tokens: [Int32]) -> Bool {
                    tokenizer.decode(tokens) == Array(spelling.utf8)
                }
                let hits = spellings.filter { $0.1.count == 1 && isSpelled($0.0, $0.1) }
                for (spelling, tokens) in hits { add(spelling, tokens, .single) }
                if hits.isEmpty, let (spelling, tokens) = spellings.first {
                    let isWhole = isSpelled(spelling, tokens)
                    add(spelling, isWhole ? tokens : [], isWhole ? .multi : .missing)
                }
            }
        }
        return ConceptTable(rows: rows)
    }

    /// The spellings of a word in the order in which they are tried, each once.
    static func spellings(of word: String) -> [String] {
        let title = word.prefix(1).uppercased() + word.dropFirst()
        return [" " + word, " " + title, word, title, " " + word.uppercased()].reduce(into: []) { spellings, spelling in
            if !spellings.contains(spelling) { spellings.append(spelling) }
        }
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
        !word.also.isEmpty || !domains[word.text.lowercased(), default: []].subtracting([lexicon.domain]).isEmpty
    }
}
