import FileSupport
import Foundation
import TestSupport
import Testing

extension ProgramTests {
    @Suite("A damaged run.h5") struct RunMutantTests {
        /// Mutants of each kind; more by the variable `DRIFTSCOPE_MUTANTS`, from another seed by `DRIFTSCOPE_SEED`.
        private static let count = environmentNumber("DRIFTSCOPE_MUTANTS", 12)
        private static let seed = environmentNumber("DRIFTSCOPE_SEED", 1)

        /// What reads a run, each in another way.
        private static func commands(_ run: String, _ out: String) -> [[String]] {
            [
                ["inspect", run, "--verify"], ["analyze", run, "--quiet"], ["report", run, "--quiet"],
                ["export", run, "--format", "tsv", "--out", out, "--force", "--delta"],
            ]
        }

        @Test("gives numbers or one line and code 2, whatever is changed in it", arguments: ["bytes", "fields"])
        func mutants(kind: String) throws {
            let whole = try Workshop()
            let run = whole.path + "/run"
            let made = try Program.run(SmallRun.arguments(run))
            try #require(made.code == 0, "\(made.complaint)")
            var codes: [String: Int] = [:]
            for seed in Self.seed..<Self.seed + Self.count {
                let place = try Workshop()
                let copy = place.path + "/run"
                try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: true)
                try FileManager.default.copyItem(atPath: run + "/run.h5", toPath: copy + "/run.h5")
                var mutant = RunMutant(copy + "/run.h5", seed: UInt64(seed))
                let change = kind == "bytes" ? try mutant.changeBytes() : try mutant.changeField()
                for command in Self.commands(copy, place.path + "/out") {
                    let ending = try Program.run(command)
                    codes[ending.code.map(String.init) ?? "signal", default: 0] += 1
                    let isRight = ending.code == 0 || ending.code == 2 && ending.complaints.count == 1
                    #expect(
                        isRight,
                        """
                        \(kind) \(seed), \(change.oneLine): \(command[0]) ended with \
                        \(ending.code.map(String.init) ?? "a signal"): \(ending.complaint.prefix(1500))
                        """)
                    // The other commands would say the same of what cannot be opened.
                    if ending.code != 0, command[0] == "inspect", ending.complaint.contains("damaged or incomplete") {
                        break
                    }
                }
            }
            print(
                "\(kind): \(Self.count) mutants from seed \(Self.seed), ended with \(codes.sorted { $0.key < $1.key })")
        }
    }
}
