/// Finds given words and phrases in texts, whole and without regard to case, and says which.
public struct WordFinder: Sendable {
    private let matcher: WordMatcher

    /// - Parameter words: words and phrases; entries without any letter or digit are ignored.
    public init(_ words: some Sequence<String>) { matcher = WordMatcher(words) }

    /// The words that stand in a text, as ``folded(_:)`` spells them; the longest phrase counts, not its parts.
    public func words(in text: String) -> Set<String> {
        let bytes = Array(text.utf8)
        return Set(matcher.matches(in: TextWords(text)).map { Self.folded(String(decoding: bytes[$0], as: UTF8.self)) })
    }

    /// The places of the words in a text's UTF-8 bytes, in order and without overlap; the longest phrase counts.
    public func ranges(in text: String) -> [Range<Int>] { matcher.matches(in: TextWords(text)) }

    /// A text with what stands for each of the words in its place; nil where it holds none.
    public func replacing(in text: String, with replacement: (String) -> String) -> String? {
        let found = ranges(in: text)
        guard !found.isEmpty else { return nil }
        let bytes = Array(text.utf8)
        var out: [UInt8] = []
        var end = 0
        for range in found {
            out += bytes[end..<range.lowerBound]
            out += replacement(String(decoding: bytes[range], as: UTF8.self)).utf8
            end = range.upperBound
        }
        return String(decoding: out + bytes[end...], as: UTF8.self)
    }

    /// Whether any of them stands in a text.
    public func matchesAnything(in text: String) -> Bool { matcher.matchesAnything(in: TextWords(text)) }

    /// All words of a text in order, as ``folded(_:)`` spells them, repeats included.
    public static func allWords(of text: String) -> [String] { TextWords(text).words.map(\.folded) }

    /// The spelling under which a word or phrase is compared: lower case, one space between its words.
    public static func folded(_ text: String) -> String { allWords(of: text).joined(separator: " ") }
}
