import Foundation
import TestSupport
import Testing

extension ProgramTests {
    /// More by the variable `DRIFTSCOPE_COPIES`, others by `DRIFTSCOPE_SEED`.
    @Suite("A run folder that is copied while its run goes on") struct RunCopyTests {
        @Test("a copy goes on to the same numbers, or is refused in one line that says what is missing")
        func copied() throws {
            let wanted = environmentNumber("DRIFTSCOPE_COPIES", Disturbance.isSlow ? 20 : 3)
            var moments = try Disturbance(seed: environmentNumber("DRIFTSCOPE_SEED", 1))
            let place = try Workshop()
            var refused = 0
            var made = 0
            while made < wanted {
                let run = place.path + "/run\(made)"
                let program = try Program(EveryStage.arguments(run))
                var copies: [(path: String, stage: String)] = []
                for stage in moments.stages(atMost: 4) where moments.wait(for: stage, of: program, in: run) {
                    guard FileManager.default.fileExists(atPath: run + "/study.yaml") else { continue }
                    let copy = place.path + "/copy\(made)"
                    let name = moments.stage(run)
                    // Files that go while it copies are an error of cp, and none of the copy.
                    let copying = Process()
                    copying.executableURL = URL(fileURLWithPath: "/bin/cp")
                    copying.arguments = ["-r", run, copy]
                    copying.standardError = FileHandle.nullDevice
                    try copying.run()
                    copying.waitUntilExit()
                    copies.append((copy, name))
                    made += 1
                }
                #expect(try program.ending().code == 0)
                for (copy, stage) in copies {
                    let ended = Program.hasEnded(copy)
                    let ending = ended ? nil : try Program.run(EveryStage.arguments(copy))
                    if let ending, ending.code == 2 {
                        let what = ending.complaint
                        #expect(ending.complaints.count == 1 && what.contains("not"), "copied in \(stage): \(what)")
                        refused += 1
                    } else {
                        #expect(ending == nil || ending?.code == 0, "copied in \(stage): \(ending?.complaint ?? "")")
                        try EveryStage.expectUndisturbed(copy, ["copied in \(stage)"])
                    }
                }
            }
            #expect(refused < made)
            print("\(made) copies, \(refused) refused as incomplete")
        }

        @Test(
            "without steps before its state the unlearning begins anew, and without steps before its checkpoint it is refused",
            arguments: ["check-passed", "checkpoint"])
        func older(event: String) throws {
            let place = try Workshop()
            let run = place.path + "/run"
            let steps = run + "/parts/trajectory__000000.h5"
            let program = try Program(EveryStage.arguments(run))
            #expect(program.waits(for: "check-passed", in: run))
            program.send(SIGSTOP)
            let before = try Data(contentsOf: URL(fileURLWithPath: steps))
            program.send(SIGCONT)
            #expect(program.waits(for: event, count: event == "checkpoint" ? 1 : 2, in: run))
            program.send(SIGKILL)
            _ = try program.ending()
            // As if it had been copied before the rest.
            try before.write(to: URL(fileURLWithPath: steps))
            guard FileManager.default.fileExists(atPath: run + "/checkpoint") else {
                return try EveryStage.expectUndisturbed(run, ["an older trajectory beside a state"])
            }
            let ending = try Program.run(EveryStage.arguments(run))
            #expect(ending.code == 2 && ending.complaints.count == 1)
            #expect(ending.complaint.contains("not all of the unlearning's steps - \(run)"), "\(ending.complaint)")
        }
    }
}
