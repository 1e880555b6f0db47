import FileSupport
import Foundation
import Testing

extension ProgramTests {
    @Suite("A run that is cut short") struct ResumeTests {
        private let place: Workshop
        private let run: String

        init() throws {
            place = try Workshop()
            run = place.path + "/run"
        }

        @Test("killed behind one stage after the other, it goes on to the same report")
        func killedBehindStages() throws {
            var kills = 0
            for (event, count) in [
                ("run-started", 1), ("snapshot", 1), ("unlearn-started", 1), ("check-passed", 1), ("unlearn-ended", 1),
                ("checkpoint", 1), ("scored", 2), ("update-scaling", 1), ("alignment", 1), ("contributions", 1),
                ("patching", 1),
            ] {
                if try killed(behind: event, count: count) { kills += 1 }
            }
            #expect(kills >= 5)
            try endsUndisturbed()
        }

        @Test("killed at random moments, it goes on to the same report")
        func killedAtRandom() throws {
            for _ in 0..<6 {
                let program = try Program(arguments())
                usleep(UInt32.random(in: 20_000...1_500_000))
                program.send(SIGKILL)
                if try program.ending().code == 0 { break }
            }
            // The last of them may have ended by itself.
            if !Program.hasEnded(run) {
                try endsUndisturbed()
            } else {
                try SmallRun.expectUndisturbed(run)
            }
        }

        @Test("stopped by its guard, then killed behind the checkpoint, it keeps the whole way to the stop")
        func killedAfterGuard() throws {
            let tight = ["guard.kl=0.0001"]
            #expect(try killed(behind: "checkpoint", count: 1, tight))
            let log = try Input.text(run + "/audit.jsonl")
            #expect(log.contains("\"event\":\"unlearn-ended\"") && !log.contains("all steps were taken"))
            try endsUndisturbed(tight)
        }

        @Test("killed while the report is written, it analyses again")
        func killedInAnalysis() throws {
            let program = try Program(arguments())
            #expect(program.waits(for: "update-scaling", in: run))
            // The parts go when the packed file stands.
            while program.isRunning, FileManager.default.fileExists(atPath: run + "/parts") { usleep(500) }
            program.send(SIGKILL)
            _ = try program.ending()
            try endsUndisturbed()
        }

        @Test("interrupted once, it keeps its state, says so and ends with 130")
        func interrupted() throws {
            let program = try Program(arguments())
            #expect(program.waits(for: "unlearn-started", in: run))
            program.send(SIGINT)
            let ending = try program.ending()
            #expect(ending.code == 130)
            #expect(ending.complaints.count == 1)
            #expect(ending.complaint.contains("interrupted") && ending.complaint.contains("--resume"))
            #expect(ending.output.isEmpty)
            try endsUndisturbed()
        }

        @Test("a second process in the same folder is refused")
        func twoProcesses() throws {
            let first = try Program(arguments())
            #expect(first.waits(for: "unlearn-started", in: run))
            first.send(SIGSTOP)
            let second = try Program.run(arguments() + ["--resume"])
            #expect(second.code == 2)
            #expect(second.complaint.contains("another driftscope is working in this folder - \(run)"))
            let third = try Program.run(SmallRun.arguments(run))
            #expect(third.code == 2)
            #expect(third.complaint.contains("this folder holds another run - \(run)"))
            first.send(SIGCONT)
            #expect(try first.ending().code == 0)
            try SmallRun.expectUndisturbed(run)
            let again = try Program.run(arguments() + ["--resume"])
            #expect(again.code == 2)
            #expect(again.complaint.contains("this run has ended - \(run)"))
        }

        @Test("it goes on with the same study only")
        func otherStudy() throws {
            #expect(try killed(behind: "unlearn-started", count: 1))
            let before = try Input.bytes(run + "/study.yaml")
            let ending = try Program.run(arguments(["optimizer.batch=8"]) + ["--resume"])
            #expect(ending.code == 2)
            #expect(ending.complaints.count == 1)
            #expect(
                ending.complaint.contains(
                    "begun with another study: optimizer: batch: 16 there, batch: 8 now - \(run)/study.yaml"))
            #expect(try Input.bytes(run + "/study.yaml") == before)
        }

        private func arguments(_ extra: [String] = []) -> [String] {
            SmallRun.arguments(run, extra) + (FileManager.default.fileExists(atPath: run + "/study.yaml") ? resume : [])
        }

        private let resume = ["--resume"]

        /// Begins or goes on, and kills the process when its audit log holds an event so many times.
        private func killed(behind event: String, count: Int, _ extra: [String] = []) throws -> Bool {
            let program = try Program(arguments(extra))
            let came = program.waits(for: event, count: count, in: run)
            program.send(SIGKILL)
            let ending = try program.ending()
            #expect(ending.code == nil || ending.code == 0, "\(ending.complaint)")
            return came && ending.code == nil
        }

        private func endsUndisturbed(_ extra: [String] = []) throws {
            let ending = try Program.run(arguments(extra))
            #expect(ending.code == 0, "\(ending.complaint)")
            #expect(ending.complaint.isEmpty)
            try SmallRun.expectUndisturbed(run, extra)
        }
    }
}
