import Analyze
import FileSupport

/// Whether text that may hurt is printed.
public enum TextPolicy: String, Codable, Sendable, CaseIterable {
    /// Row, short hash and first letter stand for the text.
    case redacted
    /// The text is printed as it is.
    case shown
}

/// Stands a short, checkable token in the place of text that may hurt.
public enum Redaction {
    /// The text under `policy`: itself, or for example `row 17 · w… · 3fa1b2c4`.
    ///
    /// The hash is the first 8 hexadecimal digits of the SHA-256 of the UTF-8 bytes, so a reader who has the file can
    /// find the row and check that it is the same text; the first letter helps the eye tell rows apart.
    public static func text(_ text: String, row: Int, policy: TextPolicy) -> String {
        switch policy {
        case .shown: return text.oneLine
        case .redacted: return "row \(row) · " + word(text, policy: policy)
        }
    }

    /// A single word under `policy`: itself, or first letter and short hash.
    public static func word(_ word: String, policy: TextPolicy) -> String {
        switch policy {
        case .shown: return word.oneLine
        case .redacted:
            // Only a letter is let through: other first characters (quotes, digits, emoji) tell the eye nothing.
            let letter = word.first(where: \.isLetter).map { String($0) + "…" } ?? "…"
            return letter + " · " + SHA256Hex.of(word).prefix(8)
        }
    }

    /// A row known by its id and the digest of its text, which is not at hand: `id 17 · 3fa1b2c4`.
    ///
    /// An id may be anything that a file calls so; one that reads like text (long, or with spaces) is not printed.
    static func row(_ entry: Contribution, _ policy: TextPolicy) -> String {
        let hash = String(entry.digest.prefix(8))
        let isText = entry.name.count > 24 || entry.name.contains(where: \.isWhitespace)
        return policy == .redacted && isText ? hash : "id \(entry.name.oneLine) · \(hash)"
    }
}
