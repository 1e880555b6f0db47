import Embeddings
import FileSupport
import Foundation
import Report
import RunStore
import Study
import StudyFiles
import Unlearn

/// Runs: run.h5, the parts of a run that goes on, its state, study and audit log.
extension Reader {
    static let runBytes = run("run-bytes") { try $0.changeBytes() }
    static let runFields = run("run-fields") { try $0.changeField() }

    private static func run(
        _ kind: String, _ change: @escaping @Sendable (inout RunMutant) throws -> String
    ) -> Reader {
        Reader(
            kind: kind, targets: ["run.h5"], runChange: change, trial: "",
            makeSeeds: { seeds, folder in
                try seeds.makeEndedRun()
                for file in ["run.h5", "audit.jsonl"] {
                    try seeds.copy(seeds.endedRun + "/" + file, to: folder + "/ended/" + file)
                }
            },
            read: { mutant in
                let (run, progress) = (mutant.folder, ProgressLine.silent)
                try each(
                    { try RunIntegrity.requireHashes(RunReader(run)) },
                    { _ = try Inspection.of(run, isVerified: true) },
                    {
                        // The report of an analysis made anew, or of the one that is there.
                        _ =
                            mutant.number % 2 == 0
                            ? try RunAnalysis.finish(run, isVerified: false, progress: progress)
                            : try RunAnalysis.report(run, progress: progress, gates: [], formats: RunAnalysis.formats)
                    },
                    {
                        _ = try RunExport.write(
                            run, snapshot: "after",
                            format: ExportFormat.all[abs(mutant.number) % ExportFormat.all.count],
                            to: run + "/out", words: nil, delta: mutant.number % 3 == 0, replacing: true)
                    })
            })
    }

    static let runParts = openRun("run-parts", targets: [".h5"], trial: "") {
        try $0.below(2) == 0 ? $0.changeBytes() : $0.changeField()
    }
    static let unlearnState = openRun(
        "unlearn-state",
        targets: [
            ".state", "study.yaml", "audit.jsonl", "path-gradients/gender", "update-terms/forget",
            "checkpoint/model.safetensors", "checkpoint/config.json", "checkpoint/tokenizer.json",
        ], trial: nil)

    private static func openRun(
        _ kind: String, targets: [String], trial: String?,
        _ change: (@Sendable (inout RunMutant) throws -> String)? = nil
    ) -> Reader {
        Reader(
            kind: kind, targets: targets, runChange: change, trial: trial,
            makeSeeds: { seeds, folder in
                try seeds.makeOpenRun(folder + "/unlearning", after: "parts/unlearn/checked.state")
                try seeds.makeOpenRun(folder + "/explaining", after: "parts/update-terms")
            },
            read: { mutant in
                let run = mutant.folder
                var options = StudyRun.Options()
                options.resume = true
                options.registry = StoppingAscent.registry
                let study = try mutant.seeds.study(["objective.method=\(StoppingAscent.name)"])
                try each(
                    { try RunIntegrity.requireHashes(RunReader(run)) },
                    { _ = try Inspection.of(run, isVerified: true) },
                    { _ = try RunPacking.pack(run, to: run + "-packed.h5", replacing: true) },
                    {
                        _ = try DryRun.run(
                            study, folder: run, resume: true, registry: options.registry, progress: .silent)
                    },
                    { _ = try StudyRun.run(study, folder: run, options: options) })
            })
    }

    static let audit = Reader(
        kind: "audit", targets: ["audit.jsonl"],
        makeSeeds: { _, folder in
            try FileManager.default.createDirectory(atPath: folder + "/log", withIntermediateDirectories: true)
            let log = try AuditLog(path: folder + "/log/audit.jsonl") { Date(timeIntervalSince1970: 0) }
            for step in 0..<6 { try log.append("stage-ended", ["stage": "unlearning", "seconds": .integer(step)]) }
        },
        read: { mutant in
            _ = try AuditLog.verify(mutant.path)
            try AuditLog(path: mutant.path).append("stage-ended", ["stage": "report"])
        })

    static let exportWords = Reader(
        kind: "export-words", targets: ["words.txt"],
        makeSeeds: { seeds, folder in
            try seeds.makeEndedRun()
            try seeds.write("a\nb\n,\n s\n", to: folder + "/words/words.txt")
        },
        read: { mutant in
            _ = try RunExport.write(
                mutant.seeds.endedRun, snapshot: "after",
                format: ExportFormat.all[abs(mutant.number) % ExportFormat.all.count],
                to: mutant.folder + "/out", words: mutant.path, delta: false, replacing: true)
        })

    static let gate = Reader(
        kind: "gate", targets: ["gate.txt"],
        makeSeeds: { seeds, folder in
            try seeds.makeEndedRun()
            for (name, text) in [
                ("perplexity", "quality.perplexity.change > 0.1"), ("list", "transfer.0.before.value >= -1e-3"),
                ("count", "run.seeds.0 == 1"),
            ] { try seeds.write(text, to: folder + "/\(name)/gate.txt") }
        },
        read: { mutant in
            // Arguments of a process hold no NUL and are read as UTF-8.
            let text = String(decoding: try Input.bytes(mutant.path, mayBeEmpty: true), as: UTF8.self)
            _ = try Gate(parsing: text).evaluate(on: try JSON.read(mutant.seeds.endedRun + "/report.json"))
        })

    /// Does all of them, whatever an earlier one refuses, and says what the first has refused.
    static func each(_ steps: (() throws -> Void)...) throws {
        var first: (any Error)?
        for step in steps {
            do { try step() } catch {
                // Anything else than these two is worth more.
                if first == nil || !(error is InputError || error is UnfinishedError) { first = error }
                if !(error is InputError || error is UnfinishedError) { break }
            }
        }
        if let first { throw first }
    }
}
