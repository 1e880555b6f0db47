import FileSupport
import Foundation
import LanguageModel

/// Fixtures made by `Fixtures/tokenizer/make_tokenizer_references.py`.
enum TokenizerFixtures {
    static func path(_ name: String) throws -> String {
        guard let folder = Bundle.module.resourcePath else { throw CocoaError(.fileNoSuchFile) }
        return folder + "/Fixtures/tokenizer/" + name
    }

    static func small() throws -> ByteLevelBPE {
        try ByteLevelBPE(vocabularyFile: path("small-vocab.json"), mergesFile: path("small-merges.txt"))
    }

    static func trainingLines() throws -> [String] {
        try Input.text(path("training.txt")).utf8.split(separator: 0x0A, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    /// Texts and the ids that the `tokenizers` package gives them.
    static func hard() throws -> [(text: String, ids: [Int32])] {
        try JSONCursor.read(path("references.json")).member("hard").elements().map {
            (try $0.member("text").string(), try $0.member("ids").elements().map { Int32(try $0.int()) })
        }
    }
}

/// Number of texts and ids, and SHA-256 over the count of ids and the ids of every text as little-endian int32.
struct IDDigest: Equatable, CustomStringConvertible {
    var texts = 0
    var ids = 0
    var sha256 = ""

    init(_ cursor: JSONCursor) throws {
        texts = try cursor.member("texts").int()
        ids = try cursor.member("ids").int()
        sha256 = try cursor.member("sha256").string()
    }

    init(_ all: some Sequence<String>, _ tokenizer: any Tokenizer) {
        var bytes: [UInt8] = []
        func append(_ number: Int32) { withUnsafeBytes(of: number.littleEndian) { bytes += $0 } }
        for text in all {
            texts += 1
            let found = tokenizer.encode(text)
            ids += found.count
            append(Int32(found.count))
            found.forEach(append)
        }
        sha256 = SHA256Hex.of(bytes)
    }

    var description: String { "\(texts) texts, \(ids) ids, \(sha256.prefix(12))" }
}
