import FileSupport
import LanguageModel

/// The rows of an embedding matrix: what each token is, and how often it was met.
public struct TokenTable: Equatable, Sendable {
    /// The byte-alphabet spelling, unique, without blanks: the key of every text export, `(V)`.
    public var keys: [String]
    /// The token's text for people: control characters and bytes that are no UTF-8 are escaped, `(V)`.
    public var texts: [String]
    /// The raw bytes, `(V)`.
    public var bytes: [[UInt8]]
    /// Markers such as `<|endoftext|>`, `(V)`.
    public var isSpecial: [Bool]
    /// Rows beyond the tokenizer's vocabulary, `(V)`.
    public var isPadRow: [Bool]
    /// Whether the bytes alone are valid UTF-8, `(V)`.
    public var isValidUTF8: [Bool]
    /// Occurrences in the forget text; -1 where not counted, `(V)`.
    public var forgetCount: [Int64]
    /// Occurrences as a forgotten token; -1 where not counted, `(V)`.
    public var forgetMaskedCount: [Int64]
    /// Occurrences in a text of the user's choice; -1 where not counted, `(V)`.
    public var corpusCount: [Int64]

    /// Number of rows.
    public var count: Int { keys.count }

    /// The table of a tokenizer and a matrix with `rows` rows, which may be more than the vocabulary.
    ///
    /// - Throws: ``InputError`` when the matrix has fewer rows than the vocabulary.
    public init(
        tokenizer: some Tokenizer, rows: Int, exposure: Exposure? = nil, corpusCount: [Int]? = nil
    ) throws {
        let vocabulary = tokenizer.vocabularySize
        guard rows >= vocabulary else {
            throw InputError(
                "the embedding matrix has \(rows) rows, and the vocabulary \(vocabulary) tokens", at: "checkpoint",
                remedy: "use the tokenizer that belongs to the model")
        }
        keys = []
        texts = []
        bytes = []
        isSpecial = []
        isValidUTF8 = []
        for row in 0..<rows {
            let token = Int32(row)
            let raw = row < vocabulary ? tokenizer.bytes(of: token) : []
            keys.append(row < vocabulary ? tokenizer.key(of: token) : "<|row-\(row)|>")
            bytes.append(raw)
            isSpecial.append(row < vocabulary && tokenizer.isSpecial(token))
            let text = String(validating: raw, as: UTF8.self)
            isValidUTF8.append(text != nil)
            texts.append(Self.escaped(raw, text))
        }
        isPadRow = (0..<rows).map { $0 >= vocabulary }
        func column(_ counts: [Int]?) -> [Int64] {
            (0..<rows).map { row in counts.map { row < $0.count ? Int64($0[row]) : 0 } ?? -1 }
        }
        forgetCount = column(exposure?.forgetCount)
        forgetMaskedCount = column(exposure?.forgetMaskedCount)
        self.corpusCount = column(corpusCount)
    }

    init(keys: [String], texts: [String], bytes: [[UInt8]], flags: [[Bool]], counts: [[Int64]]) {
        (self.keys, self.texts, self.bytes) = (keys, texts, bytes)
        (isSpecial, isPadRow, isValidUTF8) = (flags[0], flags[1], flags[2])
        (forgetCount, forgetMaskedCount, corpusCount) = (counts[0], counts[1], counts[2])
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
