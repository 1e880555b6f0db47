import FileSupport

/// Words that stand for each other, such as `she` and `he`: what sentences become counterfactual by (Zhao et al. 2018,
/// arXiv 1804.06876; Webster et al. 2020, arXiv 2010.06032).
///
/// Words and phrases are found whole and without regard to case, the longest phrase first; each is replaced by its
/// partner in the first pair that has it. A word in capitals gets a partner in capitals, one that begins with a capital a
/// partner that does; any other gets it as the list spells it. Names and words that agree with a swapped one are left.
public struct WordSwaps: Equatable, Sendable {
    private let partners: [String: String]
    private let finder: WordFinder

    /// Of the same partners.
    public static func == (a: WordSwaps, b: WordSwaps) -> Bool { a.partners == b.partners }

    /// A list made in memory; of two pairs with the same word the first tells its partner.
    public init(_ pairs: [(String, String)]) {
        var partners: [String: String] = [:]
        for (one, other) in pairs {
            for (word, partner) in [(one, other), (other, one)] {
                let key = WordFinder.folded(word)
                if partners[key] == nil { partners[key] = partner }
            }
        }
        self.partners = partners
        finder = WordFinder(partners.keys)
    }

    /// Reads a table of two columns, a pair a row; the header names the two sides.
    ///
    /// - Throws: `InputError` for a file that is missing or no such table, and a row without two different words.
    public static func read(_ path: String) throws -> WordSwaps {
        let table = try CSVTable.read(path)
        guard table.header.count == 2 else {
            throw InputError(
                "\(table.header.count) columns where pairs of words have two", at: path,
                remedy: "give a word and its partner in each row, below a header such as female,male")
        }
        guard !table.records.isEmpty else {
            throw InputError("no pair of words", at: path, remedy: "give a word and its partner in each row")
        }
        return WordSwaps(
            try table.records.map { record in
                let words = record.fields.map(WordFinder.folded)
                guard words[0] != words[1], !words[0].isEmpty, !words[1].isEmpty else {
                    throw InputError(
                        "'\(record.fields[0])' and '\(record.fields[1])' are no pair of words",
                        at: "\(path) line \(record.line)", remedy: "give two different words or phrases")
                }
                return (record.fields[0], record.fields[1])
            })
    }

    /// A text with every word of the list replaced by its partner; nil where it has none.
    public func swapped(_ text: String) -> String? {
        finder.replacing(in: text) { found in
            guard let partner = partners[WordFinder.folded(found)] else {
                preconditionFailure("a word that is in no pair")
            }
            return Self.cased(partner, as: found)
        }
    }

    private static func cased(_ partner: String, as word: String) -> String {
        guard word.first?.isUppercase == true else { return partner }
        let isCapitals = word.count > 1 && word == word.uppercased()
        return isCapitals ? partner.uppercased() : partner.prefix(1).uppercased() + partner.dropFirst()
    }
}
