import BuiltInStudy
import FileSupport
import Foundation
import RunStore
import Testing

/// The built-in study with every stage that a run can have, cut down to seconds: what kills, signals and copies are tried on.
///
/// A stage that comes later is tried as well: the stages are those that the audit log of an undisturbed run tells.
enum EveryStage {
    /// The fewest of everything, of a model of one block, so that each stage takes a second or less.
    private static let settings = [
        "optimizer.steps=6", "guard.check-every=2", "seeds=[1, 2]", "evaluate.pairs=12", "evaluate.every=3",
        "analyze.null-draws=3", "analyze.controls=100", "analyze.bootstrap=100", "analyze.scaling=[-1, 1]",
        "why.controls=1", "why.neutral-words=1", "corpus=[]",
    ]

    /// The arguments of a run into `out`, which is gone on with where it has begun.
    static func arguments(_ out: String) throws -> [String] {
        let model = try model()
        let settings =
            settings + ["model=" + model, "evaluate.weat=" + AtomicFile.folder(of: model) + "/people.jsonl"]
        return ["demo", "--quiet", "--threads", "2", "--out", out] + settings.flatMap { ["--set", $0] }
            + (FileManager.default.fileExists(atPath: out + "/study.yaml") ? ["--resume"] : [])
    }

    /// A model of the built-in study's words, a test of association beside it; made once.
    static func model() throws -> String {
        try modelLock.withLock {
            if let workshop { return workshop.path + "/model" }
            let place = try Workshop()
            let training = try place.file(
                "training.json", #"{"hiddenSize": 32, "layerCount": 1, "headCount": 2, "steps": 40}"#)
            _ = try place.file(
                "people.jsonl",
                """
                {"targ1": {"category": "men", "examples": ["men", "kings"]},
                 "targ2": {"category": "women", "examples": ["women", "queens"]},
                 "attr1": {"category": "loud", "examples": ["loud", "brash"]},
                 "attr2": {"category": "still", "examples": ["shy", "meek"]}}
                """)
            let made = try Program.run([
                "train", "--text", BuiltInStudy.path("planted/text.txt"), "--configuration", training, "--out",
                place.path + "/model", "--quiet",
            ])
            try #require(made.code == 0, "\(made.complaint)")
            workshop = place
            return place.path + "/model"
        }
    }

    private static let modelLock = NSLock()
    nonisolated(unsafe) private static var workshop: Workshop?

    /// What a run came to that nothing disturbed.
    struct Undisturbed {
        let report: JSON
        /// The hash of each dataset of run.h5.
        let numbers: [String: String]
        /// Its stages with the seconds that each took.
        let stages: [(name: String, seconds: Double)]
        /// Seconds from its start to its end.
        let seconds: Double
    }

    /// Made once.
    static func undisturbed() throws -> Undisturbed {
        try lock.withLock {
            if let made { return made }
            let place = try Workshop()
            let run = place.path + "/run"
            let start = Date()
            let ending = try Program.run(arguments(run))
            let seconds = Date().timeIntervalSince(start)
            try #require(ending.code == 0, "\(ending.complaint)")
            var stages: [(String, Double)] = []
            for line in events(run) {
                guard case .string(let name)? = line["fields"]?["stage"] else { continue }
                guard case .number(let seconds)? = line["fields"]?["seconds"] else { continue }
                stages.append((name, seconds))
            }
            // The report's own event ends the log.
            stages.append(("report", seconds - stages.reduce(0) { $0 + $1.1 }))
            let result = Undisturbed(
                report: try SmallRun.comparable(run), numbers: try numbers(run), stages: stages, seconds: seconds)
            made = result
            return result
        }
    }

    /// The lines of an audit log; a torn one at its end is left out.
    static func events(_ run: String) -> [JSON] {
        guard let text = try? String(contentsOfFile: run + "/audit.jsonl", encoding: .utf8) else { return [] }
        return text.split(separator: "\n").compactMap { try? JSON.parse(Array($0.utf8), place: run) }
    }

    /// How many stages of a run have ended, over all of its processes.
    static func stagesEnded(_ run: String) -> Int {
        Set(events(run).compactMap { $0["fields"]?["stage"]?.compact }).count
    }

    /// The hash of every dataset of a packed run.h5 but the command line.
    static func numbers(_ run: String) throws -> [String: String] {
        var hashes: [String: String] = [:]
        func add(_ group: HDF5Group) throws {
            for name in try group.children() {
                if group.isGroup(name) {
                    try add(try group.group(name))
                } else if let hash = try? group.dataset(name).stringAttribute("sha256") {
                    hashes[group.path + "/" + name] = hash
                }
            }
        }
        try add(try HDF5File.open(run + "/run.h5"))
        #expect(hashes.removeValue(forKey: "/provenance/command_line") != nil)
        return hashes
    }

    /// Goes on with a run to its end, if it has not ended, and holds what it came to against an undisturbed one.
    ///
    /// - Parameter history: what was done to it, for the message.
    static func expectUndisturbed(_ run: String, _ history: [String]) throws {
        let said = history.joined(separator: "; ")
        if !Program.hasEnded(run) {
            let ending = try Program.run(arguments(run))
            #expect(ending.code == 0 && ending.complaint.isEmpty, "\(said): \(ending.complaint)")
            guard ending.code == 0 else { return }
        }
        let whole = try undisturbed()
        let found = try numbers(run)
        let differing = Set(found.keys).union(whole.numbers.keys).filter { found[$0] != whole.numbers[$0] }
        #expect(differing.isEmpty, "\(said): other numbers in \(differing.sorted())")
        let isSame = try SmallRun.comparable(run).pretty == whole.report.pretty
        #expect(isSame, "\(said): the report differs from that of an uninterrupted run")
        try SmallRun.expectWhole(run)
    }

    private static let lock = NSLock()
    nonisolated(unsafe) private static var made: Undisturbed?
}
