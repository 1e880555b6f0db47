import FileSupport
import LanguageModel
import TestSupport
import Testing

@Suite("GPT-2's tokenizer on public text", .enabled(if: publicData != nil, "needs DRIFTSCOPE_DATA"))
struct TokenizerPublicTests {
    private let data = publicData ?? ""

    private func tokenizer() throws -> ByteLevelBPE {
        try ByteLevelBPE(
            vocabularyFile: data + "/tokenizer/gpt2_vocab.json", mergesFile: data + "/tokenizer/gpt2_merges.txt")
    }

    @Test("the golden file's text gets its ids")
    func golden() throws {
        let golden = try JSONCursor.read(data + "/tokenizer/golden_gpt2_encoded_tokens.json")
        let tokenizer = try tokenizer()
        let ids = try golden.member("token_ids").elements().map { Int32(try $0.int()) }
        let keys = try golden.member("bpe_tokens").elements().map { try $0.string() }
        let text = try golden.member("text").string()
        #expect(tokenizer.vocabularySize == 50257 && tokenizer.beginToken == 50256)
        #expect(tokenizer.encode(text) == ids)
        #expect(ids.map { tokenizer.key(of: $0) } == keys)
        #expect(tokenizer.decode(ids) == Array(text.utf8))
    }

    @Test("every text of CrowS-Pairs, StereoSet and DGHS gets the ids of the tokenizers package")
    func columns() throws {
        let tokenizer = try tokenizer()
        for (name, reference) in try references("columns") {
            let texts = try texts(of: name)
            #expect(IDDigest(texts, tokenizer) == (try IDDigest(reference)), "\(name)")
        }
    }

    @Test("whole files as one text get the ids of the tokenizers package")
    func wholeFiles() throws {
        let tokenizer = try tokenizer()
        for (name, reference) in try references("whole_files") {
            let text = String(decoding: try Input.bytes(data + "/" + name), as: UTF8.self)
            #expect(IDDigest([text], tokenizer) == (try IDDigest(reference)), "\(name)")
        }
    }

    @Test("hard strings get the ids of GPT-2")
    func hardStrings() throws {
        let texts = try TokenizerFixtures.hard().map(\.text)
        let reference = try JSONCursor.read(TokenizerFixtures.path("public.json")).member("hard")
        #expect(IDDigest(texts, try tokenizer()) == (try IDDigest(reference)))
    }

    private func references(_ group: String) throws -> [(key: String, value: JSONCursor)] {
        try JSONCursor.read(TokenizerFixtures.path("public.json")).member(group).members()
    }

    private func texts(of name: String) throws -> [String] {
        if name.hasPrefix("stereoset/") {
            let root = try JSONCursor.read(data + "/" + name).member("data")
            return try ["intersentence", "intrasentence"].flatMap { part in
                try root.member(part).elements().flatMap { example in
                    try [example.member("context").string()]
                        + example.member("sentences").elements().map { try $0.member("sentence").string() }
                }
            }
        }
        let columns = name.hasPrefix("crows_pairs/") ? ["sent_more", "sent_less"] : ["text"]
        let table = try CSVTable.read(data + "/" + name)
        let indices = try columns.map { try table.column($0) }
        return table.records.flatMap { record in indices.map { record.fields[$0] } }
    }
}
