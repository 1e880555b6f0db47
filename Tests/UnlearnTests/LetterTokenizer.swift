import LanguageModel

/// A tokenizer whose ids can be read off: 0 begins, a byte `b` is `b + 1`, a space with the letter after it is one
/// token, as in GPT-2.
struct LetterTokenizer: Tokenizer {
    var vocabularySize: Int { 257 + 26 }
    var beginToken: Int32? = 0

    func encodeWithOffsets(_ text: String) -> [(token: Int32, bytes: Range<Int>)] {
        let bytes = Array(text.utf8)
        var out: [(token: Int32, bytes: Range<Int>)] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: " "), index + 1 < bytes.count,
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(bytes[index + 1])
            {
                out.append((257 + Int32(bytes[index + 1] - UInt8(ascii: "a")), index..<index + 2))
                index += 2
            } else {
                out.append((Int32(bytes[index]) + 1, index..<index + 1))
                index += 1
            }
        }
        return out
    }

    func encode(_ text: String) -> [Int32] { encodeWithOffsets(text).map(\.token) }
    func encode(_ bytes: [UInt8]) -> [Int32] { encode(String(decoding: bytes, as: UTF8.self)) }
    func decode(_ tokens: [Int32]) -> [UInt8] { tokens.flatMap(bytes(of:)) }
    func bytes(of token: Int32) -> [UInt8] {
        switch token {
        case 0: []
        case 1...256: [UInt8(token - 1)]
        default: [UInt8(ascii: " "), UInt8(ascii: "a") + UInt8(token - 257)]
        }
    }
    func key(of token: Int32) -> String { "\(token)" }
    func id(ofKey key: String) -> Int32? { Int32(key) }
    func isSpecial(_ token: Int32) -> Bool { token == 0 }
}
