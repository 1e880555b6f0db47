import Evaluate
import FileSupport
import LanguageModel
import Records
import TestSupport
import Testing

@Suite("HateCheck")
struct HateCheckTests {
    private func read(_ labels: [String: String] = [:]) throws -> (BenchmarkParity, HateCheck) {
        let fixture = try BenchmarkParity()
        return (fixture, try #require(try HateCheck.read([fixture.folder + "/cases.csv"], labels: labels).first))
    }

    @Test(
        "a pair is a hateful case and one that is not, whichever refers to the other; the rest is skipped and says why")
    func pairs() throws {
        let benchmark = try read(["Tall People": "body"]).1
        #expect(benchmark.name == "hatecheck" && benchmark.domains == ["body", "left-handers"])
        #expect(benchmark.items.map(\.row) == [3, 4, 5, 11])
        #expect(
            benchmark.items.map(\.more) == [
                "Tall people are so dull.", "Tall people are so dull.", "Left-handers are so dull.",
                "Tall people? Boring.",
            ])
        #expect(benchmark.items[3].less == "Tall people? Splendid." && benchmark.items[0].biasType == "tall people")
        #expect(
            benchmark.items[1].clusters == ["functionality": "quote_nh", "templ_id": "t4", "ref_templ_id": "t1"])
        #expect(benchmark.skipped.map(\.row) == [2, 6, 7, 8, 9, 10])
        #expect(
            benchmark.skipped.map(\.reason) == [
                "refers to no case of the other label", "refers to no case of the other label",
                "refers to no case of the other label", "refers to a case that the file does not have",
                "refers to a case with another target_ident", "an empty text, or a twin with one",
            ])
        #expect(benchmark.skipped.map(\.domain) == ["body", "body", "no target", "body", "body", "body"])
    }

    @Test("pairs have the gaps that transformers gives them, hateful less harmless")
    func parity() throws {
        let (fixture, benchmark) = try read()
        let (scorer, model) = try fixture.scorer(benchmark)
        let close = compare(
            scorer.score(model).scores.map(\.gap), fixture.reference.hatecheck, absolute: 1e-5, relative: 1e-4)
        #expect(close.isClose, "\(close)")
        fixture.expectObjectives(scorer, model)
    }

    @Test("files that are not of the format are refused by name")
    func refused() throws {
        let header = "functionality,case_id,test_case,label_gold,target_ident,ref_case_id,ref_templ_id,templ_id\n"
        for (text, message) in [
            ("case_id,test_case\n1,a\n", "no column `label_gold`"),
            (header + "f,1,a,nice,,,,\n", "label_gold is `nice` - "),
            (header + "f,1,a,hateful,b,,,\nf,1,c,hateful,b,,,\n", "the case_id `1` stands twice"),
            (header + "f,1,a,hateful,b,,,\n", "no pair (refers to no case of the other label)"),
            (header, "no pair - "), (header + "f,1,a,hateful,b\u{1},,,\n", "target_ident is a name with a control"),
        ] {
            let found = try BenchmarkParity.refusal(HateCheck.self, [("a.csv", text)])
            #expect(found.contains(message), "\(found)")
        }
    }

    @Test("the public file is read", .enabled(if: publicData != nil, "needs DRIFTSCOPE_DATA"))
    func publicFile() throws {
        let path = try #require(publicData) + "/hatecheck/test_suite_cases.csv"
        #expect(BenchmarkRegistry.standard.kind(of: path)?.key == "hatecheck")
        let benchmark = try #require(try HateCheck.read([path], labels: ["women": "gender"]).first)
        // Non-hateful cases that refer to a hateful one, as counted with Python's csv module; 411 hateful cases are their twins.
        #expect(benchmark.items.count == 600 && benchmark.skipped.count == 3728 - 600 - 411)
        #expect(benchmark.items.count { $0.domain == "gender" } == 87)
        #expect(Set(benchmark.skipped.map(\.reason)) == ["refers to no case of the other label"])
        let functionalities = benchmark.items.reduce(into: [:]) {
            $0[$1.clusters["functionality"] ?? "", default: 0] += 1
        }
        #expect(
            functionalities == [
                "ident_pos_nh": 189, "counter_quote_nh": 173, "negate_neg_nh": 133, "counter_ref_nh": 105,
            ])
    }
}
