import FileSupport
import LanguageModel

/// Neutral text, a line at a time, tokenised: what is retained or what the guard watches.
public struct TextPieces: Equatable, Sendable {
    /// The file as the user named it.
    public var path: String
    /// Its digest.
    public var sha256: String
    /// Each the begin token, where the tokenizer has one, and at least one token to predict.
    public var pieces: [[Int32]]
    /// Non-blank lines of the file.
    public var lines: Int

    /// Tokens that are predicted: all but the first of each piece.
    public var predictedTokens: Int { pieces.reduce(0) { $0 + $1.count - 1 } }

    /// Makes pieces from token sequences; those of fewer than two tokens predict nothing and are left out.
    public init(path: String, sha256: String, pieces: [[Int32]], lines: Int? = nil) {
        self.path = path
        self.sha256 = sha256
        self.pieces = pieces.filter { $0.count >= 2 }
        self.lines = lines ?? pieces.count
    }

    /// Reads a UTF-8 text file. A line longer than `maximumTokens` goes on in a piece of its own.
    ///
    /// - Parameter maximumTokens: most tokens of a piece, the begin token included; at least 2.
    /// - Throws: `InputError` when the file is missing, not UTF-8 or without text.
    public static func read(_ path: String, tokenizer: any Tokenizer, maximumTokens: Int) throws -> TextPieces {
        let content = try Input.text(path)
        var pieces: [[Int32]] = []
        var lines = 0
        let begin = tokenizer.beginToken.map { [$0] } ?? []
        let room = max(1, maximumTokens - begin.count)
        for line in content.utf8.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
            let sentence = ListCell.trim(String(decoding: line, as: UTF8.self))
            guard !sentence.isEmpty else { continue }
            lines += 1
            let tokens = tokenizer.encode(sentence)
            for start in stride(from: 0, to: tokens.count, by: room) {
                let piece = begin + tokens[start..<min(start + room, tokens.count)]
                pieces.append(piece)
            }
        }
        let sha256 = try SHA256Hex.ofFile(path).sha256
        let text = TextPieces(path: path, sha256: sha256, pieces: pieces, lines: lines)
        guard !text.pieces.isEmpty else {
            throw InputError("no text in the file", at: path, remedy: "give a file with a sentence or passage a line")
        }
        return text
    }

    /// Pieces spread evenly over the text, of about `count` predicted tokens in all; all of them when there are fewer.
    public func spread(overTokens count: Int) -> TextPieces {
        let total = predictedTokens
        guard total > count, !pieces.isEmpty else { return self }
        let wanted = max(1, pieces.count * count / total)
        var few = self
        few.pieces = (0..<wanted).map { pieces[$0 * pieces.count / wanted] }
        return few
    }
}
