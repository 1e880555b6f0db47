/// Finds given words and phrases in a text: whole words, without regard to case, the longest phrase first.
struct WordMatcher: Sendable {
    // First word → the phrases that begin with it (each as its folded words), the longest first.
    private let phrases: [String: [[String]]]

    /// - Parameter entries: words and phrases; entries without any letter or digit are ignored.
    init(_ entries: some Sequence<String>) {
        var phrases: [String: Set<[String]>] = [:]
        for entry in entries {
            let words = TextWords(entry).words.map(\.folded)
            if let first = words.first { phrases[first, default: []].insert(words) }
        }
        self.phrases = phrases.mapValues { set in
            set.sorted { $0.count != $1.count ? $0.count > $1.count : $0.lexicographicallyPrecedes($1) }
        }
    }

    /// The places of the matches in the text's UTF-8 bytes, in order and without overlap.
    func matches(in text: TextWords) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var index = 0
        while index < text.words.count {
            let length = longestMatch(in: text, at: index)
            if length > 0 {
                found.append(text.words[index].bytes.lowerBound..<text.words[index + length - 1].bytes.upperBound)
            }
            index += max(length, 1)
        }
        return found
    }

    /// Whether any entry stands in the text.
    func matchesAnything(in text: TextWords) -> Bool {
        text.words.indices.contains { longestMatch(in: text, at: $0) > 0 }
    }

    private func longestMatch(in text: TextWords, at index: Int) -> Int {
        guard let candidates = phrases[text.words[index].folded] else { return 0 }
        for phrase in candidates where index + phrase.count <= text.words.count {
            let fits = phrase.indices.allSatisfy { i in
                text.words[index + i].folded == phrase[i] && (i == 0 || text.joinsNext[index + i - 1])
            }
            if fits { return phrase.count }
        }
        return 0
    }
}
