import FileSupport
import LanguageModel
import Records

extension TokenTable {
    /// The table of a tokenizer and a matrix with `rows` rows, which may be more than the vocabulary.
    ///
    /// - Throws: `InputError` when the matrix has fewer rows than the vocabulary.
    public init(tokenizer: some Tokenizer, rows: Int, exposure: Exposure? = nil, corpusCount: [Int]? = nil) throws {
        let vocabulary = tokenizer.vocabularySize
        guard rows >= vocabulary else {
            throw InputError(
                "the embedding matrix has \(rows) rows, and the vocabulary \(vocabulary) tokens", at: "checkpoint",
                remedy: "use the tokenizer that belongs to the model")
        }
        let bytes = (0..<rows).map { $0 < vocabulary ? tokenizer.bytes(of: Int32($0)) : [] }
        let valid = bytes.map { String(validating: $0, as: UTF8.self) }
        func column(_ counts: [Int]?) -> [Int64] {
            (0..<rows).map { row in counts.map { row < $0.count ? Int64($0[row]) : 0 } ?? -1 }
        }
        self.init(
            keys: (0..<rows).map { $0 < vocabulary ? Self.key(of: $0, tokenizer) : "<|row-\($0)|>" },
            texts: zip(bytes, valid).map(Self.escaped), bytes: bytes,
            isSpecial: (0..<rows).map { $0 < vocabulary && tokenizer.isSpecial(Int32($0)) },
            isPadRow: (0..<rows).map { $0 >= vocabulary }, isValidUTF8: valid.map { $0 != nil },
            forgetCount: column(exposure?.forgetCount), forgetMaskedCount: column(exposure?.forgetMaskedCount),
            corpusCount: column(corpusCount))
    }

    /// The spelling of a token; its number where the spelling is a blank or a line break, as some of SentencePiece are, so
    /// that every text export can hold it.
    private static func key(of token: Int, _ tokenizer: some Tokenizer) -> String {
        let key = tokenizer.key(of: Int32(token))
        return isKey(key) ? key : "<|token-\(token)|>"
    }

    /// Whether a text can be the key of a line in a file: it is not empty and holds no blank.
    static func isKey(_ text: String) -> Bool {
        !text.isEmpty && !text.unicodeScalars.contains { $0.properties.isWhitespace || $0.value < 0x20 }
    }

    /// Control characters as `\n`, `\u{1b}`, bytes that are no text as `\xE2`.
    static func escaped(_ raw: [UInt8], _ text: String?) -> String {
        if let text { return text.replacing("\\", with: "\\\\").oneLine }
        return raw.map { byte in
            if byte >= 0x20, byte < 0x7f, byte != UInt8(ascii: "\\") { return String(UnicodeScalar(byte)) }
            let hex = String(byte, radix: 16, uppercase: true)
            return "\\x" + (hex.count < 2 ? "0" + hex : hex)
        }.joined()
    }
}
