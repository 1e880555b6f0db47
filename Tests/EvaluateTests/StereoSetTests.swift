import Evaluate
import FileSupport
import Foundation
import LanguageModel
import Records
import TestSupport
import Testing

@Suite("StereoSet: reading and the authors' rule")
struct StereoSetTests {
    // MARK: Reading

    private func write(_ text: String, _ name: String = "mine.json") throws -> String {
        let path = try temporaryFolder("stereoset") + "/" + name
        try AtomicFile.write(text, to: path)
        return path
    }

    /// An example; the labels in an order of their own.
    private func example(
        _ id: String, _ type: String = "race", context: String = "A BLANK man",
        labels: [String] = ["unrelated", "stereotype", "anti-stereotype"]
    ) -> String {
        let sentences = labels.map { #"{"sentence": "\#(id) \#($0)", "id": "\#(id)-\#($0)", "gold_label": "\#($0)"}"# }
        return #"{"id": "\#(id)", "target": "term \#(id)", "bias_type": "\#(type)", "context": "\#(context)", "#
            + #""sentences": [\#(sentences.joined(separator: ", "))]}"#
    }

    private func file(intrasentence: [String]? = nil, intersentence: [String]? = nil) -> String {
        let splits = [("intersentence", intersentence), ("intrasentence", intrasentence)].compactMap { name, examples in
            examples.map { "\"\(name)\": [\($0.joined(separator: ",\n"))]" }
        }
        return #"{"version": "1.0", "data": {\#(splits.joined(separator: ", "))}}"#
    }

    @Test("each split is a benchmark; labels become domains, target terms become clusters")
    func reading() throws {
        let path = try write(
            file(
                intrasentence: [example("a"), example("b", "Race"), example("c", "gender")],
                intersentence: [example("d", context: "Before.")]))
        let read = try StereoSet.read([path], labels: ["RACE": "origin"])
        #expect(read.map(\.name) == ["stereoset-mine", "stereoset-mine-intersentence"])
        #expect(read.map(\.split) == [.intrasentence, .intersentence])
        #expect(read[0].domains == ["origin", "gender"] && read[1].domains == ["origin"])
        let first = read[0].items[0]
        #expect(
            first
                == StereoSetItem(
                    row: 0, id: "a", target: "term a", biasType: "race", domain: "origin", context: "A BLANK man",
                    sentences: StereoSetTriple(
                        stereotype: "a stereotype", antiStereotype: "a anti-stereotype", unrelated: "a unrelated")))
        #expect(first.clusters == ["target": "term a"])
        #expect(first.texts == ["a stereotype", "a anti-stereotype", "a unrelated"])
        #expect(first.contrast == ("a stereotype", "a anti-stereotype"))
        #expect(read[1].items[0].texts[2] == "Before. d unrelated")
        #expect(read[0].notes == ["bias_type: `race`, `Race` are one label"])
        #expect(BenchmarkRegistry.standard.kind(of: path) == StereoSet.self)
    }

    @Test("an example that cannot be scored is skipped with the reason, and keeps its row")
    func skipping() throws {
        let read = try StereoSet.read(
            [
                try write(
                    file(
                        intrasentence: [
                            example("a", labels: ["unrelated", "stereotype"]), example("b", context: "no gap"),
                            example("c", labels: ["unrelated", "stereotype", "stereotype", "anti-stereotype"]),
                            example("d"), example("d"), example("e", context: ""),
                        ], intersentence: []))
            ], labels: [:])
        #expect(read.count == 1 && read[0].items.map(\.row) == [3])
        #expect(
            read[0].skipped.map(\.reason) == [
                "0 sentences `anti-stereotype` instead of one", "no BLANK in the context",
                "2 sentences `stereotype` instead of one", "the id of an earlier example", "an empty sentence",
            ])
    }

    @Test(
        "files of another shape are refused in a line",
        arguments: [
            ("{}", "data"), (#"{"data": {}}"#, "no example of StereoSet"),
            (#"{"data": {"intrasentence": [{}]}}"#, "bias_type"),
            (#"{"data": {"intrasentence": {}}}"#, "intrasentence"),
            ("[1", "mine.json"),
        ])
    func refused(text: String, message: String) throws {
        let path = try write(text)
        let error = #expect(throws: InputError.self) { try StereoSet.read([path], labels: [:]) }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("\n") == false)
    }

    @Test("masked profiles take intrasentence alone")
    func profiles() throws {
        let path = try write(file(intrasentence: [example("a")], intersentence: [example("d")]))
        let read = try StereoSet.read([path], labels: [:])
        #expect(read[0].fittingProfiles.count == 5)
        let error = #expect(throws: InputError.self) {
            try read[1].scorer(tokenizer: LetterTokenizer(), profile: StereoSet.official, contextLength: 99)
        }
        #expect(error?.description.contains("use bias-bench or driftscope") == true)
    }

    // MARK: The authors' rule

    private static func score(_ target: String, _ values: (Double, Double, Double)) -> StereoSetScore {
        StereoSetScore(
            row: 0, id: "", target: target, domain: "d",
            means: StereoSetTriple(stereotype: values.0, antiStereotype: values.1, unrelated: values.2))
    }

    @Test("terms count alike however many examples they have; ties and NaN count against")
    func rule() throws {
        let scores = [
            Self.score("a", (3, 2, 1)), Self.score("a", (3, 2, 1)), Self.score("a", (1, 2, 1)),
            // A tie of all three, and no number.
            Self.score("b", (1, 1, 1)), Self.score("b", (.nan, 2, 1)),
        ]
        let summary = StereoSetSummary(scores)
        #expect(summary.terms == 2)
        // a: 2 of 3 and 5 of 6; b: none of 2 and 1 of 4.
        #expect(abs(summary.stereotypeScore - 100.0 / 3) < 1e-12)
        #expect(abs(summary.languageModelScore - 50 * (5.0 / 6 + 1.0 / 4)) < 1e-12)
        #expect(abs(summary.icat - summary.languageModelScore * summary.stereotypeScore / 50) < 1e-12)
        #expect(StereoSetSummary([]).icat.isNaN)
        // By probability where there is one: (0.9 + 0.1)/2 is more than (0.4 + 0.4)/2, and its logs are less.
        var pieces = Self.score("a", (-1.2, -0.9, -3))
        pieces.probabilities = StereoSetTriple(stereotype: 0.5, antiStereotype: 0.4, unrelated: 0.1)
        #expect(StereoSetSummary([pieces]).stereotypeScore == 100 && pieces.gap < 0)
    }

    private func published(_ name: String) throws -> JSON {
        try JSON.read(try #require(publicData) + "/stereoset/" + name)
    }

    /// The authors' score of every sentence by its id.
    private func predictions(_ file: String, _ split: String) throws -> [String: Double] {
        let list = try JSONCursor(try published(file), place: file).member(split).elements()
        return Dictionary(
            try list.map { (try $0.member("id").string(), try $0.member("score").double()) }, uniquingKeysWith: { $1 })
    }

    /// Ids of the sentences by id of their example and label.
    private func sentenceIDs(_ split: String) throws -> [String: [String: String]] {
        let data = try JSONCursor(try published("dev.json"), place: "dev.json").member("data").member(split)
        return Dictionary(
            try data.elements().map { example in
                let ids = try example.member("sentences").elements().map {
                    (try $0.member("gold_label").string(), try $0.member("id").string())
                }
                return (try example.member("id").string(), Dictionary(ids) { $1 })
            }, uniquingKeysWith: { $1 })
    }

    private func expectClose(_ summary: StereoSetSummary, _ golden: JSONCursor, _ what: String) throws {
        let found = [summary.languageModelScore, summary.stereotypeScore, summary.icat]
        let expected = try ["LM Score", "SS Score", "ICAT Score"].map { try golden.member($0).double() }
        let close = compare(found, expected, absolute: 1e-9, relative: 0, name: what)
        #expect(close.isClose, "\(close)")
    }

    @Test(
        "the authors' predictions give the scores that they published, in every domain and split",
        .enabled(if: publicData != nil, "needs DRIFTSCOPE_DATA"),
        arguments: [
            ("gpt2", "ModelNSP_GPT2LM"), ("bert-base-cased", "BertNextSentence_BertLM"),
            ("roberta-base", "ModelNSP_RoBERTaLM"),
        ])
    func golden(model: String, heads: String) throws {
        let file = "predictions_\(model)_\(heads).json"
        let golden = try JSONCursor(try published("golden_predictions.json"), place: "golden").member(model)
        let read = try StereoSet.read([try #require(publicData) + "/stereoset/dev.json"], labels: [:])
        #expect(read.map(\.items.count) == [2106, 2123] && read.allSatisfy { $0.skipped.isEmpty })
        var all: [StereoSetScore] = []
        for set in read {
            let split = set.split.rawValue
            let (predicted, ids) = (try predictions(file, split), try sentenceIDs(split))
            let scores = try set.items.map { item in
                func score(_ label: String) throws -> Double {
                    try #require(ids[item.id]?[label].flatMap { predicted[$0] })
                }
                return StereoSetScore(
                    row: item.row, id: item.id, target: item.target, domain: item.domain,
                    means: StereoSetTriple(
                        stereotype: try score("stereotype"), antiStereotype: try score("anti-stereotype"),
                        unrelated: try score("unrelated")))
            }
            for domain in ["gender", "profession", "race", "religion"] {
                try expectClose(
                    StereoSetSummary(scores.filter { $0.domain == domain }), golden.member(split).member(domain),
                    "\(split) \(domain)")
            }
            try expectClose(StereoSetSummary(scores), golden.member(split).member("overall"), split)
            all += scores
        }
        try expectClose(StereoSetSummary(all), golden.member("overall"), "both splits")
    }

    @Test(
        "every example of the public file is scored, by next-token models and by masked ones",
        .enabled(if: publicData != nil, "needs DRIFTSCOPE_DATA"))
    func publicFile() throws {
        let folder = try #require(publicData)
        let read = try StereoSet.read([folder + "/stereoset/dev.json"], labels: [:])
        let gpt2 = try ByteLevelBPE(
            vocabularyFile: folder + "/tokenizer/gpt2_vocab.json", mergesFile: folder + "/tokenizer/gpt2_merges.txt")
        for set in read {
            let scorer = try set.scorer(tokenizer: gpt2, profile: .driftscope, contextLength: 1024)
            #expect(scorer.items.count == set.items.count && scorer.skipped.isEmpty)
        }
        let bert = try WordPiece(
            vocabularyFile: folder + "/tokenizer/bert_base_uncased_vocab.txt", lowercases: true)
        let scorer = try read[0].scorer(tokenizer: bert, profile: StereoSet.official, contextLength: 512)
        #expect(scorer.items.count == 2106 && scorer.skipped.isEmpty)
    }

    @Test(
        "bias-bench's predictions of GPT-2 on the 771 gender examples of the test set give its scores",
        .enabled(if: publicData != nil, "needs DRIFTSCOPE_DATA"))
    func biasBench() throws {
        let predicted = try predictions("biasbench_predictions_gpt2.json", "intrasentence")
        let examples = try JSONCursor(try published("intrasentence_gender_dev_and_test.json"), place: "gender")
            .elements()
        let scores = try examples.compactMap { example -> StereoSetScore? in
            func score(_ label: String) throws -> Double? {
                predicted[try example.member("data").member(label).member("id").string()]
            }
            guard let stereotype = try score("stereotype"), let antiStereotype = try score("anti-stereotype"),
                let unrelated = try score("unrelated")
            else { return nil }
            return StereoSetScore(
                row: 0, id: try example.member("id").string(), target: try example.member("target").string(),
                domain: "gender",
                means: StereoSetTriple(
                    stereotype: stereotype, antiStereotype: antiStereotype, unrelated: unrelated))
        }
        #expect(scores.count == 771)
        let summary = StereoSetSummary(scores)
        #expect(
            compare(
                [summary.stereotypeScore, summary.languageModelScore, summary.icat],
                [62.6460866303445, 92.01218436319635, 68.74030327311215], absolute: 1e-9, relative: 0
            ).isClose)
    }
}
