import FileSupport
import Foundation
import Testing

extension ProgramTests {
    @Suite("Retrainings that are cut short") struct RetrainingResumeTests {
        private let settings = [
            "seeds=[1, 2]", "evaluate.pairs=40",
            "why={forecast: true, alignment: false, patching: false, mediation: false, decomposition: false, neutral-words: 1}",
        ]

        @Test("killed behind one retraining after the other, none is made twice and the report is the same")
        func killed() throws {
            let place = try Workshop()
            let run = place.path + "/run"
            for count in [1, 3, 5] {
                let resume = FileManager.default.fileExists(atPath: run + "/study.yaml") ? ["--resume"] : []
                let program = try Program(SmallRun.arguments(run, settings) + resume)
                _ = program.waits(for: "retrained", count: count, in: run)
                program.send(SIGKILL)
                _ = try program.ending()
            }
            if !Program.hasEnded(run) {
                let ending = try Program.run(SmallRun.arguments(run, settings) + ["--resume"])
                #expect(ending.code == 0, "\(ending.complaint)")
            }
            try SmallRun.expectUndisturbed(run, settings)
            // Ten arms; a kill that falls before an arm's log line may take that line along.
            #expect((7...10).contains(Program.events("retrained", in: run)))
            #expect(Program.events("forecast", in: run) == 1)
        }
    }
}
