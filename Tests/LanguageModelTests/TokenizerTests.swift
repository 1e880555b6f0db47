import FileSupport
import Foundation
import LanguageModel
import TestSupport
import Testing

@Suite("Byte-level BPE")
struct TokenizerTests {
    @Test("hard strings get the ids of the tokenizers package")
    func hardStrings() throws {
        let tokenizer = try TokenizerFixtures.small()
        let cases = try TokenizerFixtures.hard()
        #expect(cases.count >= 30)
        for (text, ids) in cases {
            #expect(tokenizer.encode(text) == ids, "\(text.debugDescription)")
            #expect(tokenizer.encode(Array(text.utf8)) == ids, "bytes of \(text.debugDescription)")
            // A second time, out of the word cache.
            #expect(tokenizer.encode(text) == ids, "again: \(text.debugDescription)")
        }
    }

    @Test("decoding gives the bytes back, valid UTF-8 or not")
    func decoding() throws {
        let tokenizer = try TokenizerFixtures.small()
        for (text, _) in try TokenizerFixtures.hard() {
            #expect(tokenizer.decode(tokenizer.encode(text)) == Array(text.utf8))
        }
        let broken: [[UInt8]] = [
            [0xFF], [0xC3], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xC0, 0x80], [0xF5, 0x80, 0x80, 0x80],
            [0x61, 0x80, 0x20, 0xF0, 0x9F, 0x98], Array(0...255),
        ]
        for bytes in broken { #expect(tokenizer.decode(tokenizer.encode(bytes)) == bytes) }
    }

    @Test("offsets are the byte ranges of the tokens and cover the text")
    func offsets() throws {
        let tokenizer = try TokenizerFixtures.small()
        for (text, ids) in try TokenizerFixtures.hard() {
            let bytes = Array(text.utf8)
            let found = tokenizer.encodeWithOffsets(text)
            #expect(found.map(\.token) == ids)
            #expect((found.first?.bytes.lowerBound ?? 0) == 0)
            #expect((found.last?.bytes.upperBound ?? 0) == bytes.count)
            for (a, b) in zip(found, found.dropFirst()) { #expect(a.bytes.upperBound == b.bytes.lowerBound) }
            for (token, range) in found { #expect(Array(bytes[range]) == tokenizer.bytes(of: token)) }
        }
    }

    @Test("every Unicode scalar has the class that the tokenizers package gives it")
    func scalarClasses() throws {
        var bytes: [UInt8] = []
        for value in 0..<UInt32(0x110000) {
            if let scalar = Unicode.Scalar(value) { bytes.append(ScalarClass.kind(scalar).rawValue) }
        }
        let expected = try JSONCursor.read(TokenizerFixtures.path("references.json")).member("scalar_classes_sha256")
        #expect(SHA256Hex.of(bytes) == (try expected.string()))
    }

    @Test("keys are unique, and canonically equal spellings stay different tokens")
    func keys() throws {
        let tokenizer = try TokenizerFixtures.small()
        for token in 0..<Int32(tokenizer.vocabularySize) {
            #expect(tokenizer.id(ofKey: tokenizer.key(of: token)) == token)
        }
        #expect(tokenizer.id(ofKey: "Ġthe") == tokenizer.encode(" the").first)
        #expect(tokenizer.id(ofKey: "no such token") == nil)
        let begin = try #require(tokenizer.beginToken)
        #expect(tokenizer.isSpecial(begin) && !tokenizer.isSpecial(begin + 1))
        // é as one scalar and as e with an accent are equal as Swift strings; as tokens they must not be.
        let composed = tokenizer.encode("\u{e9}")
        let decomposed = tokenizer.encode("e\u{301}")
        #expect(composed != decomposed)
    }

    @Test("tokenizer.json gives the same tokenizer as vocab.json and merges.txt, and writing keeps it")
    func files() throws {
        let small = try TokenizerFixtures.small()
        let folder = try temporaryFolder("tokenizer")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try small.write(to: folder, contextLength: 64)
        let others = [
            try ByteLevelBPE(tokenizerJSON: TokenizerFixtures.path("small-tokenizer.json")),
            try ByteLevelBPE(tokenizerJSON: folder + "/tokenizer.json"),
            try ByteLevelBPE(vocabularyFile: folder + "/vocab.json", mergesFile: folder + "/merges.txt"),
        ]
        for other in others {
            #expect(other.vocabularySize == small.vocabularySize && other.beginToken == small.beginToken)
            for (text, ids) in try TokenizerFixtures.hard() { #expect(other.encode(text) == ids) }
        }
    }

    @Test("training learns the merges of the tokenizers package, one token a word when there is room")
    func training() throws {
        let lines = try TokenizerFixtures.trainingLines()
        let trained = try ByteLevelBPE.train(texts: lines, vocabularySize: 100_000)
        let references = try JSONCursor.read(TokenizerFixtures.path("references.json"))
        #expect(trained.merges == (try references.member("trained_merges").elements().map { try $0.string() }))
        // One more: the reference was trained without the special token.
        #expect(trained.vocabularySize == (try references.member("trained_vocabulary_size").int()) + 1)
        #expect(trained.encode("The baker opens").count == 3)
        #expect(trained.encode(" disappeared into the wheat.").count == 5)
        let limited = try ByteLevelBPE.train(texts: lines, vocabularySize: 300)
        #expect(limited.vocabularySize == 300 && limited.beginToken == 299)
        #expect(limited.merges == Array(trained.merges.prefix(43)))
        #expect(throws: InputError.self) { try ByteLevelBPE.train(texts: lines, vocabularySize: 256) }
    }

    @Test("threads that encode at the same time get the same ids")
    func threads() async throws {
        let tokenizer = try TokenizerFixtures.small()
        let lines = try TokenizerFixtures.trainingLines()
        let expected = lines.map { tokenizer.encode($0) }
        let fresh = try TokenizerFixtures.small()
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 { group.addTask { lines.map { fresh.encode($0) } == expected } }
            for await same in group { #expect(same) }
        }
    }

    @Test("a damaged tokenizer is refused with the place", arguments: TokenizerDamage.all)
    func refusals(_ damage: TokenizerDamage) throws {
        let folder = try temporaryFolder("tokenizer")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/tokenizer.json"
        var json = String(
            decoding: try Input.bytes(TokenizerFixtures.path("small-tokenizer.json")), as: UTF8.self)
        #expect(json.contains(damage.old))
        json = json.replacingOccurrences(of: damage.old, with: damage.new)
        try AtomicFile.write(json, to: path)
        let error = try #require(throws: InputError.self) { try ByteLevelBPE(tokenizerJSON: path) }
        #expect(error.description.contains(damage.message), "\(error)")
        #expect(error.place.contains(path) && !error.remedy.isEmpty)
    }
}

/// A change to `tokenizer.json` and a part of the message that it must give.
struct TokenizerDamage: Sendable, CustomTestStringConvertible {
    let old: String
    let new: String
    let message: String
    /// The fixture that is changed, of those by family.
    var family = ""
    var testDescription: String { message }

    static let all = [
        TokenizerDamage(old: #""type":"BPE""#, new: #""type":"WordPiece""#, message: "WordPiece"),
        TokenizerDamage(old: #""normalizer":null"#, new: #""normalizer":{"type":"NFKC"}"#, message: "normalizer"),
        TokenizerDamage(old: #""byte_fallback":false"#, new: #""byte_fallback":true"#, message: "byte_fallback"),
        TokenizerDamage(old: #""dropout":null"#, new: #""dropout":0.1"#, message: "dropout"),
        TokenizerDamage(old: #"["h","e"]"#, new: #"["h","eee"]"#, message: "eee"),
        TokenizerDamage(old: #"["Ġ","t"]"#, new: #"["h","e"]"#, message: "stands twice"),
        TokenizerDamage(old: #""Ġ":"#, new: #""ĠĠĠĠ":"#, message: "the byte 32"),
        TokenizerDamage(old: #""Ġwater":"#, new: #""日":"#, message: "byte alphabet"),
        TokenizerDamage(old: #""!":1,"#, new: #""!":2,"#, message: "share the id 2"),
        TokenizerDamage(old: #""!":1,"#, new: #""!":9000,"#, message: "9000"),
        TokenizerDamage(old: #""model":"#, new: #""modell":"#, message: "model is missing"),
    ]
}
