import Foundation
import TestSupport
import Testing

extension ProgramTests {
    /// More by the variable `DRIFTSCOPE_SIGNALS`, others by `DRIFTSCOPE_SEED`.
    @Suite("Signals at any moment") struct SignalTests {
        @Test("SIGTERM and SIGINT end a run within five seconds, with one line and code 130, and it goes on")
        func signalled() throws { try Signals.soak(8) }
    }

    @Suite("Signals at any moment, slow", .enabled(if: Disturbance.isSlow, "set DRIFTSCOPE_SLOW"))
    struct SignalSlowTests {
        @Test("60 signals over all stages are heard in time, and lose nothing")
        func signalled() throws { try Signals.soak(60) }
    }
}

private enum Signals {
    static func soak(_ standard: Int) throws {
        let wanted = environmentNumber("DRIFTSCOPE_SIGNALS", standard)
        var moments = try Disturbance(seed: environmentNumber("DRIFTSCOPE_SEED", 1))
        var waits: [String: [TimeInterval]] = [:]
        var sent = 0
        while sent < wanted {
            let place = try Workshop()
            let run = place.path + "/run"
            var history: [String] = []
            for stage in moments.stages(atMost: 6) where !Program.hasEnded(run) {
                let program = try Program(EveryStage.arguments(run))
                while program.isRunning, !program.isListening { usleep(1000) }
                guard moments.wait(for: stage, of: program, in: run) else { break }
                let name = moments.stage(run)
                let number = moments.below(2) == 0 ? SIGTERM : SIGINT
                let start = Date()
                program.send(number)
                let ending = try program.ending()
                let wait = Date().timeIntervalSince(start)
                // It may have been at its end.
                if ending.code == 0 { break }
                sent += 1
                waits[name, default: []].append(wait)
                history.append("signal \(number) in \(name)")
                #expect(ending.code == 130 && ending.complaints.count == 1, "\(history): \(ending.complaint)")
                #expect(ending.complaint.contains("interrupted") && ending.output.isEmpty, "\(history)")
                let isBegun = FileManager.default.fileExists(atPath: run + "/study.yaml")
                #expect(!isBegun || history.count > 1 || ending.complaint.contains("--resume"), "\(ending.complaint)")
                #expect(wait < 5, "\(history): ended after \(wait) s")
            }
            try EveryStage.expectUndisturbed(run, history)
        }
        #expect(waits.count > 1)
        let longest = moments.figures(waits.mapValues { $0.max() ?? 0 }) { "\(($0 * 100).rounded() / 100) s" }
        print("\(sent) signals, the longest wait in \(longest)")
    }
}
