import Foundation
import TestSupport
import Testing

extension ProgramTests {
    /// More by the variable `DRIFTSCOPE_KILLS`, others by `DRIFTSCOPE_SEED`.
    @Suite("Kills at any moment") struct KillTests {
        @Test("a run that is killed again and again comes to the same numbers and the same report")
        func killed() throws { try Kills.soak(12) }
    }

    @Suite("Kills at any moment, slow", .enabled(if: Disturbance.isSlow, "set DRIFTSCOPE_SLOW"))
    struct KillSlowTests {
        @Test("300 kills over all stages lose nothing")
        func killed() throws { try Kills.soak(300) }
    }
}

private enum Kills {
    static func soak(_ standard: Int) throws {
        let wanted = environmentNumber("DRIFTSCOPE_KILLS", standard)
        var moments = try Disturbance(seed: environmentNumber("DRIFTSCOPE_SEED", 1))
        var kills: [String: Int] = [:]
        var runs = 0
        while kills.values.reduce(0, +) < wanted {
            let place = try Workshop()
            let run = place.path + "/run"
            var history: [String] = []
            for stage in moments.stages(atMost: 6) where !Program.hasEnded(run) {
                let program = try Program(EveryStage.arguments(run))
                guard moments.wait(for: stage, of: program, in: run) else {
                    let ending = try program.ending()
                    #expect(ending.code == 0, "\(history): \(ending.complaint)")
                    break
                }
                program.send(SIGKILL)
                guard try program.ending().code == nil else { break }
                let name = moments.stage(run)
                kills[name, default: 0] += 1
                history.append("killed in \(name)")
            }
            try EveryStage.expectUndisturbed(run, history)
            runs += 1
        }
        #expect(kills.count > 1)
        print("\(kills.values.reduce(0, +)) kills of \(runs) runs: \(moments.figures(kills) { String($0) })")
    }
}
