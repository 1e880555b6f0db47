import BuiltInStudy
import Embeddings
import FileSupport
import Foundation
import LanguageModel
import Records
import TestSupport
import Testing

/// A tokenizer whose tokens are the words it is given, with their leading space; all else falls into bytes.
struct WordTokenizer: Tokenizer {
    let words: [String]
    var vocabularySize: Int { 256 + words.count + 1 }
    var beginToken: Int32? { Int32(256 + words.count) }

    func encode(_ text: String) -> [Int32] { encode(Array(text.utf8)) }

    func encode(_ bytes: [UInt8]) -> [Int32] { pieces(bytes).map(\.token) }

    func encodeWithOffsets(_ text: String) -> [(token: Int32, bytes: Range<Int>)] { pieces(Array(text.utf8)) }

    private func pieces(_ bytes: [UInt8]) -> [(token: Int32, bytes: Range<Int>)] {
        var out: [(token: Int32, bytes: Range<Int>)] = []
        var place = 0
        while place < bytes.count {
            let match = words.indices.filter { bytes[place...].starts(with: words[$0].utf8) }
                .max { words[$0].utf8.count < words[$1].utf8.count }
            let (token, length) = match.map { (256 + $0, words[$0].utf8.count) } ?? (Int(bytes[place]), 1)
            out.append((Int32(token), place..<place + length))
            place += length
        }
        return out
    }

    func decode(_ tokens: [Int32]) -> [UInt8] { tokens.flatMap(bytes(of:)) }

    func bytes(of token: Int32) -> [UInt8] {
        token < 256 ? [UInt8(token)] : token == beginToken ? Array("<|b|>".utf8) : Array(words[Int(token) - 256].utf8)
    }

    func key(of token: Int32) -> String {
        token < 256 ? "<\(token)>" : String(decoding: bytes(of: token), as: UTF8.self).replacing(" ", with: "Ġ")
    }

    func id(ofKey key: String) -> Int32? { (0..<Int32(vocabularySize)).first { self.key(of: $0) == key } }

    func isSpecial(_ token: Int32) -> Bool { token == beginToken }
}

@Suite("Concept words")
struct ConceptTests {
    private func lexicon(_ json: String, name: String = "test") throws -> ConceptLexicon {
        let path = try temporaryFolder("lexicon") + "/\(name).json"
        try AtomicFile.write(json, to: path)
        return try ConceptLexicon.read(path)
    }

    private func groups(_ domain: String, role: String = "concept", _ words: String) -> String {
        """
        {"format": "driftscope-lexicon", "version": 1, "domain": "\(domain)", "role": "\(role)",
         "groups": [{"name": "g", "words": [\(words)]}]}
        """
    }

    @Test("are looked up in five spellings, hits in order, each spelling once")
    func spellings() throws {
        let tokenizer = WordTokenizer(words: [" black", "Black", " BLACK", " Muslim", " muslim", "muslim"])
        let table = ConceptTable.resolve(
            [
                try lexicon(groups("race", "\"black\"")),
                try lexicon(groups("religion", "\"Muslim\""), name: "religion"),
            ],
            tokenizer: tokenizer, exposure: nil)
        #expect(table.rows.map(\.variant) == [" black", "Black", " BLACK", " Muslim"])
        #expect(table.words.map(\.singleTokens) == [[256, 257, 258], [259]])
        #expect(table.words.allSatisfy { $0.status == .single && $0.exposure == .unexposed })
    }

    @Test("without a single token stay in the table with their pieces")
    func multi() throws {
        let tokenizer = WordTokenizer(words: [" syna", "gogue"])
        let table = ConceptTable.resolve(
            [try lexicon(groups("religion", "\"synagogue\""))], tokenizer: tokenizer, exposure: nil)
        #expect(table.rows.map(\.status) == [.multi] && table.rows[0].tokens == [256, 257])
        #expect(table.dropped.map(\.word) == ["synagogue"] && table.words[0].singleTokens.isEmpty)
    }

    @Test("are masked, seen or unexposed, words of several tokens as wholes")
    func exposure() throws {
        let tokenizer = WordTokenizer(words: [" a", " b", " c", " d1", "x"])
        var exposure = Exposure(vocabularySize: tokenizer.vocabularySize)
        exposure.add(tokenizer.encode(" a b a d1"), masked: [0])
        exposure.add(tokenizer.encode(" b x x"), masked: [])
        let table = ConceptTable.resolve(
            [try lexicon(groups("d", "\"a\", \"b\", \"c\", \"bx\""))], tokenizer: tokenizer, exposure: exposure)
        #expect(table.words.map(\.exposure) == [.masked, .seen, .unexposed, .unexposed])
        #expect(exposure.forgetCount[256] == 2 && exposure.forgetMaskedCount[256] == 1)
        exposure.add(tokenizer.encode(" bx"), masked: [1])
        #expect(exposure.level(of: [tokenizer.encode(" bx")]) == .masked)
    }

    @Test("of two concepts are flagged, a concept word that a control holds too is not")
    func doubles() throws {
        let table = ConceptTable.resolve(
            [
                try lexicon(groups("gender", "\"king\", {\"word\": \"nun\", \"also\": [\"religion\"]}"), name: "a"),
                try lexicon(groups("religion", "\"King\", \"hymn\""), name: "b"),
                try lexicon(groups("things", role: "control", "\"hymn\", \"chair\""), name: "c"),
            ],
            tokenizer: WordTokenizer(words: []), exposure: nil)
        let flagged = table.rows.map { "\($0.lexicon):\($0.word):\($0.inTwoConcepts)" }
        #expect(
            flagged == [
                "a:king:true", "a:nun:true", "b:King:true", "b:hymn:false", "c:hymn:true", "c:chair:false",
            ])
    }

    @Test("in pairs are kept when both sides are found, and lost pairs are named")
    func pairs() throws {
        let json = """
            {"format": "driftscope-lexicon", "version": 1, "domain": "gender",
             "pairs": {"groups": ["f", "m"], "items": [{"words": ["she", "he"]}, {"words": ["aunt", "uncle"]}]}}
            """
        let table = ConceptTable.resolve(
            [try lexicon(json)], tokenizer: WordTokenizer(words: [" she", " he", "He", " aunt"]), exposure: nil)
        let (kept, lost) = table.pairs(of: "gender")
        #expect(kept.count == 1 && kept[0].0 == 0 && kept[0].1 == [256] && kept[0].2 == [257, 258])
        #expect(lost == [1])
    }

    @Test(
        "in a faulty lexicon are refused with the file and the key",
        arguments: [
            ("{\"format\": \"other\", \"version\": 1, \"domain\": \"d\"}", "not a lexicon"),
            ("{\"format\": \"driftscope-lexicon\", \"version\": 1, \"domain\": \"d\", \"word\": []}", "unknown key"),
            ("{\"format\": \"driftscope-lexicon\", \"version\": 1, \"domain\": \"d\", \"groups\": []}", "no words"),
            (
                "{\"format\": \"driftscope-lexicon\", \"version\": 1, \"domain\": \"d\", "
                    + "\"groups\": [{\"name\": \"g\", \"words\": [\"a\", \"a\"]}]}", "twice"
            ),
            (
                "{\"format\": \"driftscope-lexicon\", \"version\": 1, \"domain\": \"d\", "
                    + "\"groups\": [{\"name\": \"g\", \"words\": [\"a b\"]}]}", "not one word"
            ),
        ])
    func refusals(json: String, reason: String) {
        #expect { try lexicon(json) } throws: { "\($0)".contains(reason) && "\($0)".contains("test.json") }
    }

    @Test("of the built-in lexicons are whole: four domains, four controls, pairs with two different sides")
    func builtIn() throws {
        let lexicons = try ConceptLexicon.readFolder(BuiltInStudy.path("concepts"))
        let concepts = lexicons.filter { $0.role == .concept }
        #expect(concepts.map(\.domain).sorted() == ["age", "gender", "race", "religion"])
        #expect(lexicons.count - concepts.count == 4)
        let gender = try #require(concepts.first { $0.domain == "gender" })
        let pairs = Dictionary(grouping: gender.words, by: \.pair)
        #expect((20...40).contains(pairs.count))
        #expect(pairs.values.allSatisfy { $0.count == 2 && $0[0].text != $0[1].text })
        for lexicon in lexicons where lexicon.domain == "race" || lexicon.domain == "religion" {
            #expect((3...6).contains(Set(lexicon.words.map(\.group)).count))
        }
        let conceptWords = Set(concepts.flatMap { $0.words.map { $0.text.lowercased() } })
        let controlWords = lexicons.filter { $0.role == .control }.flatMap { $0.words.map { $0.text.lowercased() } }
        #expect(conceptWords.isDisjoint(with: controlWords))
    }

    @Test(
        "of the built-in lexicons mostly are single tokens of GPT-2",
        .enabled(if: publicData != nil, "needs DRIFTSCOPE_DATA"))
    func coverage() throws {
        let folder = try #require(publicData) + "/tokenizer"
        let tokenizer = try ByteLevelBPE(
            vocabularyFile: folder + "/gpt2_vocab.json", mergesFile: folder + "/gpt2_merges.txt")
        let table = ConceptTable.resolve(
            try ConceptLexicon.readFolder(BuiltInStudy.path("concepts")), tokenizer: tokenizer, exposure: nil)
        for (domain, words) in Dictionary(grouping: table.words, by: \.domain) {
            let found = words.filter { $0.status == .single }.count
            #expect(found * 10 >= words.count * 8, "\(domain): \(found) of \(words.count)")
        }
        #expect(table.pairs(of: "gender").lost.count <= 4)
    }
}
