import FileSupport
import LanguageModel
import Unlearn

/// A text file with a sentence a line, tokenised.
package struct SentenceFile: Sendable {
    package let path: String
    /// Its digest and size.
    package let digest: (sha256: String, bytes: Int)
    /// The lines used, without blanks at their ends; empty lines are dropped.
    package let texts: [String]
    /// Tokens of each line: the begin token first, where the model has one, cut at `maximum`; for a masked model between begin
    /// and end token.
    package let tokens: [[Int32]]
    /// The lines as unlearning takes them, those without a token to predict left out.
    package let pieces: TextPieces

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
    ///   - isMasked: whether the model fills in masked tokens.
    ///   - maximum: the most tokens of a sentence.
    /// - Throws: ``InputError`` for a missing file, invalid UTF-8 or no sentence at all.
    package static func read(
        _ path: String, lines: ClosedRange<Int>? = nil, tokenizer: any Tokenizer, isMasked: Bool, maximum: Int
    ) throws -> SentenceFile {
        let raw = try Input.bytes(path)
        let text = try Input.text(raw, place: path)
        let texts = sentences(lines, of: text)
        let tokens = texts.map { tokenizer.input(tokenizer.encode($0), isMasked: isMasked, atMost: maximum) }
        try tokenizer.requireRows(at: path)
        let digest = (sha256: SHA256Hex.of(raw), bytes: raw.count)
        let pieces = TextPieces(path: path, sha256: digest.sha256, pieces: tokens, isMasked: isMasked)
        guard !pieces.pieces.isEmpty else {
            throw InputError("no sentence in this text", at: path, remedy: "write a sentence a line")
        }
        return SentenceFile(path: path, digest: digest, texts: texts, tokens: tokens, pieces: pieces)
    }
}
