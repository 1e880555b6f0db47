import BuiltInStudy
import Evaluate
import FileSupport
import Foundation
import LanguageModel
import Records
import TestSupport
import Testing

@Suite("Known faults of items")
struct ItemFaultsTests {
    private let folder: String

    init() throws { folder = try temporaryFolder("faults") }

    private func file(_ name: String, _ text: String) throws -> String {
        try AtomicFile.write(text, to: folder + "/" + name)
        return folder + "/" + name
    }

    /// Pairs of which the last repeats the first.
    private func pairs() throws -> CrowSPairs {
        try CrowSPairs.read(
            file(
                "p.csv",
                """
                sent_more,sent_less,stereo_antistereo,bias_type
                the old are slow,the young are slow,stereo,age
                the tall are dull,the short are dull,stereo,height
                "so dull, the old","so dull, the young",antistereo,age
                the old are slow,the young are slow,stereo,age
                """))
    }

    /// `printf 'the old are slow\nthe young are slow' | sha256sum | cut -c1-16`, and so on.
    private let ids = ["107281d0f2e1ad73", "dfa7dc08e78e2492", "c18b3526324c65d9"]

    private func faults(_ lines: [String]) throws -> ItemFaults {
        try ItemFaults.read(file("f.csv", (["benchmark,item,fault,why"] + lines).joined(separator: "\n")))
    }

    @Test("An item is known by its sentences, the second of two equal ones by a number")
    func identity() throws {
        let pairs = try pairs()
        #expect(pairs.items.map(\.id) == [ids[0], ids[1], ids[2], ids[0]])
        let known = try faults([
            "crows-pairs,\(ids[0])#2,repeated,x", "crows-pairs,\(ids[2]),odd,y", "crows-pairs,\(ids[2]),vague,",
            "stereoset,\(ids[1]),odd,another benchmark",
        ])
        #expect(known.names == ["repeated", "odd", "vague"])
        #expect(known.faults(of: pairs) == [2: ["odd", "vague"], 3: ["repeated"]])
        #expect(known.faults(of: pairs.selecting(rows: [1, 3])).isEmpty, "alone, the second is the first")
    }

    @Test("Items with a fault are left out by name, with the name as the reason; by default none is")
    func leavingOut() throws {
        let pairs = try pairs()
        let known = try faults(["crows-pairs,\(ids[0])#2,repeated,", "crows-pairs,\(ids[2]),odd,"])
        func left(_ names: [String]) throws -> any BiasBenchmark {
            let (benchmarks, found) = try known.leavingOut(names, of: [pairs], at: "here")
            #expect(found == [pairs.name: [2: ["odd"], 3: ["repeated"]]])
            return benchmarks[0]
        }
        #expect(try left([]).items.count == 4 && left([]).skipped.isEmpty)
        let odd = try left(["odd"])
        #expect(odd.items.map { $0.row } == [0, 1, 3])
        #expect(odd.skipped == [SkippedRow(row: 2, domain: "age", reason: "known fault odd")])
        let all = try left(["all"])
        #expect(all.items.map { $0.row } == [0, 1] && all.skipped.map(\.row) == [2, 3])
        #expect(try left(["repeated", "odd"]).items.map { $0.row } == [0, 1])
        let error = #expect(throws: InputError.self) { try left(["od"]) }
        #expect(error?.what == "unknown fault 'od'" && error?.place == "here")
        #expect(error?.remedy.contains("did you mean 'odd'?") == true)
        #expect(error?.remedy.contains("repeated, odd, all") == true)

        let every = try faults(ids.map { "crows-pairs,\($0),odd," } + ["crows-pairs,\(ids[0])#2,odd,"])
        #expect(throws: InputError.self) { try every.leavingOut(["odd"], of: [pairs], at: "here") }
    }

    @Test("Of the scored items those with a fault are counted, by fault")
    func counts() throws {
        let pairs = try pairs()
        let known = try faults([
            "crows-pairs,\(ids[0]),odd,", "crows-pairs,\(ids[0])#2,repeated,", "crows-pairs,\(ids[0])#2,odd,",
        ])
        let model = TransformerModel(
            configuration: ModelConfiguration(
                .gpt2, vocabularySize: 28, contextLength: 32, hiddenSize: 8, layerCount: 1, headCount: 2), seed: 1)
        let selected = pairs.selecting(rows: [0, 1, 3])
        let scorer = try selected.scorer(tokenizer: LetterTokenizer(), profile: .driftscope, contextLength: 32)
        let table = scorer.score(model, perToken: false)
        #expect(table.counts(of: known.faults(of: pairs)) == ["odd": 2, "repeated": 1])
        #expect(table.counts(of: [:]).isEmpty)
    }

    @Test(
        "A list of another form is refused with its line",
        arguments: [
            ("benchmark,item\na,b", "fault"), ("benchmark,item,fault\na,b,", "line 2"),
            ("benchmark,item,fault\na,,c", "line 2"), ("benchmark,item,fault\na,b,all", "line 2"),
            ("benchmark,item,fault\na,b,c\na,b,c", "line 3"),
        ])
    func form(text: String, hint: String) throws {
        let path = try file("bad.csv", text)
        let error = #expect(throws: InputError.self) { try ItemFaults.read(path) }
        #expect(error.map { "\($0)".contains(hint) } == true, "\(error.map { "\($0)" } ?? "")")
    }

    @Test("The list in data/ names what threads tell of, and no text")
    func builtIn() throws {
        let known = try ItemFaults.read(BuiltInStudy.path("item-faults.csv"))
        #expect(
            Set(known.names) == [
                "doubtful-pair", "repeated-pair", "case-mismatch", "blank-first", "blank-glued", "several-blanks",
                "identical-sentences",
            ])
        let table = try CSVTable.read(BuiltInStudy.path("item-faults.csv"))
        let item = try table.column("item")
        #expect(table.records.count == 927)
        #expect(table.records.allSatisfy { $0.fields[item].wholeMatch(of: /[0-9a-f]{16,32}(#2)?/) != nil })
    }

    @Test(
        "In the public files the items are found, and only those that have the fault",
        .enabled(if: publicData != nil, "DRIFTSCOPE_DATA names no folder"))
    func publicFiles() throws {
        let data = try #require(publicData)
        let known = try ItemFaults.read(BuiltInStudy.path("item-faults.csv"))
        func counts(_ faults: [Int: [String]]) -> [String: Int] {
            faults.values.flatMap { $0 }.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
        let pairs = try CrowSPairs.read(data + "/crows_pairs/crows_pairs_anonymized.csv")
        #expect(known.faults(of: pairs) == [709: ["doubtful-pair"], 1502: ["repeated-pair"]])
        // Any part and any order of the rows.
        var reversed = pairs
        reversed.items.reverse()
        #expect(counts(known.faults(of: reversed)) == ["doubtful-pair": 1, "repeated-pair": 1])

        let stereoset = try StereoSet.read([data + "/stereoset/dev.json"], labels: [:])
        let found = known.faults(of: stereoset[0])
        #expect(counts(found) == ["blank-first": 19, "blank-glued": 2, "several-blanks": 2, "case-mismatch": 792])
        #expect(known.faults(of: stereoset[1]).isEmpty)
        for item in stereoset[0].items {
            let faults = found[item.row] ?? []
            #expect(faults.contains("blank-first") == item.context.hasPrefix("BLANK"))
            let parts = item.context.components(separatedBy: "BLANK")
            #expect(faults.contains("several-blanks") == (parts.count > 2))
            guard parts.count == 2 else { continue }
            let fits = item.texts.allSatisfy { $0.hasPrefix(parts[0]) && $0.hasSuffix(parts[1]) }
            #expect(faults.contains("case-mismatch") == !fits)
        }
    }
}
