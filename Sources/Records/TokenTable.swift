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

    package init(
        keys: [String], texts: [String], bytes: [[UInt8]], isSpecial: [Bool], isPadRow: [Bool], isValidUTF8: [Bool],
        forgetCount: [Int64], forgetMaskedCount: [Int64], corpusCount: [Int64]
    ) {
        (self.keys, self.texts, self.bytes) = (keys, texts, bytes)
        (self.isSpecial, self.isPadRow, self.isValidUTF8) = (isSpecial, isPadRow, isValidUTF8)
        (self.forgetCount, self.forgetMaskedCount, self.corpusCount) = (forgetCount, forgetMaskedCount, corpusCount)
    }
}
