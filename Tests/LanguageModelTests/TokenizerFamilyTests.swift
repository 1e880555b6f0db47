import FileSupport
import Foundation
import LanguageModel
import TestSupport
import Testing

/// Tokenizers of today's families against the `tokenizers` package (Fixtures/tokenizer/make_family_references.py).
@Suite("Tokenizers of today's families")
struct TokenizerFamilyTests {
    static let names = [
        "llama3", "qwen2", "neox", "opt", "roberta", "smollm", "flags", "llama2", "llama2-old", "mistral", "metaspace",
        "gemma", "bert", "bert-cased",
    ]

    @Test("hard strings get the ids of the tokenizers package, and the frame around them", arguments: names)
    func hardStrings(_ name: String) throws {
        let family = try TokenizerFamily(name)
        let tokenizer = try family.tokenizer()
        for (text, ids) in try family.hard() {
            #expect(tokenizer.encode(text) == ids, "\(text.debugDescription)")
            #expect(tokenizer.encode(Array(text.utf8)) == ids, "bytes of \(text.debugDescription)")
            // A second time, out of the word cache.
            #expect(tokenizer.encode(text) == ids, "again: \(text.debugDescription)")
        }
        let frame = try family.frame()
        let hasOwnBegin = frame.isEmpty ? 0 : 1
        // GPT-2's kind begins with <|endoftext|> though its file puts nothing in front.
        #expect(
            tokenizer.framed([]).suffix(frame.count) == frame[...]
                && (hasOwnBegin == 0 || tokenizer.framed([]) == frame))
    }

    @Test(
        "every Unicode scalar is treated as the tokenizers package does",
        arguments: ["llama3", "qwen2", "smollm", "flags", "mistral", "bert", "bert-cased"])
    func scalars(_ name: String) throws {
        let family = try TokenizerFamily(name)
        let digest = IDDigest(TokenizerFamily.around, try family.tokenizer())
        #expect(digest == (try IDDigest(family.reference.member("scalars"))), "\(name)")
    }

    @Test("a saved tokenizer is loaded again with the same ids", arguments: names)
    func roundTrip(_ name: String) throws {
        let family = try TokenizerFamily(name)
        try expectSaved(try family.tokenizer(), as: name, family)
    }

    @Test(
        "GGUF files give the ids of the tokenizer.json, or of what transformers builds",
        arguments: [
            ("llama3", "llama3"), ("qwen2", "qwen2"), ("opt", "opt"), ("sentencepiece", "gguf-sentencepiece"),
            ("gemma", "gguf-gemma"),
        ])
    func gguf(_ file: String, _ reference: String) throws {
        let family = try TokenizerFamily(reference)
        let path = try TokenizerFixtures.path("family-\(file).gguf")
        let (tokenizer, files) = try CheckpointFolder.tokenizer(in: path)
        #expect(files == ["family-\(file).gguf"])
        for (text, ids) in try family.hard() { #expect(tokenizer.encode(text) == ids, "\(text.debugDescription)") }
        try expectSaved(tokenizer, as: "gguf-" + file, family)
    }

    @Test(
        "older files give the same: vocab.json with merges.txt and the markers of tokenizer_config.json, or vocab.txt")
    func olderFiles() throws {
        let settings =
            #"{"bos_token": "</s>", "unk_token": {"content": "<unk>"}, "pad_token": "<pad>", "eos_token": "<s>"}"#
        for name in ["opt", "bert", "bert-cased"] {
            let family = try TokenizerFamily(name)
            let folder = try temporaryFolder("tokenizer")
            defer { try? FileManager.default.removeItem(atPath: folder) }
            try AtomicFile.write(
                #"{"model_type": "\#(name == "opt" ? "opt" : "bert")"}"#, to: folder + "/config.json")
            try family.tokenizer().write(to: folder, contextLength: 64)
            try FileManager.default.removeItem(atPath: folder + "/tokenizer.json")
            try AtomicFile.write(
                name == "opt" ? settings : #"{"do_lower_case": \#(name == "bert")}"#,
                to: folder + "/tokenizer_config.json")
            let (tokenizer, files) = try CheckpointFolder.tokenizer(in: folder)
            #expect(files.last == "tokenizer_config.json" && !files.contains("tokenizer.json"))
            for (text, ids) in try family.hard() { #expect(tokenizer.encode(text) == ids, "\(text.debugDescription)") }
            #expect(tokenizer.framed([]) == (try family.frame()))
            if name != "opt" { try expectSaved(tokenizer, as: "vocab-" + name, family) }
        }
    }

    /// Saves a tokenizer and loads it; the folder that DRIFTSCOPE_SAVED names keeps it, for a check by the reference script.
    private func expectSaved(_ tokenizer: any StoredTokenizer, as name: String, _ family: TokenizerFamily) throws {
        let kept = ProcessInfo.processInfo.environment["DRIFTSCOPE_SAVED"].map { $0 + "/" + name }
        let folder = try kept ?? temporaryFolder("tokenizer")
        defer { if kept == nil { try? FileManager.default.removeItem(atPath: folder) } }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try tokenizer.write(to: folder, contextLength: 64)
        let (again, files) = try CheckpointFolder.tokenizer(in: folder)
        #expect(files == ["tokenizer.json", "tokenizer_config.json"] || files == ["tokenizer.json"])
        #expect(again.vocabularySize == tokenizer.vocabularySize)
        #expect(again.framed([]) == tokenizer.framed([]) && again.maskToken == tokenizer.maskToken)
        for (text, ids) in try family.hard() { #expect(again.encode(text) == ids, "\(text.debugDescription)") }
        for id in 0..<Int32(tokenizer.vocabularySize) {
            #expect(again.key(of: id) == tokenizer.key(of: id) && again.isSpecial(id) == tokenizer.isSpecial(id))
        }
    }

    @Test("offsets follow each other, cover the text and end where words end", arguments: names)
    func offsets(_ name: String) throws {
        let family = try TokenizerFamily(name)
        let tokenizer = try family.tokenizer()
        for (text, ids) in try family.hard() {
            let found = tokenizer.encodeWithOffsets(text)
            #expect(found.map(\.token) == ids, "\(text.debugDescription)")
            guard let first = found.first, let last = found.last else { continue }
            #expect(first.bytes.lowerBound == 0 && last.bytes.upperBound == text.utf8.count)
            for (a, b) in zip(found, found.dropFirst()) { #expect(a.bytes.upperBound == b.bytes.lowerBound) }
        }
        // Where the text is plain, each token's bytes are those that it stands for, but for the space in front.
        let plain = "The baker opens the shop at six"
        let bytes = Array(plain.utf8)
        for (token, range) in tokenizer.encodeWithOffsets(plain) {
            func text(_ bytes: some Sequence<UInt8>) -> String {
                String(decoding: Array(bytes), as: UTF8.self).lowercased().trimmingCharacters(in: .whitespaces)
            }
            #expect(text(bytes[range]) == text(tokenizer.bytes(of: token)), "\(tokenizer.key(of: token))")
        }
    }

    @Test("decoding gives the text back where the tokenizer keeps it")
    func decoding() throws {
        for name in ["llama3", "smollm", "llama2", "mistral", "gemma"] {
            let tokenizer = try TokenizerFamily(name).tokenizer()
            for line in try TokenizerFixtures.trainingLines() where !line.isEmpty {
                #expect(tokenizer.decode(tokenizer.encode(line)) == Array(line.utf8), "\(name)")
            }
        }
        let bert = try TokenizerFamily("bert").tokenizer()
        #expect(
            String(decoding: bert.decode(bert.encode("The bread, the BOAT.")), as: UTF8.self)
                == "the bread , the boat .")
    }

    @Test("bytes that are no UTF-8 are encoded, and byte-level ones come back", arguments: names)
    func brokenBytes(_ name: String) throws {
        let tokenizer = try TokenizerFamily(name).tokenizer()
        let broken: [[UInt8]] = [
            [0xFF], [0xC3], [0x65, 0xCC, 0x81, 0xCC], [0xED, 0xA0, 0x80], [0x61, 0x80, 0x20, 0xF0, 0x9F, 0x98],
            Array(0...255),
        ]
        for bytes in broken {
            let ids = tokenizer.encode(bytes)
            #expect(ids.allSatisfy { 0..<Int32(tokenizer.vocabularySize) ~= $0 })
            if name == "llama3" || name == "opt" { #expect(tokenizer.decode(ids) == bytes) }
        }
    }

    @Test("markers are named by the template, else by tokenizer_config.json, else by custom")
    func markers() throws {
        let folder = try temporaryFolder("tokenizer")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func begin(_ name: String, _ settings: String?) throws -> Int32? {
            try AtomicFile.write(
                try Input.bytes(TokenizerFixtures.path("family-\(name).json")), to: folder + "/tokenizer.json")
            try? FileManager.default.removeItem(atPath: folder + "/tokenizer_config.json")
            if let settings { try AtomicFile.write(settings, to: folder + "/tokenizer_config.json") }
            return try CheckpointFolder.tokenizer(in: folder).tokenizer.beginToken
        }
        let qwen = try TokenizerFamily("qwen2").tokenizer()
        #expect(try begin("qwen2", nil) == qwen.id(ofKey: "<|endoftext|>"))
        #expect(try begin("qwen2", #"{"bos_token": null}"#) == nil)
        #expect(try begin("qwen2", #"{"bos_token": {"content": "<|im_start|>"}}"#) == qwen.id(ofKey: "<|im_start|>"))
        #expect(try begin("opt", #"{"bos_token": "<s>"}"#) == 2)
        // What the vocabulary does not hold is added to it, as transformers does.
        #expect(try begin("qwen2", #"{"bos_token": "<none>"}"#).map(Int.init) == qwen.vocabularySize)
        // Only where the files put it there.
        for (name, adds) in [("llama2", true), ("gemma", true), ("opt", true), ("neox", false), ("qwen2", false)] {
            #expect(try TokenizerFamily(name).tokenizer().addsBeginToken == adds, "\(name)")
        }
        let bert = try TokenizerFamily("bert").tokenizer()
        #expect(bert.maskToken == 4 && bert.framed([7]) == [2, 7, 3])
        let roberta = try TokenizerFamily("roberta").tokenizer()
        #expect(roberta.maskToken.map { roberta.key(of: $0) } == "<mask>" && roberta.endToken == 2)
    }

    @Test("added tokens beyond the embeddings are left out, and their text is text")
    func beyondEmbeddings() throws {
        let folder = try temporaryFolder("tokenizer")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try AtomicFile.write(
            try Input.bytes(TokenizerFixtures.path("family-qwen2.json")), to: folder + "/tokenizer.json")
        let whole = try CheckpointFolder.tokenizer(in: folder).tokenizer
        let cut = try CheckpointFolder.tokenizer(in: folder, embeddings: whole.vocabularySize - 2).tokenizer
        #expect(cut.vocabularySize == whole.vocabularySize - 2)
        #expect(whole.encode("<tool_call>").count == 1)
        try cut.requireRows(at: "before")
        #expect(cut.encode("<tool_call>").count > 3)
        let error = #expect(throws: InputError.self) { try cut.requireRows(at: "text.csv") }
        let number = whole.encode("<tool_call>")[0]
        for word in ["<tool_call>", "\(number)", "\(cut.vocabularySize) rows", "text.csv"] {
            #expect(error?.description.contains(word) == true, "\(error?.description ?? "")")
        }
        try cut.requireRows(at: "told once")
        #expect(cut.encode("<|im_end|>") == whole.encode("<|im_end|>"))
    }

    @Test("what is not known is refused in one line with its place", arguments: TokenizerDamage.families)
    func refusals(_ damage: TokenizerDamage) throws {
        let folder = try temporaryFolder("tokenizer")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/tokenizer.json"
        let source = try TokenizerFixtures.path("family-\(damage.family).json")
        var json = String(decoding: try Input.bytes(source), as: UTF8.self)
        #expect(json.contains(damage.old), "\(damage.old)")
        json = json.replacingOccurrences(of: damage.old, with: damage.new)
        try AtomicFile.write(json, to: path)
        let error = try #require(throws: InputError.self) { try CheckpointFolder.tokenizer(in: folder) }
        #expect(error.description.contains(damage.message), "\(error)")
        #expect(error.place.contains(path) && !error.remedy.isEmpty && !error.description.contains("\n"))
    }
}

/// One family's fixture and references.
struct TokenizerFamily {
    let name: String
    let reference: JSONCursor
    private let texts: [String]

    init(_ name: String) throws {
        self.name = name
        let root = try JSONCursor.read(TokenizerFixtures.path("families.json"))
        reference = try root.member("families").member(name)
        texts = try root.member("texts").elements().map { try $0.string() }
    }

    func tokenizer() throws -> any StoredTokenizer {
        let folder = try temporaryFolder("tokenizer")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.copyItem(
            atPath: TokenizerFixtures.path("family-\(name).json"), toPath: folder + "/tokenizer.json")
        return try CheckpointFolder.tokenizer(in: folder).tokenizer
    }

    func hard() throws -> [(text: String, ids: [Int32])] {
        let ids = try reference.member("ids").elements().map { try $0.elements().map { Int32(try $0.int()) } }
        #expect(ids.count == texts.count)
        return Array(zip(texts, ids))
    }

    func frame() throws -> [Int32] { try reference.member("frame").elements().map { Int32(try $0.int()) } }

    /// One text for each Unicode scalar, with the scalar in every place that a splitter or a normalizer could mind.
    static var around: some Sequence<String> {
        // Of ideographs and syllables every sixteenth.
        let many = [0x3400..<0xA000, 0xAC00..<0xF900, 0x17000..<0x18D00, 0x20000..<0x33480] as [Range<UInt32>]
        let codes = [0..<0x33480, 0xE0000..<0xE0200].lazy.joined().filter { (code: UInt32) in
            code % 16 == 0 || !many.contains { $0.contains(code) }
        }
        return codes.lazy.compactMap { code in
            Unicode.Scalar(code).map { scalar in
                let c = String(Character(scalar))
                return "a\(c)b e\u{323}\(c)\u{301} '\(c)E 1\(c)2\(c)\(c)\n\(c) \(c)x\(c) <l>\(c) wheel\(c)"
            }
        }
    }
}

extension TokenizerDamage {
    static let families = [
        TokenizerDamage(
            old: #"{"type":"NFC"}"#, new: #"{"type":"NFKC"}"#, message: "a normalizer of type NFKC", family: "qwen2"),
        TokenizerDamage(
            old: #"\\p{N}|"#, new: #"\\p{N}{1,4}|"#, message: "pre_tokenizer.pretokenizers[0]", family: "qwen2"),
        TokenizerDamage(old: #""Isolated""#, new: #""Removed""#, message: "a pattern other than", family: "qwen2"),
        TokenizerDamage(
            old: #""use_regex":false}]"#, new: #""use_regex":true}]"#, message: "after another", family: "llama3"),
        TokenizerDamage(
            old: #"{"type":"Digits","individual_digits":true}"#, new: #"{"type":"Punctuation","behavior":"Isolated"}"#,
            message: "Punctuation and ByteLevel", family: "smollm"),
        TokenizerDamage(
            old: #""RobertaProcessing""#, new: #""OtherProcessing""#, message: "OtherProcessing", family: "roberta"),
        TokenizerDamage(old: #""ids":[2]"#, new: #""ids":[2,3]"#, message: "more than one token", family: "opt"),
        TokenizerDamage(old: #""ids":[2]"#, new: #""ids":[70000]"#, message: "70000", family: "opt"),
        TokenizerDamage(old: #""prepend":"▁""#, new: #""prepend":"_""#, message: "prepends another", family: "llama2"),
        TokenizerDamage(
            old: #"{"String":" "}"#, new: #"{"Regex":"x"}"#, message: "replaces something else", family: "llama2"),
        TokenizerDamage(
            old: #""byte_fallback":true"#, new: #""byte_fallback":false"#, message: "byte_fallback", family: "mistral"),
        TokenizerDamage(old: #""<0x41>""#, new: #""<0xABC>""#, message: "<0x41>", family: "mistral"),
        TokenizerDamage(
            old: #""prepend_scheme":"first""#, new: #""prepend_scheme":"last""#, message: "last", family: "mistral"),
        TokenizerDamage(
            old: #""replacement":"▁""#, new: #""replacement":"_""#, message: "a mark other", family: "mistral"),
        TokenizerDamage(
            old: #""rstrip":false"#, new: #""rstrip":false,"new":1"#, message: "the setting new", family: "gemma"),
        TokenizerDamage(
            old: #""version":"1.0""#, new: #""version":"1.0","extra":{}"#, message: "the setting extra", family: "gemma"
        ),
        TokenizerDamage(
            old: #""clean_text":true"#, new: #""clean_text":true,"x":1"#, message: "the setting x", family: "bert"),
        TokenizerDamage(old: #""BertPreTokenizer""#, new: #""Whitespace""#, message: "Whitespace", family: "bert"),
        TokenizerDamage(
            old: #""unk_token":"[UNK]""#, new: #""unk_token":"[NONE]""#, message: "[NONE] is missing", family: "bert"),
        TokenizerDamage(
            old: #""type":"WordPiece","unk"#, new: #""type":"Unigram","unk"#, message: "type Unigram", family: "bert"),
        TokenizerDamage(
            old: #"{"type":"BertPreTokenizer"}"#, new: "null", message: "WordPiece with a pre-tokenizer", family: "bert"
        ),
    ]
}
