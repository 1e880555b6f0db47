import BuiltInStudy
import FileSupport
import Foundation
import Testing

extension ProgramTests {
    @Suite("generate") struct GenerateCommandTests {
        private let place: Workshop
        private let prompts: String

        init() throws {
            place = try Workshop()
            prompts = try place.file("prompts.txt", "the women are\nthe kings\n\nthe sons of\n")
        }

        @Test(
            "before, after and a random update go on with the same beginnings; harmful words are redacted unless shown")
        func sides() throws {
            let model = place.path + "/model"
            let unlearned = try Program.run([
                "unlearn", "--model", "built-in", "--forget", BuiltInStudy.path("planted/forget.csv"), "--set",
                "optimizer.steps=20", "--set", "optimizer.learning-rate=1e-3", "--quiet", "--out", model,
            ])
            #expect(unlearned.code == 0, "\(unlearned.complaint)")
            let out = place.path + "/said.jsonl"
            let arguments = [
                "generate", "--model", "built-in", "--after", model, "--prompts", prompts, "--samples", "40",
                "--max-tokens", "12", "--threads", "2", "--quiet", "--json",
            ]
            let ending = try Program.run(arguments + ["--out", out])
            #expect(ending.code == 0, "\(ending.complaint)")
            let said = try Input.text(out).split(separator: "\n").map { try JSON.parse(Array($0.utf8), place: out) }
            #expect(said.count == 120)
            let result = JSONCursor(try JSON.parse(Array(ending.output.utf8), place: "generate"), place: "generate")
            let models = try result.member("models")
            #expect(try models.members().map(\.key) == ["before", "after", "random_update"])
            func rate(_ model: String) throws -> Double {
                try models.member(model).member("harmful_words").member("value").double()
            }
            // What was forgotten is said less often than before, and than after a random update of its size.
            #expect(try rate("before") > 0.01 && rate("after") < 0.5 * rate("before"))
            #expect(try rate("after") < rate("random_update"))
            let upper = try models.member("after").member("harmful_words").member("change_interval").elements()[1]
                .double()
            #expect(upper < 0)
            let shown = place.path + "/shown.jsonl"
            #expect(try Program.run(arguments + ["--shown", "--out", shown]).code == 0)
            let redacted = try Input.text(out)
            let plain = try Input.text(shown)
            #expect(redacted.contains("… · ") && !plain.contains("… · "))
            #expect(plain.count(where: { $0 == "\n" }) == 120)
            // The same again, byte by byte.
            #expect(try Program.run(arguments + ["--shown", "--out", shown, "--force"]).code == 0)
            #expect(try Input.text(shown) == plain)
        }

        @Test("one model alone has no changes, and what cannot be is refused")
        func refusals() throws {
            let arguments = ["generate", "--model", "built-in", "--prompts", prompts, "--max-tokens", "5", "--quiet"]
            let ending = try Program.run(arguments)
            #expect(ending.code == 0 && !ending.output.contains("less before"), "\(ending.complaint)")
            for (option, value) in [
                ("--samples", "0"), ("--top-p", "0"), ("--temperature", "nan"), ("--max-tokens", "100000"),
            ] { try expectRefused(arguments + [option, value], ["out of range", option], untouched: prompts) }
            try expectRefused(arguments + ["--prompts", place.path + "/none"], ["none"], untouched: prompts)
            try expectRefused(arguments + ["--out", prompts], ["there is a file already"], untouched: prompts)
            let long = try place.file("long.txt", String(repeating: "kings ", count: 200) + "\n")
            try expectRefused(arguments + ["--prompts", long], ["prompt 1 fills the model's context"], untouched: long)
        }
    }
}
