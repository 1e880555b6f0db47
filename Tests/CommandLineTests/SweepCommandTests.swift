import FileSupport
import Foundation
import Testing

extension ProgramTests {
    @Suite("Sweeps") struct SweepCommandTests {
        private let place: Workshop

        init() throws { place = try Workshop() }

        /// A small study, two ways to forget, of which the second cannot be made of a model of one block.
        private func arguments(_ out: String, methods: String = "token-ascent,rmu") throws -> [String] {
            let settings = [
                "model=" + (try EveryStage.model()), "optimizer.steps=12", "guard.check-every=2",
                "evaluate.pairs=12", "analyze.bootstrap=100", "corpus=[]",
            ]
            return [
                "sweep", "built-in", "--quiet", "--threads", "2", "--out", out, "--vary", "objective.method=" + methods,
                "--vary", "optimizer.learning-rate=1e-4,1.5e-4", "--vary", "strength=0.5,1,200",
            ] + settings.flatMap { ["--set", $0] }
        }

        private struct Point {
            let folder: String
            let strength, size, change: Double
            let isRuledOut, isOnFront: Bool
        }

        private func points(_ folder: String) throws -> [Point] {
            let root = JSONCursor(try JSON.parse(Input.bytes(folder + "/sweep.json"), place: folder), place: folder)
            func number(_ json: JSON) -> Double {
                switch json {
                case .number(let value): value
                case .integer(let value): Double(value)
                default: .nan
                }
            }
            return try root.member("points").elements().map { point in
                Point(
                    folder: try point.member("folder").string(), strength: number(try point.member("strength").value),
                    size: number(try point.member("size").value),
                    change: number(try point.member("perplexity_change").value),
                    isRuledOut: try point.member("broken_budgets").value != .object([]),
                    isOnFront: try point.member("is_on_front").value == true)
            }
        }

        /// sweep.json without what differs between two sweeps of the same study.
        private func comparable(_ folder: String) throws -> String {
            try JSON.parse(Input.bytes(folder + "/sweep.json"), place: folder).setting("created", to: .null)
                .setting("command", to: .null).pretty
        }

        @Test("a study's own commands and continuations are made in a whole sweep, commands where they are allowed")
        func commands() throws {
            let prompts = try place.file("prompts.txt", "the kings\n")
            let settings = [
                "model=" + (try EveryStage.model()), "optimizer.steps=4", "evaluate.pairs=12", "corpus=[]", "why=none",
                "analyze={bootstrap: 100, controls: 20, null-draws: 0}", "snapshots.contextual=false",
                "generate={prompts: \(prompts), samples: 1, max-tokens: 2}",
                "evaluate.custom=[{name: own, command: [sh, -c, echo 1]}]",
            ].flatMap { ["--set", $0] }
            func sweep(_ name: String, _ options: String...) throws -> Program.Ending {
                try Program.run(
                    ["sweep", "built-in", "--quiet", "--threads", "2", "--vary", "strength=1", "--out"]
                        + [place.path + "/" + name] + options + settings)
            }
            func hasBoth(_ name: String) throws -> [Bool] {
                let page = try Input.text(place.path + "/\(name)/run/report.md")
                return ["## What the models say", "## Measures of the study's own"].map { page.contains($0) }
            }
            let lean = try sweep("lean")
            #expect(lean.code == 0, "\(lean.complaint)")
            #expect(try hasBoth("lean") == [false, false])
            let refused = try sweep("refused", "--whole")
            #expect(refused.code == 2 && refused.complaint.contains("the command 'own'"), "\(refused.complaint)")
            let whole = try sweep("whole", "--whole", "--allow-commands")
            #expect(whole.code == 0, "\(whole.complaint)")
            #expect(try hasBoth("whole") == [true, true])
        }

        @Test(
            "settings that cannot be made are named, the others have a run each with one baseline, and the front is one"
        )
        func front() throws {
            let out = place.path + "/sweep"
            let ending = try Program.run(arguments(out))
            #expect(ending.code == 3 && ending.complaints.count == 1)
            #expect(ending.complaint.contains("2 of 4 settings could not be made"), "\(ending.complaint)")
            #expect(ending.complaint.contains("rmu steers the states after block 8"))
            let points = try points(out)
            #expect(points.map(\.strength) == [0.5, 1, 200, 0.5, 1, 200])
            // A hundred times the update breaks any budget.
            #expect(points.filter(\.isRuledOut).map(\.strength) == [200, 200])
            let before = try Self.before(out)
            for point in points {
                let isBeaten = points.contains { other in
                    !other.isRuledOut && other.size <= point.size && other.change <= point.change
                        && (other.size < point.size || other.change < point.change)
                }
                let isNoBetter = before <= point.size && 0 <= point.change
                #expect(point.isOnFront == (!point.isRuledOut && !isBeaten && !isNoBetter), "\(point)")
            }
            #expect(points.contains { $0.isOnFront })

            let folders = Set(points.map(\.folder)).sorted()
            #expect(folders.count == 2)
            let page = try String(contentsOfFile: out + "/sweep.html", encoding: .utf8)
            for folder in folders {
                #expect(page.contains("<a href=\"\(folder)/report.html\">"))
                try SmallRun.expectWhole(out + "/" + folder)
            }
            let takers = folders.filter { Program.events("baseline-shared", in: out + "/" + $0) == 1 }
            #expect(takers.count == 1)
            let names = try FileManager.default.contentsOfDirectory(atPath: out).sorted()
            #expect(names == (folders + ["sweep.html", "sweep.json", "sweep.md", "sweep.yaml"]).sorted())
            // What a point takes over is what it would have measured.
            let shared = try #require(takers.first)
            let alone = place.path + "/alone"
            let study = try Input.text(out + "/" + shared + "/study.yaml")
            let run = try Program.run([
                "run", try place.file("study.yaml", study), "--quiet", "--threads", "2", "--out", alone,
            ])
            #expect(run.code == 0, "\(run.complaint)")
            let (found, expected) = (try EveryStage.numbers(out + "/" + shared), try EveryStage.numbers(alone))
            #expect(Set(found.keys) == Set(expected.keys) && found.keys.contains { $0.hasPrefix("/evaluation/before") })
            let differing = found.keys.filter { found[$0] != expected[$0] && !$0.hasPrefix("/results") }
            #expect(differing.allSatisfy { $0 == "/provenance/study" }, "\(differing)")
        }

        private static func before(_ folder: String) throws -> Double {
            let root = try JSON.parse(Input.bytes(folder + "/sweep.json"), place: folder)
            guard case .number(let bias)? = root["bias_before"] else { throw CocoaError(.fileReadCorruptFile) }
            return abs(bias)
        }

        @Test("a sweep that was killed goes on with the points that are not done, and comes to the same")
        func resumed() throws {
            let (whole, cut) = (place.path + "/whole", place.path + "/cut")
            let ending = try Program.run(arguments(whole, methods: "token-ascent,npo"))
            #expect(ending.code == 0 && ending.complaint.isEmpty, "\(ending.complaint)")
            let folders = try points(whole).map(\.folder).uniqued()
            try #require(folders.count == 4)

            let arguments = try arguments(cut, methods: "token-ascent,npo")
            let program = try Program(arguments)
            #expect(program.waits(for: "check-passed", count: 2, in: cut + "/" + folders[1]))
            program.send(SIGKILL)
            #expect(try program.ending().code == nil)
            #expect(Program.hasEnded(cut + "/" + folders[0]) && !Program.hasEnded(cut + "/" + folders[3]))

            let again = try Program.run(arguments)
            #expect(again.code == 2 && again.complaint.contains("this folder holds another sweep"))
            let rest = try Program.run(arguments + ["--resume"])
            #expect(rest.code == 0 && rest.complaint.isEmpty, "\(rest.complaint)")
            #expect(Program.events("run-started", in: cut + "/" + folders[0]) == 1)
            #expect(Program.events("run-resumed", in: cut + "/" + folders[0]) == 0)
            #expect(Program.events("run-resumed", in: cut + "/" + folders[1]) == 1)
            #expect(try comparable(whole) == comparable(cut))

            // Points of another study are not those of this sweep.
            let other = try Program.run(arguments + ["--resume", "--set", "evaluate.pairs=11"])
            #expect(other.code == 2 && other.complaint.contains("was begun with another study"), "\(other.complaint)")
        }
    }
}
