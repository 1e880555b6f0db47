import FileSupport
import Foundation
import LanguageModel
import TestSupport
import Testing

/// Tokenizer files as strangers write them (Fixtures/tokenizer-variants), with transformers as referee.
@Suite("A stranger's tokenizer gives transformers' ids or is refused")
struct TokenizerVariantTests {
    private static let folder = Bundle.module.bundlePath + "/Fixtures/tokenizer-variants/"

    @Test("every variant of every tokenizer")
    func outcomes() throws {
        let texts = try JSONDecoder().decode([String].self, from: Data(Input.bytes(Self.folder + "texts.json")))
        let ids = try JSONDecoder().decode([[[Int32]]].self, from: Data(Input.bytes(Self.folder + "ids.json")))
        let lines = try Input.text(Self.folder + "refused.txt").split(separator: "\n").filter { !$0.hasPrefix("#") }
        var refused = Dictionary(
            uniqueKeysWithValues: lines.map { line in
                let parts = line.split(separator: ":", maxSplits: 1)
                return (String(parts[0]), parts[1].trimmingCharacters(in: .whitespaces))
            })
        let root = try temporaryFolder("tokenizers")
        defer { try? FileManager.default.removeItem(atPath: root) }
        var (equal, wrong) = (0, 0)
        for variant in try JSONCursor.read(Self.folder + "variants.json").elements() {
            let name = try variant.member("name").string()
            let path = root + "/" + name
            try place(variant, in: path)
            let expect = try variant.member("expect")
            let expected = try expect.optional("ids").map { ids[try $0.int()] }
            let tokenizer: any StoredTokenizer
            do {
                tokenizer = try CheckpointFolder.tokenizer(in: path).tokenizer
            } catch let error as InputError {
                let line = error.description
                let why = expected == nil ? "dropout" : refused.removeValue(forKey: name)
                #expect(why.map(line.contains) == true, "\(name) is refused: \(line)")
                #expect(!line.contains("\n") && line.utf8.count < 400, "\(name): \(line)")
                continue
            }
            guard let expected else {
                Issue.record("\(name) is read, though its ids are random")
                continue
            }
            if let around = try expect.optional("around")?.elements().map({ Int32(try $0.int()) }) {
                #expect(tokenizer.framed([]) == around, "\(name)")
            }
            let different = zip(texts, expected).filter { tokenizer.encode($0) != $1 }
            if let (text, expected) = different.first {
                wrong += 1
                let found = tokenizer.encode(text)
                Issue.record("\(name): \(text.debugDescription) gives \(found), expected \(expected)")
            } else {
                equal += 1
            }
            // Written again, it is the same; a part of them, for the time that it takes.
            if different.isEmpty, equal % 4 == 0 {
                try tokenizer.write(to: path, contextLength: 64)
                let again = try CheckpointFolder.tokenizer(in: path).tokenizer
                #expect(texts.allSatisfy { again.encode($0) == tokenizer.encode($0) }, "\(name), written again")
            }
        }
        print("\(equal) equal, \(lines.count - refused.count) refused though transformers reads them, \(wrong) wrong")
        #expect(refused.isEmpty, "read after all: \(refused.keys.sorted())")
    }

    /// A folder with the tokenizer that a variant tells of.
    private func place(_ variant: JSONCursor, in folder: String) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var document = try JSON.read(TokenizerFixtures.path(variant.member("base").string() + ".json"))
        for (key, value) in try variant.member("members").members() {
            let words = key.split(separator: ".").map(String.init)
            document =
                words.count == 1
                ? document.setting(key, to: value.value)
                : document.setting(
                    words[0], to: (document[words[0]] ?? [:]).setting(words[1], to: value.value))
        }
        try AtomicFile.write(document.pretty, to: folder + "/tokenizer.json")
        let family: JSON = ["model_type": try variant.member("family").value]
        try AtomicFile.write(family.pretty, to: folder + "/config.json")
        if let settings = try variant.optional("settings") {
            try AtomicFile.write(settings.value.pretty, to: folder + "/tokenizer_config.json")
        }
    }
}
