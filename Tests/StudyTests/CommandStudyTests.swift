import BuiltInStudy
import Evaluate
import FileSupport
import Foundation
import LanguageModel
import Records
import RunStore
import Study
import StudyFiles
import TestSupport
import Testing

@Suite("A study's own commands") struct CommandStudyTests {
    private static let settings = [
        "analyze.null-draws=0", "analyze.controls=20", "analyze.bootstrap=400", "analyze.scaling=[1]",
        "optimizer.steps=4", "evaluate.pairs=5", "snapshots.contextual=false", "why=none",
    ]
    private let folder: String

    init() throws { folder = try temporaryFolder("commands") }

    private func script(_ text: String) throws -> String {
        let path = folder + "/score.sh"
        try AtomicFile.write("#!/bin/sh\n" + text, to: path)
        chmod(path, 0o755)
        return path
    }

    /// Prints the checksum of the model's weights modulo 1000 as the mean of six items.
    private func checksum() throws -> String {
        try script(
            #"""
            test -e "$1/config.json" && test -e "$1/tokenizer.json" || exit 9
            sum=$(($(cksum "$1/model.safetensors" | cut -d' ' -f1) % 1000))
            echo "scored $1" >&2
            printf '{"score": %s, "items": [' $sum
            for i in 1 2 3 4 5; do printf '{"id": %s, "score": %s}, ' $i $((sum + i)); done
            printf '{"id": "six", "score": %s}]}\n' $((sum - 15))
            """#)
    }

    private func study(_ path: String, _ more: [String] = [], seconds: Int = 600) throws -> StudyFile {
        let command = "{name: sum, command: ['\(path)', '{model}'], timeout-seconds: \(seconds)}"
        return try StudyFile.builtIn(overrides: Self.settings + ["evaluate.custom=[\(command)]"] + more)
    }

    private func run(_ study: StudyFile, allowed: Bool = true, resume: Bool = false) throws -> RunSummary {
        var options = StudyRun.Options()
        (options.allowsCommands, options.resume) = (allowed, resume)
        return try StudyRun.run(study, folder: folder + "/run", options: options)
    }

    @Test(
        "it scores both models from their folders; run.h5, report and audit log have the scores, the outputs are kept")
    func scores() throws {
        let path = try checksum()
        let report = try run(study(path)).json
        let command = try #require(try RunStore.read(folder + "/run").commands?.commands.first)
        #expect(command.name == "sum" && !command.lowerIsBetter && command.before != command.after)
        #expect(command.before.items.map(\.id) == ["1", "2", "3", "4", "5", "six"])
        // The same script by hand, on the checkpoint and on the model before as it is written.
        let before = folder + "/before"
        let loaded = try CheckpointFolder.load(BuiltInStudy.path("planted/model"))
        try CheckpointFolder.save(
            loaded.model, tokenizer: loaded.tokenizer, configJSON: loaded.configJSON, to: before)
        for (model, found) in [(before, command.before), (folder + "/run/checkpoint", command.after)] {
            let ending = try ChildCommand.run(
                [path, model], seconds: 60, output: folder + "/out", errors: folder + "/err",
                isInterrupted: { false })
            #expect(ending == .exited(0))
            let printed = try CommandScore(printed: Input.bytes(folder + "/out"), by: "sum", place: "out")
            #expect(printed == found)
        }
        let change = command.after.value - command.before.value
        #expect(report.at("custom.sum.before")?.asNumber == command.before.value)
        #expect(report.at("custom.sum.after")?.asNumber == command.after.value)
        // All items move by the same.
        for key in ["value", "lower", "upper"] {
            let found = try #require(report.at("custom.sum.change." + key)?.asNumber)
            #expect(abs(found - change) < 1e-9, "\(key)")
        }
        #expect(try Input.text(folder + "/run/report.md").contains("Measures of the study's own"))
        #expect(try Input.text(folder + "/run/audit.jsonl").contains("\"event\":\"command-ended\""))
        #expect(try Input.text(folder + "/run/commands/sum-after.stderr").hasPrefix("scored /"))
        #expect(!FileManager.default.fileExists(atPath: folder + "/run/parts"))
    }

    @Test("without leave nothing is run and nothing written; a program that is none is refused at once")
    func refused() throws {
        let path = try script("touch \(folder)/ran; echo 1")
        let error = #expect(throws: InputError.self) { try run(study(path), allowed: false) }
        #expect(error?.description.contains("the study runs the command 'sum': \(path) {model}") == true)
        #expect(error?.remedy == "add --allow-commands to run it")
        let missing = #expect(throws: InputError.self) { try run(study(folder + "/none.sh")) }
        #expect(missing?.what == "the command 'sum' is no program that can be run")
        for name in ["ran", "run"] { #expect(!FileManager.default.fileExists(atPath: folder + "/" + name)) }
    }

    @Test("a failing command is one error with its name, its code and its last line; mended, the run goes on")
    func failing() throws {
        let path = try script("[ -e \(folder)/flag ] && echo 2 && exit; echo one >&2; echo 'no flag' >&2; exit 3")
        let error = #expect(throws: InputError.self) { try run(study(path)) }
        #expect(error?.what == "the command 'sum' ended with code 3: no flag")
        try AtomicFile.write("", to: folder + "/flag")
        let report = try run(study(path), resume: true).json
        #expect(report.at("custom.sum.after")?.asNumber == 2)
        #expect(report.at("custom.sum.reason") == "the command prints no items")
    }

    @Test("a command that takes too long is ended")
    func slow() throws {
        let error = #expect(throws: InputError.self) {
            try run(study(try script("echo begun >&2; sleep 1000"), seconds: 1))
        }
        #expect(error?.what == "the command 'sum' did not end within 1 s: begun")
    }

    @Test("only a number, or a score with items, is taken")
    func printed() throws {
        func read(_ text: String) throws -> CommandScore {
            try CommandScore(printed: Array(text.utf8), by: "sum", place: "out")
        }
        #expect(try read(" -1.5e-3\n") == CommandScore(value: -0.0015))
        #expect(try read(#"{"score": 2}"#) == CommandScore(value: 2))
        for (text, message) in [
            ("", "printed nothing"), ("nan", "printed the score nan"), ("1 2", "printed no number: '1 2'"),
            ("[1]", "printed no number"), (#"{"score": "x"}"#, "score"),
            (#"{"items": []}"#, "the key score is missing"),
            (#"{"score": 1, "unit": "m"}"#, "an unknown key"),
            (#"{"score": 1, "items": [{"id": "a", "score": 1}, {"id": "a", "score": 2}]}"#, "two items of one id"),
            (#"{"score": 1, "items": [{"id": "a"}]}"#, "the key items[0].score is missing"),
        ] {
            let error = #expect(throws: InputError.self) { try read(text) }
            #expect(error?.description.contains(message) == true, "\(text): \(error?.description ?? "")")
        }
    }

    @Test("a budget on its score goes back to the last good state; every look is in the trajectory")
    func guarded() throws {
        // Its score falls by one at every call: looks at steps 0, 1, 2, …
        let path = try script(
            "n=$(cat \(folder)/calls 2>/dev/null || echo 0); echo $((n + 1)) > \(folder)/calls; echo $((100 - n))")
        let report = try run(study(path, ["guard.custom={sum: 1.5}", "guard.check-every=1"])).json
        let records = try RunStore.read(folder + "/run")
        #expect(records.trajectory.map { $0.guardScores["custom sum"] } == [100, 99, 98])
        #expect(records.metadata.outcome?.keptStep == 1)
        #expect(
            records.metadata.outcome?.reason.description
                == "custom sum reached 98 at step 2, beyond its budget, which ends at 98.5")
        #expect(report.at("trajectory")?.asElements?.first?.at("scores.custom_sum")?.asNumber == 100)
        #expect(try Input.text(folder + "/run/audit.jsonl").contains("\"guard-scores\":{\"custom sum\":99"))
    }
}

extension JSON {
    fileprivate var asElements: [JSON]? { if case .array(let elements) = self { elements } else { nil } }
}
