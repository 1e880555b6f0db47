import FileSupport
import Foundation
import Testing

extension ProgramTests {
    @Suite("A run whose numbers or log were altered") struct IntegrityTests {
        private let place: Workshop
        private let run: String

        /// A run of its own for every test, copied from one.
        init() throws {
            place = try Workshop()
            run = place.path + "/run"
            try SmallRun.copyUndisturbed(to: run)
        }

        private var out: String { place.path + "/vectors.txt" }

        /// What goes by the numbers of a run.
        private var commands: [[String]] {
            [
                ["analyze", run, "--quiet"], ["report", run, "--quiet"],
                ["export", run, "--format", "word2vec", "--out", out, "--force"],
            ]
        }

        private func expectRefused(_ word: String) throws {
            for command in commands + [["inspect", run, "--verify"]] {
                let ending = try Program.run(command)
                #expect(ending.code == 2 && ending.complaints.count == 1, "\(command[0]): \(ending.complaint)")
                #expect(ending.complaint.contains(word), "\(command[0]): \(ending.complaint)")
                #expect(ending.complaint.contains("--no-verify"), "\(command[0]): \(ending.complaint)")
            }
            #expect(!FileManager.default.fileExists(atPath: out))
            // report first: analyze begins a new chain, which holds again.
            for command in commands.reversed() {
                let ending = try Program.run(command + ["--no-verify"])
                #expect(ending.code == 0, "\(command[0]): \(ending.complaint)")
            }
            #expect(try lastLine()["fields"]?["verified"] == .bool(false))
        }

        private func lines() throws -> [Substring] {
            try Input.text(run + "/audit.jsonl").split(separator: "\n")
        }

        private func lastLine() throws -> JSON {
            let line = try #require(try lines().last)
            return try JSON.parse(Array(line.utf8), place: "log")
        }

        private func write(_ lines: [Substring]) throws {
            try AtomicFile.write(lines.joined(separator: "\n") + "\n", to: run + "/audit.jsonl")
        }

        @Test("as driftscope wrote it, every command takes it, and an analysis is a line of the log that run.h5 names")
        func untouched() throws {
            let before = try lines().count
            for command in commands + [["inspect", run, "--verify"]] {
                let ending = try Program.run(command)
                #expect(ending.code == 0, "\(command[0]): \(ending.complaint)")
            }
            let line = try lastLine()
            #expect(line["n"] == .integer(before + 1) && line["event"] == .string("analysed"))
            #expect(line["fields"]?["verified"] == .bool(true))
            let ending = try Program.run(["inspect", run, "--verify"])
            #expect(ending.output.contains("run.h5 names line \(before + 1)"))
            let report = try JSON.parse(try Input.bytes(run + "/report.json"), place: run)
            let last = try #require(try lines().last)
            let head = SHA256Hex.of(String(last))
            #expect(report["run"]?["audit_log"] == ["lines": .integer(before + 1), "head": .string(head)])
            #expect(try Input.text(run + "/report.md").contains(head))
        }

        @Test("a changed number is refused by its hash")
        func number() throws {
            try HDF5Change.add(1, to: "/snapshots/000000/input_embedding", of: run + "/run.h5", rehashed: false)
            try expectRefused("/snapshots/000000/input_embedding")
        }

        @Test("a changed number with a new hash is refused by the audit log")
        func rehashedNumber() throws {
            try HDF5Change.add(1, to: "/snapshots/000000/input_embedding", of: run + "/run.h5", rehashed: true)
            try expectRefused("the numbers in run.h5 are not those of line")
        }

        @Test("a changed last line of the log is refused")
        func lastLineChanged() throws {
            var lines = try lines()
            let last = try #require(lines.last)
            lines.removeLast()
            try write(lines + [last.replacing("\"verified\":true", with: "\"verified\":null")[...]])
            try expectRefused("the audit log is not that of this run.h5")
        }

        @Test("a log that was cut is refused")
        func cutLog() throws {
            try write(Array(try lines().dropLast()))
            try expectRefused("the audit log is not that of this run.h5")
        }

        @Test("a log that is not there is refused")
        func missingLog() throws {
            unlink(run + "/audit.jsonl")
            try expectRefused("the audit log of this run is not there")
        }

        @Test("run.h5 alone, without its folder, can be exported")
        func fileAlone() throws {
            let file = place.path + "/alone.h5"
            try FileManager.default.copyItem(atPath: run + "/run.h5", toPath: file)
            let ending = try Program.run(["export", file, "--format", "word2vec", "--out", out])
            #expect(ending.code == 0, "\(ending.complaint)")
            let inspected = try Program.run(["inspect", file, "--verify"])
            #expect(inspected.code == 0 && inspected.output.contains("not beside run.h5"), "\(inspected.complaint)")
        }

        @Test("the log of a run that goes on is held against run.h5 too")
        func openRun() throws {
            let open = place.path + "/open"
            let program = try Program(SmallRun.arguments(open))
            #expect(program.waits(for: "stage-ended", count: 3, in: open))
            program.send(SIGKILL)
            _ = try program.ending()
            let text = try Input.text(open + "/audit.jsonl")
            // The third stage may have ended without run.h5 naming its line yet; the second has not.
            let lines = text.split(separator: "\n")
            let second = lines.indices.filter { lines[$0].contains("\"event\":\"stage-ended\"") }[1]
            try AtomicFile.write(lines[..<second].joined(separator: "\n") + "\n", to: open + "/audit.jsonl")
            let refused = try Program.run(SmallRun.arguments(open) + ["--resume"])
            #expect(
                refused.code == 2 && refused.complaint.contains("the audit log is not that"), "\(refused.complaint)")
            try AtomicFile.write(text, to: open + "/audit.jsonl")
            let ending = try Program.run(SmallRun.arguments(open) + ["--resume"])
            #expect(ending.code == 0, "\(ending.complaint)")
            try SmallRun.expectUndisturbed(open)
        }
    }
}
