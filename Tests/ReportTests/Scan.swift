import FileSupport
import Foundation
import Report

/// Reads printed numbers back out of a report.
enum Scan {
    /// Path and text of every `<data>` element.
    static func data(_ html: String) -> [(path: String, text: String)] {
        html.components(separatedBy: "<data value=\"").dropFirst().compactMap { piece in
            guard let quote = piece.range(of: "\">"), let end = piece.range(of: "</data>") else { return nil }
            return (String(piece[..<quote.lowerBound]), String(piece[quote.upperBound..<end.lowerBound]))
        }
    }

    /// All ways in which a value may be printed.
    static func texts(of value: Double) -> Set<String> {
        let styles: [NumberStyle] = [.plain, .signed, .percent, .signedPercent, .count, .probability, .setting]
        return Set(styles.map { NumberText.text(value, $0) })
    }

    /// Numbers that a reader may meet: those of the tree in every style, and those inside its texts.
    static func known(_ tree: JSON) -> Set<String> {
        var out: Set<String> = []
        for leaf in tree.leaves() {
            if let value = leaf.value.asNumber { for text in texts(of: value) { out.formUnion(numbers(text)) } }
            if case .string(let text) = leaf.value { out.formUnion(numbers(text)) }
        }
        return out
    }

    /// Numbers of a text, without signs.
    static func numbers(_ text: String) -> [String] {
        let joined = text.replacingOccurrences(of: "\u{202F}", with: "")
        // A number inside a name (`θ0`, a hash) follows or precedes a letter.
        let pattern = "(?<![A-Za-z0-9θ_.])[0-9]+(?:\\.[0-9]+)?(?:e-?[0-9]+)?(?![A-Za-z0-9_])"
        guard let regex = try? NSRegularExpression(pattern: pattern) else { return [] }
        let all = NSRange(joined.startIndex..., in: joined)
        return regex.matches(in: joined, range: all).compactMap {
            Range($0.range, in: joined).map { String(joined[$0]) }
        }
    }

    /// The pictures of a page.
    static func pictures(_ html: String) -> String {
        html.components(separatedBy: "<svg").dropFirst().compactMap { $0.components(separatedBy: "</svg>").first }
            .joined()
    }

    /// What stands between tags, without the style sheet, the ticks of axes and folded study text.
    static func visible(_ html: String) -> String {
        var text = html
        for pattern in [
            "<style>[\\s\\S]*?</style>", "<pre>[\\s\\S]*?</pre>", "<text[^>]*class=\"tick\"[^>]*>[^<]*</text>",
        ] {
            text = text.replacingOccurrences(of: pattern, with: "", options: .regularExpression)
        }
        return text.replacingOccurrences(of: "<[^>]*>", with: "\n", options: .regularExpression)
            .replacingOccurrences(of: "&#39;", with: "'")
    }

    /// Markdown with its backslashes taken off.
    static func unescaped(_ markdown: String) -> String { markdown.replacingOccurrences(of: "\\", with: "") }
}
