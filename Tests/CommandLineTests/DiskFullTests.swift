import FileSupport
import Foundation
import TestSupport
import Testing

extension ProgramTests {
    @Suite("A disk that takes no more") struct DiskFullTests {
        /// Sizes of disk; more by the variable `DRIFTSCOPE_DISKS`.
        private static let sizes = environmentNumber("DRIFTSCOPE_DISKS", 4)
        private let place: Workshop
        private var run: String

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
            for kilobytes in stride(from: 16, to: 16_000, by: 16_000 / Self.sizes) {
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

        @Test(
            "a disk that fills before the numbers are packed, or analysed again, does not end the process in HDF5",
            .enabled(if: Disk.canMount, "needs the right to mount"))
        mutating func fullWhilePacking() throws {
            // All is done but for the packing: of all files run.h5 alone is larger than this.
            expectUnfinished(try Program.run(arguments, fileLimit: 6_600_000), naming: "run.h5")
            let stopped = run
            try FileManager.default.createDirectory(atPath: place.path + "/disk", withIntermediateDirectories: true)
            let disk = try Disk(place.path + "/disk", kilobytes: 100_000)
            run = disk.path + "/run"
            for room in stride(from: 0, to: 6000, by: 6000 / Self.sizes) {
                try FileManager.default.copyItem(atPath: stopped, toPath: run)
                try disk.leave(kilobytes: room)
                expectUnfinished(try Program.run(arguments), naming: "run.h5")
                try disk.resize(100_000)
                try endsUndisturbed()
                if room < 6000 - 6000 / Self.sizes { try FileManager.default.removeItem(atPath: run) }
            }
            try disk.leave(kilobytes: 2000)
            let before = try Input.bytes(run + "/run.h5")
            let refused = try Program.run(["analyze", run, "--quiet"])
            #expect(refused.code == 3 && refused.complaint.contains("run.h5"), "\(refused.complaint)")
            #expect(try Input.bytes(run + "/run.h5") == before)
        }

        private var arguments: [String] {
            SmallRun.arguments(run) + (FileManager.default.fileExists(atPath: run + "/study.yaml") ? ["--resume"] : [])
        }

        private func expectUnfinished(_ ending: Program.Ending, naming file: String = "could not") {
            #expect(ending.code == 3, "\(ending.complaint)")
            #expect(ending.complaint.contains(file), "\(ending.complaint)")
            #expect(ending.complaints.count == 1, "\(ending.complaint)")
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
    let path: String

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

    /// Makes it so small that no more than this is free.
    func leave(kilobytes: Int) throws {
        var disk = statvfs()
        try #require(statvfs(path, &disk) == 0)
        try resize(Int(disk.f_blocks - disk.f_bfree) * Int(disk.f_frsize) / 1024 + kilobytes)
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
