import Foundation
import Testing

extension ProgramTests {
    @Suite("Two processes on one folder") struct TwoProcessTests {
        private let place: Workshop
        private let run: String

        init() throws {
            place = try Workshop()
            run = place.path + "/run"
        }

        @Test("while a run works in its folder, whatever writes there is refused, and what only reads is not")
        func besideRun() throws {
            let first = try Program(EveryStage.arguments(run))
            // Numbers of both models are there, and the run is not packed.
            #expect(first.waits(for: "scored", count: 2, in: run))
            first.send(SIGSTOP)
            for command in [
                ["analyze", run], ["pack", run],
                ["snapshot", "--model", "built-in", "--into", run, "--label", "mine"],
            ] {
                let ending = try Program.run(command + ["--quiet"])
                #expect(ending.code == 2 && ending.complaints.count == 1, "\(command): \(ending.complaint)")
                let isOpen = command[0] == "pack"
                #expect(
                    ending.complaint.contains(
                        isOpen ? "has not ended" : "another driftscope is working in this folder"),
                    "\(command): \(ending.complaint)")
            }
            for command in [
                ["inspect", run, "--verify"], ["pack", run, "--out", place.path + "/copy.h5"],
                ["export", run, "--format", "npy", "--out", place.path + "/vectors.npy"],
            ] {
                let ending = try Program.run(command)
                #expect(ending.code == 0, "\(command): \(ending.complaint)")
            }
            first.send(SIGCONT)
            #expect(try first.ending().code == 0)
            try EveryStage.expectUndisturbed(run, ["with others beside it"])
        }

        @Test("several at once do not disturb each other: each ends well or in one line, and the run stays whole")
        func atOnce() throws {
            let made = try Program.run(EveryStage.arguments(run))
            try #require(made.code == 0, "\(made.complaint)")
            var codes: [Int32: Int] = [:]
            for round in 0..<3 {
                let programs = try [
                    ["analyze", run], ["analyze", run], ["report", run], ["inspect", run, "--verify"],
                    ["export", run, "--format", "npy", "--out", place.path + "/vectors\(round).npy"],
                ].map { (name: $0[0], program: try Program($0 + ["--quiet"])) }
                for (name, program) in programs {
                    let ending = try program.ending()
                    codes[ending.code ?? -1, default: 0] += 1
                    let isRefused =
                        ending.code == 2 && ending.complaints.count == 1
                        && ending.complaint.contains("another driftscope is working in this folder")
                    #expect(ending.code == 0 || isRefused, "\(name): \(ending.complaint)")
                    #expect(["analyze", "report"].contains(name) || ending.code == 0, "\(name): \(ending.complaint)")
                }
            }
            #expect(codes[0] ?? 0 >= 9)
            try EveryStage.expectUndisturbed(run, ["with others beside it"])
        }

        @Test("of two that begin a run or a snapshot in one folder, one does")
        func beginnings() throws {
            for round in 0..<2 {
                let folder = place.path + "/new\(round)"
                let programs = try (0..<3).map { _ in
                    try Program(
                        round % 2 == 0
                            ? EveryStage.arguments(folder)
                            : ["snapshot", "--model", "built-in", "--into", folder, "--label", "before", "--quiet"])
                }
                let endings = try programs.map { try $0.ending() }
                #expect(endings.count { $0.code == 0 } == 1, "\(endings.map(\.complaint))")
                #expect(endings.allSatisfy { $0.code == 0 || $0.code == 2 && $0.complaints.count == 1 })
                if round % 2 == 0 {
                    try EveryStage.expectUndisturbed(folder, ["begun beside another"])
                } else {
                    let verified = try Program.run(["inspect", folder, "--verify"])
                    #expect(verified.code == 0, "\(verified.complaint)")
                }
            }
        }

        @Test("an open run that is read while it is packed is read whole, or the reader says so in one line")
        func packing() throws {
            for round in 0..<4 {
                let folder = place.path + "/mine\(round)"
                for label in ["before", "after"] {
                    let made = try Program.run([
                        "snapshot", "--model", "built-in", "--into", folder, "--label", label, "--quiet",
                    ])
                    try #require(made.code == 0, "\(made.complaint)")
                }
                let out = place.path + "/packed\(round).npy"
                let readers = try [
                    ["export", folder, "--format", "npy", "--out", out], ["inspect", folder, "--verify"],
                ].map { (name: $0[0], program: try Program($0)) }
                usleep(UInt32(round) * 30_000)
                let packed = try Program.run(["pack", folder])
                #expect(packed.code == 0, "\(packed.complaint)")
                for (name, program) in readers {
                    let ending = try program.ending()
                    #expect(
                        ending.code == 0 || ending.code == 2 && ending.complaints.count == 1, "\(ending.complaint)")
                    #expect(!ending.complaint.contains("damaged"), "\(ending.complaint)")
                    if name == "export" {
                        #expect(FileManager.default.fileExists(atPath: out) == (ending.code == 0))
                    }
                }
                let verified = try Program.run(["inspect", folder, "--verify"])
                #expect(verified.code == 0, "\(verified.complaint)")
            }
        }

        @Test("a run in a folder that cannot be written is read, and what would write says so")
        func readOnly() throws {
            let made = try Program.run(EveryStage.arguments(run))
            try #require(made.code == 0, "\(made.complaint)")
            let script = "chmod -R a-w '\(run)' && exec setpriv --reuid 65534 --clear-groups \"$0\" \"$@\""
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: place.path)
            let isRoot = geteuid() == 0
            func program(_ arguments: [String]) throws -> Program.Ending {
                try Program.run(arguments, script: isRoot ? script : "chmod -R a-w '\(run)' && exec \"$0\" \"$@\"")
            }
            defer { _ = try? Program.run(["glossary"], script: "chmod -R u+w '\(run)'") }
            let verified = try program(["inspect", run, "--verify"])
            #expect(verified.code == 0, "\(verified.complaint)")
            let analyzed = try program(["analyze", run, "--quiet"])
            #expect(analyzed.code == 3 && analyzed.complaints.count == 1, "\(analyzed.complaint)")
        }
    }
}
