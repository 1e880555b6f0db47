import Analyze
import ArgumentParser
import FileSupport
import Foundation
import Report
import Study
import StudyFiles

struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        "Run a study: snapshot, forget, snapshot again, score, analyse, report.",
        examples: "driftscope run examples/gpt2-gender.yaml --set model=models/gpt2 --out out/gpt2-gender",
        "driftscope run examples/gpt2-gender.yaml --set model=models/gpt2 --dry-run",
        note: """
            The study file is described in docs/study-file.md.
            """)

    @Argument(help: "The study file (YAML); built-in is the study of the demo.")
    var study: String

    @Option(name: .long, help: "The run folder; new, or an interrupted run with --resume.")
    var out = "out/run"

    @Flag(name: .long, help: "Check all inputs and tell what each stage would take; write nothing.")
    var dryRun = false

    @OptionGroup var choices: RunOptions

    @OptionGroup var common: CommonOptions

    func run() throws {
        if let stages = try StudyStages.read(study, overrides: choices.overrides) { return try run(stages) }
        let progress = try common.start(
            reading: choices.resume ? out : nil, verifying: choices.verification.verifying,
            resuming: choices.resume)
        let file = try StudyFile.named(study, overrides: choices.overrides)
        if dryRun {
            let result = try DryRun.run(file, folder: out, resume: choices.resume, progress: progress)
            return try result.print(asJSON: common.json)
        }
        try execute(file, out: out, choices, common: common, progress: progress)
    }
}

extension Run {
    /// A study in stages, a run a stage.
    private func run(_ stages: StudyStages) throws {
        let folders = StagesRun.folders(stages, in: out)
        let progress = try common.start(
            resuming: choices.resume ? folders.filter(RunFolder.holdsNumbers) : [],
            verifying: choices.verification.verifying)
        if dryRun {
            for (stage, folder) in zip(stages.studies, folders) {
                let result = try DryRun.run(stage, folder: folder, resume: false, progress: progress)
                if !common.json { try Console.print("stage \(stage.domains.forgotten)\n") }
                try result.print(asJSON: common.json)
            }
            return
        }
        let summary = try StagesRun.run(stages, folder: out, options: choices.options, progress: progress)
        guard !common.json else { return try Console.print(summary.json) }
        for (index, stage) in summary.stages.enumerated() {
            try Console.print("stage \(index + 1), \(stage.domain.oneLine) forgotten:\n")
            try printVerdicts(stage.verdicts)
        }
        try Console.print("open \(out)/stages.html\n")
    }
}

/// Runs a study and prints what it came to; shared by `run` and `demo`.
func execute(
    _ study: StudyFile, out: String, _ choices: RunOptions, common: CommonOptions, progress: ProgressLine
) throws {
    let started = Date()
    let summary = try StudyRun.run(study, folder: out, options: choices.options, progress: progress)
    progress.finishLine()
    guard !common.json else { return try Console.print(summary.json) }
    try printSummary(summary)
    let seconds = Int(Date().timeIntervalSince(started).rounded())
    let memory = NumberText.fixed(Double(ProcessMemory.peak) / 0x1p30, 1)
    try Console.print("done in \(seconds) s, at most \(memory) GiB of memory; open \(out)/report.html\n")
}

/// The verdicts and the gates, a line each.
func printSummary(_ summary: RunSummary) throws {
    try printVerdicts(summary.verdicts)
    try printGates(summary.gates)
}

func printVerdicts(_ verdicts: [Verdict]) throws {
    let width = verdicts.map(\.domain.oneLine.count).max() ?? 0
    for verdict in verdicts {
        let name = verdict.domain.oneLine
        let space = String(repeating: " ", count: width - name.count)
        try Console.print("\(name)\(space)  \(verdict.outcome.rawValue)\n  \(verdict.sentence.oneLine)\n")
    }
}

func printGates(_ gates: [GateResult]) throws {
    for gate in gates {
        try Console.print("gate \(gate.status.rawValue): \(gate.expression.oneLine) (\(gate.reason.oneLine))\n")
    }
}

/// An argument as a shell would read it back.
func shellQuoted(_ text: String) -> String {
    let plain = text.utf8.allSatisfy { byte in
        (byte >= 0x30 && byte <= 0x39) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A)
            || "/._-=+,:@%".utf8.contains(byte)
    }
    return plain && !text.isEmpty ? text : "'" + text.replacing("'", with: "'\\''") + "'"
}
