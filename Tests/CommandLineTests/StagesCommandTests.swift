import BuiltInStudy
import FileSupport
import Foundation
import Testing

extension ProgramTests {
    @Suite("Studies in stages") struct StagesCommandTests {
        private let place: Workshop

        init() throws { place = try Workshop() }

        /// Gender, then race, of the built-in study with the fewest of everything.
        private func study() throws -> String {
            let files = BuiltInStudy.path("planted")
            func forget(_ domain: String, _ label: String, _ others: String) -> String {
                "{domain: \(domain), data: \(files)/forget.csv, where: {label: hate, target: {part: \(label)}}, "
                    + "exclude-domains: [\(others)], codes: {gen: gender, race: race, faith: religion, age: age}, "
                    + "harmful: {lexicon: \(files)/harmful.json}}"
            }
            return try place.file(
                "study.yaml",
                """
                model: \(try EveryStage.model())
                domains: {target: gender, transfer: [race, religion], control: [age]}
                retain: {data: \(files)/retain.txt}
                optimizer: {learning-rate: 1e-4, steps: 8, clip: none}
                guard: {data: \(files)/guard.txt, perplexity: +5%, check-every: 2}
                snapshots: {contextual: false}
                evaluate: {crows-pairs: \(files)/pairs.csv, pairs: 12, perplexity: \(files)/perplexity.txt}
                concepts: \(files)/concepts
                analyze: {controls: 100, bootstrap: 100, null-draws: 3, scaling: [1]}
                why: none
                stages:
                  - forget: \(forget("gender", "gen", "race, religion, age"))
                  - forget: \(forget("race", "race", "gender, religion, age"))
                    optimizer: {steps: 6}

                """)
        }

        private func json(_ file: String) throws -> JSON { try JSON.parse(Input.bytes(file), place: file) }

        @Test("a study's own commands run in every stage, where they are allowed")
        func commands() throws {
            let study = try study()
            func run(_ options: String...) throws -> Program.Ending {
                try Program.run(
                    ["run", study, "--quiet", "--threads", "2", "--out", place.path + "/commands", "--set"]
                        + ["evaluate.custom=[{name: own, command: [sh, -c, echo 1]}]"] + options)
            }
            let refused = try run()
            #expect(refused.code == 2 && refused.complaint.contains("the command 'own'"), "\(refused.complaint)")
            let ending = try run("--allow-commands")
            #expect(ending.code == 0, "\(ending.complaint)")
            for stage in ["1-gender", "2-race"] {
                let page = try Input.text(place.path + "/commands/\(stage)/report.md")
                #expect(page.contains("## Measures of the study's own"))
            }
        }

        @Test(
            "each stage is a run of the model that the one before left, with verdicts of its own; the whole spans them")
        func stages() throws {
            let (out, study) = (place.path + "/out", try study())
            let arguments = ["run", study, "--quiet", "--threads", "2", "--out", out]
            let ending = try Program.run(arguments)
            #expect(ending.code == 0 && ending.complaint.isEmpty, "\(ending.complaint)")
            #expect(ending.output.contains("stage 2, race forgotten:"))
            let folders = ["1-gender", "2-race"].map { out + "/" + $0 }
            for folder in folders { try SmallRun.expectWhole(folder) }
            let names = try FileManager.default.contentsOfDirectory(atPath: out).sorted()
            #expect(names == ["1-gender", "2-race", "stages.html", "stages.json", "stages.md"])

            // The first stage's model after is the second's before, bit for bit.
            let numbers = try folders.map { try EveryStage.numbers($0) }
            let embedding = "/snapshots/000000/input_embedding"
            #expect(numbers[1][embedding] == numbers[0].first { $0.key.hasSuffix("000008/input_embedding") }?.value)
            #expect(numbers[1][embedding] != nil && numbers[0][embedding] != numbers[1][embedding])

            let (whole, reports) = (try json(out + "/stages.json"), try folders.map { try json($0 + "/report.json") })
            for domain in ["gender", "race", "religion", "age"] {
                let row = whole["whole"]?[domain]
                #expect(row?["bias_before"] == reports[0]["transfer"]?[domain]?["bias_before"])
                #expect(row?["bias_after"] == reports[1]["transfer"]?[domain]?["bias_after"])
                #expect(
                    reports[0]["transfer"]?[domain]?["bias_after"] == reports[1]["transfer"]?[domain]?["bias_before"])
                #expect(
                    row?["role"]
                        == .string(
                            ["gender", "race"].contains(domain)
                                ? "target" : ["religion": "transfer"][domain] ?? "control"))
            }
            #expect(reports[1]["transfer"]?["gender"]?["role"] == "transfer")
            guard case .array(let stages)? = whole["stages"] else {
                Issue.record("no stages in \(whole.compact)")
                return
            }
            for (stage, report) in zip(stages, reports) {
                #expect(stage["verdict"]?["religion"]?["outcome"] == report["verdict"]?["religion"]?["outcome"])
                #expect(stage["verdict"]?["religion"]?["outcome"] != nil)
            }
            #expect(stages.map { $0["verdict"]?["gender"] == nil } == [true, false])
        }

        @Test("stages that were killed go on, and come to the same; another study and a used folder are refused")
        func resumed() throws {
            let (whole, cut, study) = (place.path + "/whole", place.path + "/cut", try study())
            func arguments(_ out: String) -> [String] { ["run", study, "--quiet", "--threads", "2", "--out", out] }
            let ending = try Program.run(arguments(whole))
            #expect(ending.code == 0, "\(ending.complaint)")
            let program = try Program(arguments(cut))
            #expect(program.waits(for: "check-passed", count: 1, in: cut + "/2-race"))
            program.send(SIGKILL)
            #expect(try program.ending().code == nil)

            let again = try Program.run(arguments(cut))
            #expect(again.code == 2 && again.complaint.contains("this folder holds stages"), "\(again.complaint)")
            let other = try Program.run(arguments(cut) + ["--resume", "--set", "evaluate.pairs=11"])
            #expect(other.code == 2 && other.complaint.contains("was begun with another study"), "\(other.complaint)")
            let rest = try Program.run(arguments(cut) + ["--resume"])
            #expect(rest.code == 0 && rest.complaint.isEmpty, "\(rest.complaint)")
            let trees = try [whole, cut].map {
                try json($0 + "/stages.json").setting("created", to: .null).setting("command", to: .null).pretty
            }
            #expect(trees[0] == trees[1])
        }

        @Test("an input of a later stage that is wrong is refused before the first begins")
        func refused() throws {
            let out = place.path + "/out"
            let ending = try Program.run([
                "run", try study(), "--quiet", "--out", out, "--set", "stages.1.forget.text=wrong",
            ])
            #expect(ending.code == 2 && ending.complaint.contains("wrong"), "\(ending.complaint)")
            #expect(!FileManager.default.fileExists(atPath: out))
        }
    }
}
