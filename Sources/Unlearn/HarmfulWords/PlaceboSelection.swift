import FileSupport
import Foundation

/// Other words of the same rows, as often used as those of a lexicon: what forgetting words does, whatever they mean.
///
/// Every word or phrase of the lexicon that the table holds is stood for by the word of the table, outside the lexicon and of more
/// than two letters, whose count is nearest by its logarithm; each stands for one, the most used choose first, and the alphabet
/// breaks ties. Names of groups are words as others are.
public struct PlaceboSelection: HarmfulWordSelection {
    /// `placebo`.
    public static let name = "placebo"
    /// What it does.
    public static let summary = "not harmful words: for each word of a lexicon another of the file, used as often"
    /// A file.
    public static let argument = HarmfulWordSelections.Argument.file

    private let lexicon: WordLexicon

    /// - Parameter path: the path of a lexicon file.
    public init(_ path: String) throws { lexicon = try WordLexicon.read(path) }

    /// Counts the words of the table and matches them.
    ///
    /// - Throws: `InputError` when the table has no word of the lexicon, or no other words.
    public func finder(for source: SelectionSource) throws -> any HarmfulWordFinder {
        let table = source.table
        let matcher = WordMatcher(lexicon.words)
        var (harmful, others): ([String: Int], [String: Int]) = ([:], [:])
        for record in table.records {
            let text = record.fields[source.textColumn]
            let (bytes, words) = (Array(text.utf8), TextWords(text))
            let matches = matcher.matches(in: words)
            for match in matches {
                harmful[WordFinder.folded(String(decoding: bytes[match], as: UTF8.self)), default: 0] += 1
            }
            for word in words.words where !matches.contains(where: { $0.overlaps(word.bytes) }) {
                others[word.folded, default: 0] += 1
            }
        }
        guard !harmful.isEmpty else {
            throw InputError(
                "no word of the lexicon \(lexicon.name)", at: table.place,
                remedy: "name the lexicon that finds the harmful words of this file")
        }
        let chosen = Self.matched(harmful, others)
        guard !chosen.isEmpty else {
            throw InputError(
                "no words beside those of the lexicon \(lexicon.name)", at: table.place, remedy: "give more rows")
        }
        return Finder(
            source: "placebo for lexicon \(lexicon.name), \(chosen.count) words", sha256: lexicon.sha256,
            words: Set(chosen.values))
    }

    /// The word that stands for each, by their counts.
    public static func matched(_ harmful: [String: Int], _ others: [String: Int]) -> [String: String] {
        var free = others.filter { $0.key.count > 2 && $0.key.allSatisfy(\.isLetter) }
        var chosen: [String: String] = [:]
        for (word, count) in harmful.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
            func distance(_ other: Int) -> Double { abs(log(Double(other)) - log(Double(count))) }
            guard let nearest = free.min(by: { (distance($0.value), $0.key) < (distance($1.value), $1.key) }) else {
                break
            }
            chosen[word] = nearest.key
            free[nearest.key] = nil
        }
        return chosen
    }

    private struct Finder: HarmfulWordFinder {
        let source: String
        let sha256: String?
        let words: Set<String>

        func ranges(in row: ForgetRow) -> [Range<Int>] {
            row.words.words.filter { words.contains($0.folded) }.map(\.bytes)
        }
    }
}
