import FileSupport
import Foundation
import Testing

extension ProgramTests {
    @Suite("driftscope run --dry-run") struct DryRunTests {
        @Test("tells every stage and its sum, writes nothing, and gives the same for machines")
        func told() throws {
            let place = try Workshop()
            let run = place.path + "/run"
            let arguments = ["run", "built-in", "--dry-run", "--quiet", "--out", run, "--set", "evaluate.pairs=20"]
            let ending = try Program.run(arguments)
            #expect(ending.code == 0 && ending.complaint.isEmpty, "\(ending.complaint)")
            for stage in ["baseline", "unlearning", "random updates", "patching", "analysis and report", "total"] {
                #expect(ending.output.contains("\n\(stage) "), "\(stage)")
            }
            #expect(ending.output.contains("16 steps") && ending.output.contains("Nothing was written."))
            #expect(!FileManager.default.fileExists(atPath: run))
            let machine = try Program.run(arguments + ["--json", "--set", "why.mediation=false"])
            let root = try JSON.parse(Array(machine.output.utf8), place: "output")
            guard case .array(let stages)? = root["stages"] else {
                Issue.record("\(machine.output)")
                return
            }
            #expect(stages.contains { $0["stage"] == "patching" } && !stages.contains { $0["stage"] == "mediation" })
            #expect(root["total"]?["seconds"] != nil)
        }

        @Test(
            "refuses what a run refuses",
            arguments: [
                (["--set", "domains.control=[age, height]"], "height"),
                (["--set", "forget.0.where.label=nothing"], "none of 820 rows"),
                (["--set", "parameters=[elbows]"], "elbows"), (["--resume"], "no run to go on with"),
            ])
        func refused(extra: [String], fragment: String) throws {
            let place = try Workshop()
            try expectRefused(
                ["run", "built-in", "--dry-run", "--quiet", "--out", place.path + "/run"] + extra, [fragment],
                untouched: place.path + "/run")
        }
    }
}
