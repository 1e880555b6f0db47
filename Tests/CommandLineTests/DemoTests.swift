import FileSupport
import Foundation
import Testing

extension ProgramTests {
    @Suite("The built-in study, from the command line") struct DemoTests {
        @Test("finds what was planted, and its gates hold")
        func planted() throws {
            let place = try Workshop()
            let run = place.path + "/demo"
            let ending = try Program.run(["demo", "--out", run])
            #expect(ending.code == 0, "\(ending.complaint)")
            let report = try JSON.parse(try Input.bytes(run + "/report.json"), place: run)
            #expect(report["verdict"]?["race"]?["outcome"] == "transfer supported")
            #expect(report["verdict"]?["age"]?["outcome"] == "no transfer")
            #expect(ending.output.contains("race      transfer supported"))
            #expect(ending.output.contains("open \(run)/report.html"))

            let passed = try Program.run(["report", run, "--fail-if", "quality.perplexity.change > 0.05"])
            #expect(passed.code == 0, "\(passed.complaint)")
            #expect(passed.output.contains("gate pass: quality.perplexity.change > 0.05"))
        }

        @Test("a gate that fires ends with 1, after the report is written")
        func gates() throws {
            let place = try Workshop()
            let run = place.path + "/run"
            #expect(try Program.run(SmallRun.arguments(run)).code == 0)
            for format in ["html", "md", "json"] {
                try FileManager.default.removeItem(atPath: "\(run)/report.\(format)")
            }
            let fired = try Program.run([
                "report", run, "--fail-if", "quality.perplexity.change < 1000", "--fail-if", "run.threads == 12345",
            ])
            #expect(fired.code == 1)
            #expect(fired.complaints.count == 1)
            #expect(fired.complaint.contains("1 of 2 gates fired: quality.perplexity.change < 1000"))
            let report = try JSON.parse(try Input.bytes(run + "/report.json"), place: run)
            guard case .array(let gates)? = report["gates"] else {
                Issue.record("no gates in report.json")
                return
            }
            #expect(gates.map { $0["status"] } == ["fail", "pass"])
            #expect(FileManager.default.fileExists(atPath: run + "/report.html"))

            let misspelt = try Program.run(["report", run, "--fail-if", "quality.perplexity.chance > 1"])
            #expect(misspelt.code == 2, "\(misspelt.output)")
            #expect(misspelt.complaint.contains("quality.perplexity.change"))
        }

        @Test("same seed and threads, same report, byte by byte; another seed, another")
        func repeatable() throws {
            let place = try Workshop()
            let run = place.path + "/run"
            #expect(try Program.run(SmallRun.arguments(run)).code == 0)
            try SmallRun.expectUndisturbed(run)
            let other = place.path + "/other"
            #expect(try Program.run(SmallRun.arguments(other) + ["--seed", "2"]).code == 0)
            #expect(try SmallRun.comparable(other)["transfer"] != SmallRun.undisturbed()["transfer"])
        }
    }
}
