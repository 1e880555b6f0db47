import FileSupport
import Foundation
import LanguageModel
import TestSupport
import Testing

@Suite("Tokenizers of today's families on public text", .enabled(if: publicData != nil, "needs DRIFTSCOPE_DATA"))
struct TokenizerFamilyPublicTests {
    private let data = publicData ?? ""

    @Test(
        "every line of every public file gets the ids of the tokenizers package",
        arguments: TokenizerFamilyTests.names.filter { $0 != "llama2-old" } + ["bert-base"])
    func lines(_ name: String) throws {
        let tokenizer =
            try name == "bert-base"
            ? WordPiece(vocabularyFile: data + "/tokenizer/bert_base_uncased_vocab.txt", lowercases: true)
            : TokenizerFamily(name).tokenizer()
        try Self.expect(tokenizer, data) { try $0.member(name) }
    }

    @Test("BERT's golden questions get their pieces and ids")
    func goldenQuestions() throws {
        let tokenizer = try WordPiece(
            vocabularyFile: data + "/tokenizer/bert_base_uncased_vocab.txt", lowercases: true)
        #expect(tokenizer.vocabularySize == 30522 && tokenizer.framed([]) == [101, 102] && tokenizer.maskToken == 103)
        let questions = try JSONCursor.read(data + "/tokenizer/golden_bert_question_tokens.json").elements()
        let ids = try JSONCursor.read(data + "/tokenizer/golden_bert_tokenized_questions.json").elements()
        #expect(questions.count == 10570 && ids.count == questions.count)
        var wrong = 0
        for (question, ids) in zip(questions, ids) {
            let found = tokenizer.encode(try question.member("original").string())
            let pieces = try question.member("wordpiece").elements().map { try $0.string() }
            let expected = try ids.elements().map { Int32(try $0.int()) }
            if found != expected || found.map({ tokenizer.key(of: $0) }) != pieces { wrong += 1 }
        }
        #expect(wrong == 0)
    }

    /// Compares digests file by file.
    static func expect(
        _ tokenizer: any Tokenizer, _ data: String, references: String = "families-public.json",
        reference: (JSONCursor) throws -> JSONCursor
    ) throws {
        let files = try JSONCursor.read(TokenizerFixtures.path(references)).member("public").members()
        #expect(files.count > 40)
        for (file, digests) in files {
            let text = try Input.bytes(data + "/" + file)
            let lines = text.split(separator: 0x0A, omittingEmptySubsequences: false).lazy.map {
                String(decoding: $0, as: UTF8.self)
            }
            #expect(IDDigest(lines, tokenizer) == (try IDDigest(reference(digests))), "\(file)")
        }
    }
}

/// Gemma 3's own tokenizer; its file is not part of the public data.
private let gemma = ProcessInfo.processInfo.environment["DRIFTSCOPE_GEMMA"]

@Suite(
    "Gemma 3's own tokenizer from its GGUF file",
    .enabled(if: gemma != nil, "needs DRIFTSCOPE_GEMMA, the path of a gemma3 .gguf"))
struct TokenizerGemmaTests {
    private func tokenizer() throws -> any StoredTokenizer {
        try CheckpointFolder.tokenizer(in: #require(gemma)).tokenizer
    }

    @Test("hard strings and every scalar get the ids of the tokenizer that transformers builds")
    func hard() throws {
        let reference = try JSONCursor.read(TokenizerFixtures.path("families-gemma.json"))
        let tokenizer = try tokenizer()
        let texts = try TokenizerFamily("gemma").hard().map(\.text)
        #expect(IDDigest(texts, tokenizer) == (try IDDigest(reference.member("hard"))))
        #expect(IDDigest(TokenizerFamily.around, tokenizer) == (try IDDigest(reference.member("scalars"))))
    }

    @Test("every line of every public file gets those ids", .enabled(if: publicData != nil, "needs DRIFTSCOPE_DATA"))
    func lines() throws {
        try TokenizerFamilyPublicTests.expect(
            try tokenizer(), try #require(publicData), references: "families-gemma.json"
        ) { $0 }
    }

    @Test("it is saved and loaded again with the same ids")
    func roundTrip() throws {
        let folder = try temporaryFolder("gemma")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let tokenizer = try tokenizer()
        try tokenizer.write(to: folder, contextLength: 32768)
        let again = try CheckpointFolder.tokenizer(in: folder).tokenizer
        #expect(again.vocabularySize == tokenizer.vocabularySize && again.beginToken == tokenizer.beginToken)
        for (text, _) in try TokenizerFamily("gemma").hard() {
            #expect(again.encode(text) == tokenizer.encode(text), "\(text.debugDescription)")
        }
    }
}
