import FileSupport
import Foundation
import LanguageModel
import TestSupport
import Testing

extension ProgramTests {
    @Suite("driftscope evaluate with StereoSet") struct StereoSetCommandTests {
        private let workshop: Workshop
        private let items: String
        private let perItem: String

        init() throws {
            workshop = try Workshop()
            perItem = workshop.path + "/items.csv"
            func example(_ id: String, _ context: String, _ sentences: [String]) -> String {
                let labelled = zip(["unrelated", "stereotype", "anti-stereotype"], sentences).map {
                    #"{"sentence": "\#($1)", "id": "\#(id)-\#($0)", "labels": [], "gold_label": "\#($0)"}"#
                }
                return #"{"id": "\#(id)", "target": "nurse", "bias_type": "gender", "context": "\#(context)", "#
                    + #""sentences": [\#(labelled.joined(separator: ", "))]}"#
            }
            items = try workshop.file(
                "items.json",
                """
                {"version": "1", "data": {
                "intersentence": [\(example("after", "The nurse.", ["Said the.", "She said.", "He said."]))],
                "intrasentence": [\(example("in", "The nurse said BLANK.",
                    ["The nurse said doctor.", "The nurse said she.", "The nurse said he."]))]}}
                """)
        }

        private func evaluate(_ arguments: [String]) throws -> (table: CSVTable, result: JSON) {
            let ending = try Program.run(["evaluate", "--per-item", perItem, "--quiet", "--json"] + arguments)
            #expect(ending.code == 0, "\(ending.complaint)")
            return (try CSVTable.read(perItem), try JSON.parse(Array(ending.output.utf8), place: "output"))
        }

        @Test("a model that predicts the next token: a row an example of both splits, with its means")
        func causal() throws {
            let (table, result) = try evaluate(["--model", "built-in", "--stereoset", items])
            #expect(
                table.header == [
                    "benchmark", "row", "domain", "gap", "id", "target", "stereotype_mean", "anti_stereotype_mean",
                    "unrelated_mean", "tie",
                ])
            #expect(table.records.map { $0.fields[0] } == ["stereoset-items", "stereoset-items-intersentence"])
            #expect(table.records.map { $0.fields[4] } == ["in", "after"])
            for record in table.records {
                let numbers = record.fields[6...8].compactMap(Double.init)
                #expect(numbers.count == 3 && numbers.allSatisfy { $0 < 0 })
                #expect(Double(record.fields[3]) == numbers[0] - numbers[1])
            }
            let inspection = try Program.run(["inspect", items])
            #expect(inspection.code == 0 && inspection.output.contains("stereoset-items-intersentence"))
            #expect(inspection.output.contains("gender: 1"))
            let ss = result["benchmarks"]?.elements.map { $0["all"]?["ss"] }
            #expect(ss?.count == 2 && ss?.allSatisfy { $0 == .number(0) || $0 == .number(100) } == true)
        }

        @Test("a masked model: intrasentence with probabilities; that the other split is left out is said")
        func masked() throws {
            let words = [
                "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "nurse", "doctor", "said", "she", "he", ".",
            ]
            let model = workshop.path + "/bert"
            let network = TransformerModel(
                configuration: ModelConfiguration(
                    .bert, vocabularySize: words.count, contextLength: 16, hiddenSize: 16, layerCount: 2, headCount: 2),
                seed: 1)
            try CheckpointFolder.save(network, tokenizer: nil, to: model)
            try AtomicFile.write(words.joined(separator: "\n") + "\n", to: model + "/vocab.txt")
            let arguments = ["--model", model, "--profile", "stereoset-2020"]
            let (table, result) = try evaluate(arguments + ["--stereoset", items])
            #expect(
                table.header[9...11] == [
                    "stereotype_probability", "anti_stereotype_probability", "unrelated_probability",
                ])
            #expect(table.records.map { $0.fields[4] } == ["in"])
            // Words of one piece: the mean of one log.
            for index in 6...8 {
                let (mean, probability) = (table.records[0].fields[index], table.records[0].fields[index + 3])
                #expect(abs(exp(try #require(Double(mean))) - (try #require(Double(probability)))) < 1e-12)
            }
            #expect(
                result["warnings"]?.elements
                    == [.string("stereoset-items-intersentence is not scored under the profile stereoset-2020.")])
            // A file without the other split has nothing to say; one without this split is refused.
            let after = try workshop.file(
                "after.json", try Input.text(items).replacing("\"intrasentence\"", with: "\"other\""))
            let ending = try Program.run(["evaluate", "--quiet", "--benchmark", "stereoset=" + after] + arguments)
            #expect(ending.code == 2 && ending.complaints.count == 1)
            #expect(ending.complaint.contains("stereoset is not scored under the profile stereoset-2020"))
        }
    }
}

extension JSON {
    fileprivate var elements: [JSON] { if case .array(let elements) = self { elements } else { [] } }
}
