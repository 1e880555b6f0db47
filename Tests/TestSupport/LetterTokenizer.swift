import LanguageModel

/// A tokenizer for tests: the letters a to z and the space are the tokens 0 to 26; the begin token, if any, is 27.
public struct LetterTokenizer: Tokenizer {
    /// The begin token, 27, or nil for a tokenizer without one.
    public var beginToken: Int32?

    /// A tokenizer with or without a begin token.
    public init(beginToken: Int32? = 27) { self.beginToken = beginToken }

    /// 28.
    public var vocabularySize: Int { 28 }

    /// The tokens of a text.
    public func encode(_ text: String) -> [Int32] { encode(Array(text.utf8)) }
    /// The tokens of bytes.
    public func encode(_ bytes: [UInt8]) -> [Int32] {
        bytes.map { byte in byte == 32 || byte == 10 ? 26 : Int32(byte) - 97 }
    }
    /// The tokens with the byte each comes from.
    public func encodeWithOffsets(_ text: String) -> [(token: Int32, bytes: Range<Int>)] {
        encode(text).enumerated().map { ($1, $0..<$0 + 1) }
    }
    /// The bytes of tokens.
    public func decode(_ tokens: [Int32]) -> [UInt8] { tokens.flatMap(bytes(of:)) }
    /// The bytes of one token.
    public func bytes(of token: Int32) -> [UInt8] { token < 26 ? [UInt8(token + 97)] : token == 26 ? [32] : [] }
    /// The spelling of a token.
    public func key(of token: Int32) -> String {
        token == 27 ? "<begin>" : String(decoding: bytes(of: token), as: UTF8.self)
    }
    /// The token of a spelling.
    public func id(ofKey key: String) -> Int32? { (0..<28).first { self.key(of: $0) == key } }
    /// Whether a token is the begin token.
    public func isSpecial(_ token: Int32) -> Bool { token == 27 }
}
