/// Against whom the words that a study forgets are used besides.
///
/// A word is used against a domain when it stands in rows of the forget file labelled for that domain and not for the
/// forgotten one, or in one of the domain's items as a word that both texts of its contrast share (what is said of
/// the group, not the group's name). Words are spelled as ``WordFinder/folded(_:)`` does.
package struct HarmfulWordUse {
    /// Tokens of each harmful word over the forget set.
    package let tokens: [String: Int]
    /// Words in rows labelled for a domain, by domain.
    let byLabel: [String: Set<String>]
    /// Words shared by both texts of an item's contrast, by domain.
    let byItems: [String: Set<String>]

    /// Looks the words of a forget set up.
    ///
    /// - Parameters:
    ///   - byLabel: words in rows labelled for a domain; see
    ///     ``ForgetSetReader/wordsByLabel(_:in:forgotten:exclusion:)``.
    ///   - contrasts: the texts that items of benchmarks compare.
    package init(_ forget: ForgetSet, byLabel: [String: Set<String>], contrasts: [Contrast]) {
        tokens = forget.tokensByWord
        self.byLabel = byLabel
        byItems = Self.shared(tokens.keys, in: contrasts)
    }

    /// The harmful words that are used against a domain.
    package func words(against domain: String) -> Set<String> { (byLabel[domain] ?? []).union(byItems[domain] ?? []) }

    /// Share of the forget set's harmful tokens whose word is one of some words.
    package func share(of words: Set<String>) -> Double {
        let all = tokens.values.reduce(0, +)
        return all == 0 ? 0 : Double(tokens.reduce(0) { $0 + (words.contains($1.key) ? $1.value : 0) }) / Double(all)
    }

    /// Which of some words stand in both texts of a contrast, by domain.
    package static func shared(_ words: some Sequence<String>, in contrasts: [Contrast]) -> [String: Set<String>] {
        let finder = WordFinder(words)
        var found: [String: Set<String>] = [:]
        for pair in contrasts {
            found[pair.domain, default: []].formUnion(
                finder.words(in: pair.more).intersection(finder.words(in: pair.less)))
        }
        return found
    }
}

/// Two texts about a domain whose preference is measured.
package typealias Contrast = (domain: String, more: String, less: String)
