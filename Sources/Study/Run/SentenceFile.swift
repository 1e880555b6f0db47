import FileSupport
import LanguageModel

/// A text file with a sentence a line, tokenised.
package struct SentenceFile: Sendable {
    package let path: String
    /// Its digest and size.
    package let digest: (sha256: String, bytes: Int)
    /// The lines used, without blanks at their ends; empty lines are dropped.
    package let texts: [String]
    /// Tokens of each line: the begin token first, where the model has one, cut at `maximum`.
    package let tokens: [[Int32]]

    /// Some lines of a text, counted from 1, or all of them.
    ///
    /// Split on bytes: CR LF is one Character, and a text split by Character keeps both.
    static func lines(_ range: ClosedRange<Int>?, of text: String) -> [Substring] {
        let all = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let chosen = range.map { all.dropFirst($0.lowerBound - 1).prefix($0.count) } ?? all[...]
        return chosen.map { Substring($0) }
    }

    /// The sentences of a text, a line each, without blanks at their ends; empty lines are dropped.
    static func sentences(_ range: ClosedRange<Int>? = nil, of text: String) -> [String] {
        let blanks: Set<UInt8> = [0x20, 0x09, 0x0D]
        return lines(range, of: text).map { line -> String in
            let trimmed = line.utf8.drop { blanks.contains($0) }
            let end = trimmed.lastIndex { !blanks.contains($0) }.map { trimmed.index(after: $0) } ?? trimmed.startIndex
            return String(Substring(trimmed[..<end]))
        }.filter { !$0.isEmpty }
    }

    /// Reads and tokenises a file.
    ///
    /// - Parameters:
    ///   - lines: lines to use, counted from 1 with empty ones.
    ///   - maximum: the most tokens of a sentence.
    /// - Throws: ``InputError`` for a missing file, invalid UTF-8 or no sentence at all.
    package static func read(
        _ path: String, lines: ClosedRange<Int>? = nil, tokenizer: any Tokenizer, maximum: Int
    ) throws -> SentenceFile {
        let raw = try Input.bytes(path)
        let text = try Input.text(raw, place: path)
        let texts = sentences(lines, of: text)
        let begin = tokenizer.beginToken.map { [$0] } ?? []
        let tokens = texts.map { Array((begin + tokenizer.encode($0)).prefix(maximum)) }
        try tokenizer.requireRows(at: path)
        guard tokens.contains(where: { $0.count > 1 }) else {
            throw InputError("no sentence in this text", at: path, remedy: "write a sentence a line")
        }
        return SentenceFile(path: path, digest: (SHA256Hex.of(raw), raw.count), texts: texts, tokens: tokens)
    }
}
