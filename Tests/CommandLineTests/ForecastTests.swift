import FileSupport
import Foundation
import Testing

extension ProgramTests {
    @Suite("driftscope forecast") struct ForecastTests {
        @Test("the built-in study: race before religion before age, and nothing is written")
        func builtIn() throws {
            let ending = try Program.run([
                "forecast", "--study", "built-in", "--set", "evaluate.pairs=60", "--json", "--quiet",
            ])
            #expect(ending.code == 0 && ending.complaint.isEmpty, "\(ending.complaint)")
            let root = try JSON.parse(Array(ending.output.utf8), place: "output")
            guard case .array(let benchmarks)? = root["benchmarks"],
                case .array(let domains)? = benchmarks[0]["domains"]
            else {
                Issue.record("\(ending.output)")
                return
            }
            #expect(domains.map { $0["domain"] }.suffix(3) == ["race", "religion", "age"])
            #expect(domains.map { $0["rank"] } == [1, 2, 3, 4])
            #expect(domains.last?["sharedWords"] == .number(0))
        }

        @Test("for people: a table, a reason for each domain, and how far to trust it")
        func text() throws {
            let ending = try Program.run([
                "forecast", "--study", "built-in", "--model", "built-in", "--set", "evaluate.pairs=20", "--set",
                "optimizer.steps=2", "--quiet",
            ])
            #expect(ending.code == 0, "\(ending.complaint)")
            #expect(ending.output.contains("domain        role"))
            #expect(ending.output.contains("religion: its bias should move toward 0"))
            #expect(ending.output.contains("A first-order forecast"))
            #expect(ending.output.contains("4 domains"))
        }

        @Test(
            "input that cannot be used",
            arguments: [
                (["--study", "nowhere.yaml"], "nowhere.yaml"), ([], "--study"),
                (["--study", "built-in", "--model", "nowhere"], "nowhere"),
                (["--study", "built-in", "--set", "optimizer.stepz=2"], "stepz"),
                (["--study", "built-in", "--set", "domains.control=[age, height]"], "height"),
                (["--study", "built-in", "--out", "x"], "--out"),
            ])
        func refused(arguments: [String], fragment: String) throws {
            try expectRefused(["forecast", "--quiet"] + arguments, [fragment], untouched: "out/demo")
        }
    }
}
