/// Text to token ids and back.
///
/// Everything is bytes and ids: a token need not be a whole character.
public protocol Tokenizer: Sendable {
    /// Number of ids, special tokens included; ids are `0..<vocabularySize`.
    var vocabularySize: Int { get }
    /// The token that stands before a text, `<|endoftext|>` in GPT-2; nil when there is none.
    var beginToken: Int32? { get }
    /// Whether the tokenizer itself puts ``beginToken`` before every text, as Llama's and Gemma's do and GPT-2's does not.
    var addsBeginToken: Bool { get }
    /// The token that stands after a text, `[SEP]` in BERT; nil unless the tokenizer's own template puts one there.
    var endToken: Int32? { get }
    /// The token that stands for a hidden word, `[MASK]` in BERT; nil when there is none.
    var maskToken: Int32? { get }
    /// The ids of a text.
    func encode(_ text: String) -> [Int32]
    /// The ids of a text given as bytes, which need not be valid UTF-8.
    func encode(_ bytes: [UInt8]) -> [Int32]
    /// The ids of a text, each with the range of UTF-8 bytes that it stands for.
    ///
    /// The ranges follow each other and cover the text.
    func encodeWithOffsets(_ text: String) -> [(token: Int32, bytes: Range<Int>)]
    /// The bytes that the ids stand for, special tokens by their text; the inverse of ``encode(_:)-(String)`` where the
    /// tokenizer keeps the text as it is.
    func decode(_ tokens: [Int32]) -> [UInt8]
    /// The bytes of one token.
    func bytes(of token: Int32) -> [UInt8]
    /// The unique spelling of a token in its vocabulary: in the byte alphabet of GPT-2 as in `Ġword`, with a mark for
    /// the space as in `▁word`, or as part of a word as in `##ing`.
    func key(of token: Int32) -> String
    /// The token with that spelling.
    func id(ofKey key: String) -> Int32?
    /// Whether the token is a marker and not text.
    func isSpecial(_ token: Int32) -> Bool
    /// Refuses texts encoded since the last call that held an added token without a row of the model's embedding, whose
    /// ids are those of its letters.
    ///
    /// - Parameter place: where the texts stand.
    /// - Throws: ``InputError`` with the token, its id and the number of rows.
    func requireRows(at place: String) throws
}

extension Tokenizer {
    /// It does not.
    public var addsBeginToken: Bool { false }
    /// None.
    public var endToken: Int32? { nil }
    /// None.
    public var maskToken: Int32? { nil }
    /// Every token has a row.
    public func requireRows(at place: String) throws {}

    /// The ids of the text's bytes.
    public func encode(_ text: String) -> [Int32] { encode(Array(text.utf8)) }

    /// The bytes of the tokens, one after the other.
    public func decode(_ tokens: [Int32]) -> [UInt8] { tokens.flatMap { bytes(of: $0) } }

    /// The ids of a text between the begin and the end token, as far as there are any: what a masked model is given.
    public func framed(_ ids: [Int32]) -> [Int32] {
        (beginToken.map { [$0] } ?? []) + ids + (endToken.map { [$0] } ?? [])
    }

    /// The ids of a text as a model is given them: after the begin token; to a masked model, between begin and end token.
    ///
    /// - Parameter limit: the most tokens, the frame included; the text's last ones give way.
    package func input(_ ids: [Int32], isMasked: Bool, atMost limit: Int) -> [Int32] {
        let front = beginToken.map { [$0] } ?? []
        let back = isMasked ? endToken.map { [$0] } ?? [] : []
        return front + ids.prefix(max(0, limit - front.count - back.count)) + back
    }
}
