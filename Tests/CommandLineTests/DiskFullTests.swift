import FileSupport
import Foundation
import Testing

extension ProgramTests {
    @Suite("A disk that takes no more") struct DiskFullTests {
        private let place: Workshop
        private let run: String

        init() throws {
            place = try Workshop()
            run = place.path + "/run"
        }

        @Test("each write that is refused ends the run with code 3 and a way on; with more space it finishes")
        func limitedFiles() throws {
            var refused = 0
            // Study and tables; vectors; the unlearning's state; the packed file.
            for limit in [4096, 1_000_000, 3_000_000, 8_000_000] {
                let ending = try Program.run(arguments, fileLimit: limit)
                if ending.code == 0 { break }
                expectUnfinished(ending)
                refused += 1
            }
            #expect(refused >= 3)
            try endsUndisturbed()
        }

        @Test(
            "no space left on the device: code 3, what is kept, how to go on; with more space it finishes",
            .enabled(if: Disk.canMount, "needs the right to mount"))
        func fullDisk() throws {
            let disk = try Disk(place.path, kilobytes: 16)
            var refused = 0
            for kilobytes in [16, 2000, 5000, 12000] {
                try disk.resize(kilobytes)
                let ending = try Program.run(arguments)
                if ending.code == 0 { break }
                expectUnfinished(ending)
                refused += 1
            }
            #expect(refused >= 3)
            try disk.resize(100_000)
            try endsUndisturbed()
        }

        private var arguments: [String] {
            SmallRun.arguments(run) + (FileManager.default.fileExists(atPath: run + "/study.yaml") ? ["--resume"] : [])
        }

        private func expectUnfinished(_ ending: Program.Ending) {
            #expect(ending.code == 3, "\(ending.complaint)")
            #expect(ending.complaints.count == 1, "\(ending.complaint)")
            #expect(ending.complaint.contains("could not"), "\(ending.complaint)")
            #expect(ending.complaint.contains("space"), "\(ending.complaint)")
            if FileManager.default.fileExists(atPath: run + "/study.yaml") {
                #expect(ending.complaint.contains("kept in \(run)"), "\(ending.complaint)")
                #expect(ending.complaint.contains("--resume"), "\(ending.complaint)")
            }
        }

        private func endsUndisturbed() throws {
            let ending = try Program.run(arguments)
            #expect(ending.code == 0, "\(ending.complaint)")
            try SmallRun.expectUndisturbed(run)
        }
    }
}

/// A small disk in memory.
private final class Disk {
    private let path: String

    /// Whether this process may mount one.
    static let canMount: Bool = {
        guard let workshop = try? Workshop() else { return false }
        return (try? Disk(workshop.path, kilobytes: 16)) != nil
    }()

    init(_ path: String, kilobytes: Int) throws {
        self.path = path
        try Self.command("mount", ["-t", "tmpfs", "-o", "size=\(kilobytes)k", "tmpfs", path])
    }

    deinit { try? Self.command("umount", [path]) }

    func resize(_ kilobytes: Int) throws {
        try Self.command("mount", ["-o", "remount,size=\(kilobytes)k", path])
    }

    private static func command(_ name: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [name] + arguments
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CocoaError(.fileWriteNoPermission) }
    }
}
