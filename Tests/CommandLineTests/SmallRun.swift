import FileSupport
import Foundation
import Testing

/// The built-in study, cut down to seconds.
enum SmallRun {
    /// The arguments of a run into `out`; a second run in the same folder needs the same `extra` settings.
    static func arguments(_ out: String, _ extra: [String] = []) -> [String] {
        let settings =
            [
                "optimizer.steps=8", "analyze.null-draws=3", "analyze.controls=100", "analyze.bootstrap=100",
                "analyze.scaling=[1]", "snapshots.contextual=false", "corpus=[]", "evaluate.pairs=24", "why.controls=2",
                "why.mediation=false",
            ] + extra
        return ["demo", "--quiet", "--threads", "2", "--out", out] + settings.flatMap { ["--set", $0] }
    }

    /// The comparable part of the report of a run that nothing disturbed.
    static func undisturbed(_ extra: [String] = []) throws -> JSON { try comparable(made(extra).path + "/run") }

    /// Copies a run that nothing disturbed to a new place.
    static func copyUndisturbed(to path: String, _ extra: [String] = []) throws {
        try FileManager.default.copyItem(atPath: made(extra).path + "/run", toPath: path)
    }

    /// The place of a run that nothing disturbed; made once for each set of settings.
    private static func made(_ extra: [String]) throws -> Workshop {
        try lock.withLock {
            if let known = runs[extra] { return known }
            // No object of a static property is ever given up.
            if runs.isEmpty { atexit { SmallRun.runs = [:] } }
            let place = try Workshop()
            let ending = try Program.run(arguments(place.path + "/run", extra))
            try #require(ending.code == 0, "\(ending.complaint)")
            runs[extra] = place
            return place
        }
    }

    /// report.json without what differs between two runs of the same study: time, identity and command line.
    static func comparable(_ run: String) throws -> JSON {
        let report = try JSON.parse(try Input.bytes(run + "/report.json"), place: run)
        let facts = try #require(report["run"])
        return report.setting("run", to: ["seeds": facts["seeds"] ?? .null, "threads": facts["threads"] ?? .null])
    }

    /// Checks that a run has ended well and came to the same as one that nothing disturbed.
    static func expectUndisturbed(_ run: String, _ extra: [String] = []) throws {
        // Compared as texts, and not shown: a report is a megabyte.
        let isSame = try comparable(run).pretty == undisturbed(extra).pretty
        #expect(isSame, "the report differs from that of an uninterrupted run")
        try expectWhole(run)
    }

    /// Checks that a run has ended once, and left its files alone.
    static func expectWhole(_ run: String) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: run).sorted()
        #expect(
            names == [
                "audit.jsonl", "checkpoint", "forgotten-words.jsonl", "report.html", "report.json", "report.md",
                "run.h5", "study.yaml",
            ])
        #expect(Program.events("analysed", in: run) >= 1)
        let verified = try Program.run(["inspect", run, "--verify"])
        #expect(verified.code == 0, "\(verified.complaint)")
    }

    private static let lock = NSLock()
    nonisolated(unsafe) private static var runs: [[String]: Workshop] = [:]
}
