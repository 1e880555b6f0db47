import Evaluate
import StudyFiles
import Unlearn

/// Against whom the words that a study forgets are used besides.
///
/// A word is used against a domain when it stands in rows of the forget file labelled for that domain and not for the
/// forgotten one, or in one of the domain's items as a word that both texts of its contrast share (what is said of the group, not the
/// group's name). Words are spelled as ``Unlearn/WordFinder/folded(_:)`` does.
package struct HarmfulWordUse {
    /// Tokens of each harmful word over the forget set.
    package let tokens: [String: Int]
    /// Words in rows labelled for a domain, by domain.
    let byLabel: [String: Set<String>]
    /// Words shared by both texts of an item's contrast, by domain.
    let byItems: [String: Set<String>]

    /// - Throws: ``InputError`` when the forget file cannot be read any more.
    package init(_ inputs: StudyInputs) throws {
        let set = inputs.study.forget[0]
        tokens = inputs.forget.tokensByWord
        byLabel = try StudyInputs.forgetReader(set, lexicons: inputs.lexicons).wordsByLabel(
            tokens.keys, forgotten: set.domain, exclusion: StudyInputs.exclusion(set, domains: [], lexicons: []))
        byItems = Self.shared(tokens.keys, in: inputs.selected.flatMap { $0.items as [any BenchmarkItem] })
    }

    /// The harmful words that are used against a domain.
    package func words(against domain: String) -> Set<String> {
        (byLabel[domain] ?? []).union(byItems[domain] ?? [])
    }

    /// Share of the forget set's harmful tokens whose word is one of some words.
    package func share(of words: Set<String>) -> Double {
        let all = tokens.values.reduce(0, +)
        return all == 0 ? 0 : Double(tokens.reduce(0) { $0 + (words.contains($1.key) ? $1.value : 0) }) / Double(all)
    }

    /// Which of some words stand in both texts of an item's contrast, by domain.
    static func shared(_ words: some Sequence<String>, in items: [any BenchmarkItem]) -> [String: Set<String>] {
        let finder = WordFinder(words)
        var found: [String: Set<String>] = [:]
        for item in items {
            let (more, less) = item.contrast
            found[item.domain, default: []].formUnion(finder.words(in: more).intersection(finder.words(in: less)))
        }
        return found
    }
}
