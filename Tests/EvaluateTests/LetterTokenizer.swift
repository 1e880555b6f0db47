import LanguageModel

/// A tokenizer for tests: the letters a to z and the space are the tokens 0 to 26; the begin token, if any, is 27.
struct LetterTokenizer: Tokenizer {
    var beginToken: Int32? = 27
    var vocabularySize: Int { 28 }

    func encode(_ text: String) -> [Int32] { encode(Array(text.utf8)) }
    func encode(_ bytes: [UInt8]) -> [Int32] {
        bytes.map { byte in byte == 32 || byte == 10 ? 26 : Int32(byte) - 97 }
    }
    func encodeWithOffsets(_ text: String) -> [(token: Int32, bytes: Range<Int>)] {
        encode(text).enumerated().map { ($1, $0..<$0 + 1) }
    }
    func decode(_ tokens: [Int32]) -> [UInt8] { tokens.flatMap(bytes(of:)) }
    func bytes(of token: Int32) -> [UInt8] { token < 26 ? [UInt8(token + 97)] : token == 26 ? [32] : [] }
    func key(of token: Int32) -> String { token == 27 ? "<begin>" : String(decoding: bytes(of: token), as: UTF8.self) }
    func id(ofKey key: String) -> Int32? { (0..<28).first { self.key(of: $0) == key } }
    func isSpecial(_ token: Int32) -> Bool { token == 27 }
}
