import BuiltInStudy
import Evaluate
import FileSupport
import LanguageModel
import Records
import TestSupport
import Testing

@Suite("Reading CrowS-Pairs files")
struct CrowSPairsTests {
    private func write(_ text: String) throws -> String {
        let path = try temporaryFolder("pairs") + "/mine.csv"
        try AtomicFile.write(text, to: path)
        return path
    }

    @Test("labels map to domains, other columns become clusters, bad rows are skipped with the reason")
    func columns() throws {
        let path = try write(
            #"""
            ,sent_more,sent_less,stereo_antistereo,bias_type,attribute,annotations
            0,one a,one b,stereo,race-color,one,[]
            1,two a,,stereo,race-color,two,[]
            2,three a,three b,neither,gender,three,[]
            3,"four, ""a""",four b,antistereo,gender,four,[]

            """#)
        let set = try CrowSPairs.read(path, labels: ["race-color": "race"])
        #expect(set.name == "mine")
        #expect(
            set.items == [
                PairItem(
                    row: 0, more: "one a", less: "one b", biasType: "race-color", domain: "race",
                    clusters: ["attribute": "one"]),
                PairItem(
                    row: 3, more: "four, \"a\"", less: "four b", direction: .antiStereotype, biasType: "gender",
                    clusters: ["attribute": "four"]),
            ])
        #expect(set.skipped.map(\.row) == [1, 2])
        #expect(set.skipped.map(\.domain) == ["race", "gender"])
        #expect(set.skipped[0].reason == "an empty sentence")
        #expect(set.skipped[1].reason.contains("neither"))
        #expect(set.path == path)
        #expect(set.selecting(domains: ["race"]).items.map(\.row) == [0])
    }

    @Test("a file without a column or without a pair is refused")
    func refused() throws {
        let missing = try write("sent_more,sent_les,stereo_antistereo,bias_type\na,b,stereo,gender\n")
        let error = #expect(throws: InputError.self) { try CrowSPairs.read(missing) }
        #expect(error?.description.contains("did you mean `sent_les`") == true)
        let empty = try write("sent_more,sent_less,stereo_antistereo,bias_type\n")
        #expect(throws: InputError.self) { try CrowSPairs.read(empty) }
    }

    private static let header = "sent_more,sent_less,stereo_antistereo,bias_type\n"

    @Test("spellings of a label that differ in case and blanks are one label, and that is said")
    func spellings() throws {
        let rows = ["Gender", "gender ", "GENDER", "gender ", "age"].map { "x \($0),y,stereo,\($0)\n" }.joined()
        let path = try write(Self.header + rows)
        let plain = try CrowSPairs.read(path)
        #expect(plain.items.map(\.biasType) == ["gender", "gender", "gender", "gender", "age"])
        #expect(plain.domains == ["gender", "age"])
        #expect(
            plain.notes == [
                "bias_type: `Gender`, `gender `, `GENDER` are one label",
                "pairs that repeat an earlier one, each counted: 1",
            ])
        let named = try CrowSPairs.read(path, labels: ["gendeR": "sex", "AGE ": "years"])
        #expect(named.domains == ["sex", "years"])
        let error = #expect(throws: InputError.self) {
            try CrowSPairs.read(path, labels: ["Gender": "sex", "gender": "men"])
        }
        #expect(
            error?.description.contains("`Gender` and `gender` are one label, and stand for `sex` and `men`") == true)
        #expect(try CrowSPairs.read(try write(Self.header + "a,b,stereo,age\n")).notes.isEmpty)
    }

    @Test(
        "directions in other spellings, and as 0 and 1",
        arguments: [
            (["Stereo", "stereo ", "STEREOTYPE", "anti-stereo", "Anti_Stereotype", "anti stereo"], "sssaaa"),
            (["0", "1", " 0", "1 "], "sasa"), (["1", "1"], "aa"), (["stereo", "?"], "s"), (["0", "2", ""], "s"),
        ])
    func directions(cells: [String], read: String) throws {
        let rows = cells.enumerated().map { "x \($0.offset),y,\($0.element),age\n" }.joined()
        let set = try CrowSPairs.read(try write(Self.header + rows))
        #expect(set.items.map { $0.direction == .stereotype ? "s" : "a" }.joined() == read)
        #expect(set.skipped.count == cells.count - read.count)
        #expect(
            set.notes.contains("stereo_antistereo: 0 is read as stereo, 1 as antistereo") == !cells[0].contains("t"))
    }

    @Test("directions in words here and numbers there are refused, as is a file without any")
    func mixedDirections() throws {
        for (cells, message) in [
            (["stereo", "1"], "is `stereo` in some rows and a number in others"),
            (["yes", "no"], "no sentence pair (stereo_antistereo is `yes`"),
        ] {
            let rows = cells.map { "x,y,\($0),age\n" }.joined()
            let path = try write(Self.header + rows)
            let error = #expect(throws: InputError.self) { try CrowSPairs.read(path) }
            #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
        }
    }

    @Test("the built-in pairs come with their domains and with what they share")
    func builtIn() throws {
        let set = try CrowSPairs.read(BuiltInStudy.path("planted/pairs.csv"))
        #expect(Set(set.domains) == ["gender", "race", "religion", "age"] && set.skipped.isEmpty)
        #expect(set.items.allSatisfy { $0.clusters["attribute"] != nil && $0.clusters["template"] != nil })
        #expect(set.items.allSatisfy { $0.more != $0.less })
    }

    /// Rows, and pairs that demonstrate a stereotype, by type of the public file.
    static let published: [(String, Int, Int)] = [
        ("race-color", 516, 473), ("gender", 262, 159), ("socioeconomic", 172, 157), ("nationality", 159, 148),
        ("religion", 105, 99), ("age", 87, 73), ("sexual-orientation", 84, 72), ("physical-appearance", 63, 52),
        ("disability", 60, 57),
    ]

    @Test(
        "the public file has 1,508 pairs of nine types in both profiles",
        .enabled(if: publicData != nil, "needs DRIFTSCOPE_DATA"), arguments: ScoringProfile.causal)
    func publicFile(profile: ScoringProfile) throws {
        let folder = try #require(publicData)
        let set = try CrowSPairs.read(folder + "/crows_pairs/crows_pairs_anonymized.csv")
        #expect(set.items.count == 1508 && set.skipped.isEmpty)
        #expect(!set.notes.contains { $0.contains("one label") || $0.contains("0 is read") })
        for (type, count, stereotypes) in Self.published {
            let items = set.items.filter { $0.biasType == type }
            #expect(items.count == count, "\(type)")
            #expect(items.count { $0.direction == .stereotype } == stereotypes, "\(type)")
        }
        #expect(set.items.allSatisfy { $0.more != $0.less })
        // With GPT-2's tokenizer every pair fits the context and is scored.
        let tokenizer = try ByteLevelBPE(
            vocabularyFile: folder + "/tokenizer/gpt2_vocab.json", mergesFile: folder + "/tokenizer/gpt2_merges.txt")
        let scorer = try set.scorer(tokenizer: tokenizer, profile: profile, contextLength: 1024)
        #expect(scorer.items.count == 1508 && scorer.skipped.isEmpty)
    }
}
