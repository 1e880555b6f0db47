import BuiltInStudy
import FileSupport
import Foundation
import LanguageModel
import LinearAlgebra
import Testing

extension ProgramTests {
    @Suite("unlearn and scale") struct UnlearnCommandTests {
        private let place: Workshop
        private let forget = BuiltInStudy.path("planted/forget.csv")

        init() throws { place = try Workshop() }

        private func values(_ folder: String) throws -> [Float] {
            let model = try CheckpointFolder.load(folder).model
            return Array(model.values.buffer)
        }

        @Test("unlearn writes the checkpoint that the run of the same study writes, bit for bit, and says how")
        func sameAsRun() throws {
            let run = place.path + "/run"
            try SmallRun.copyUndisturbed(to: run)
            let out = place.path + "/model"
            let ending = try Program.run(
                ["unlearn", run + "/study.yaml", "--threads", "2", "--quiet", "--json", "--out", out])
            #expect(ending.code == 0, "\(ending.complaint)")
            let same = try Input.bytes(out + "/model.safetensors") == Input.bytes(run + "/checkpoint/model.safetensors")
            #expect(same)
            let record = try JSON.parse(try Input.bytes(out + "/unlearning.json"), place: out)
            #expect(record == (try JSON.parse(Array(ending.output.utf8), place: "unlearn")))
            let facts = JSONCursor(record, place: out)
            #expect(record["kept_step"] == 8 && record["strength"] == 1.0)
            #expect(try facts.member("steps").elements().count == 9)
            #expect(record["remarks"] == [])
            #expect(try facts.member("guard_after").member("perplexity").double() > 1)
            // What it wrote can be done again.
            let again = place.path + "/again"
            let second = try Program.run(
                ["unlearn", out + "/unlearning.yaml", "--threads", "2", "--quiet", "--out", again])
            #expect(second.code == 0, "\(second.complaint)")
            #expect(try values(again) == values(out))
        }

        @Test("files alone are enough, and strength is the share of the update")
        func strength() throws {
            let arguments = [
                "unlearn", "--model", "built-in", "--forget", forget, "--set", "optimizer.steps=4", "--set",
                "optimizer.learning-rate=1e-3", "--quiet", "--threads", "1",
            ]
            let ending = try Program.run(arguments + ["--out", place.path + "/whole"])
            #expect(ending.code == 0 && ending.output.contains("kept step 4"), "\(ending.complaint)")
            let frozen = try Program.run(arguments + ["--set", "parameters=layers 9", "--out", place.path + "/frozen"])
            #expect(frozen.output.contains("note: no parameter changed, bit for bit: frozen"), "\(frozen.complaint)")
            #expect(try Program.run(arguments + ["--out", place.path + "/back", "--strength=-0.5"]).code == 0)
            for (strength, out) in [("0", "none"), ("1", "all"), ("-0.5", "scaled")] {
                let scaled = try Program.run([
                    "scale", "--model", "built-in", "--after", place.path + "/whole", "--strength=" + strength,
                    "--quiet", "--out", place.path + "/" + out,
                ])
                #expect(scaled.code == 0, "\(scaled.complaint)")
            }
            let before = try values(BuiltInStudy.path("planted/model"))
            let whole = try values(place.path + "/whole")
            let again = try Program.run([
                "unlearn", place.path + "/whole/unlearning.yaml", "--threads", "1", "--quiet", "--out",
                place.path + "/again",
            ])
            #expect(again.code == 0, "\(again.complaint)")
            #expect(try values(place.path + "/again") == whole)
            #expect(before != whole)
            #expect(try values(place.path + "/none") == before)
            #expect(try values(place.path + "/all") == whole)
            let back = try values(place.path + "/back")
            #expect(try values(place.path + "/scaled") == back)
            var worst = 0.0
            for (index, value) in back.enumerated() {
                let wanted = 1.5 * Double(before[index]) - 0.5 * Double(whole[index])
                worst = max(worst, abs(Double(value) - wanted))
            }
            #expect(worst < 1e-6)
        }

        @Test("the folder of a run is its model after")
        func scaledRun() throws {
            let run = place.path + "/run"
            try SmallRun.copyUndisturbed(to: run)
            let out = place.path + "/half"
            let arguments = [
                "scale", "--model", "built-in", "--after", run, "--strength", "0.5", "--out", out, "--quiet",
            ]
            let ending = try Program.run(arguments)
            #expect(ending.code == 0 && ending.output.contains("strength 0.500"), "\(ending.complaint)")
            let record = try JSON.parse(try Input.bytes(out + "/scaling.json"), place: out)
            #expect(record["strength"] == 0.5)
            try expectRefused(arguments, ["the folder is not empty", "--force"], untouched: out)
        }

        @Test("what is missing or cannot be is one line, and nothing is written")
        func refusals() throws {
            let out = place.path + "/out"
            let unlearn = ["unlearn", "--model", "built-in", "--quiet", "--out", out]
            try expectRefused(unlearn, ["'data' is missing"], untouched: out)
            try expectRefused(
                ["unlearn", "--forget", forget, "--quiet", "--out", out], ["'model' is missing"], untouched: out)
            let whole = unlearn + ["--forget", forget]
            try expectRefused(whole + ["--retain", place.path + "/none.txt"], ["none.txt"], untouched: out)
            try expectRefused(whole + ["--strength", "nan"], ["a strength of nan"], untouched: out)
            try expectRefused(
                whole + ["--set", "objective.method=forget-all"], ["forget-all", "token-ascent"], untouched: out)
            try expectRefused(whole + ["--set", "guard.perplexity=+5%"], ["'data' is missing"], untouched: out)
            let small = TransformerModel(
                configuration: ModelConfiguration(
                    .gpt2, vocabularySize: 20, contextLength: 8, hiddenSize: 8, layerCount: 1, headCount: 1), seed: 1)
            try CheckpointFolder.save(small, tokenizer: nil, to: place.path + "/small")
            for file in ["vocab.json", "merges.txt", "tokenizer.json", "tokenizer_config.json"] {
                try FileManager.default.copyItem(
                    atPath: BuiltInStudy.path("planted/model/") + file, toPath: place.path + "/small/" + file)
            }
            try expectRefused(
                [
                    "scale", "--model", "built-in", "--after", place.path + "/small", "--strength", "2", "--quiet",
                    "--out", out,
                ],
                [], untouched: out)
        }
    }
}
