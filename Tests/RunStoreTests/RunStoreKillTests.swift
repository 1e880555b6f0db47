import Embeddings
import Foundation
import RunStore
import TestSupport
import Testing

/// What a killed process leaves.
@Suite("A run store whose process is killed", .serialized)
struct RunStoreKillTests {
    @Test(
        "keeps every record that was reported whole, at whatever moment the kill comes",
        arguments: [(64, 8), (3000, 96)])
    func killed(rows: Int, dimensions: Int) throws {
        let folder = try temporaryFolder("kill") + "/run"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var random = SystemRandomNumberGenerator()
        var reported = -1
        for round in 0..<40 {
            reported = max(
                reported,
                try runProbe(
                    folder, from: reported + 1, rows: rows, dimensions: dimensions,
                    milliseconds: Int.random(in: 0...40, using: &random), afterFirst: !round.isMultiple(of: 4)))
            guard FileManager.default.fileExists(atPath: folder + "/run.h5") else { continue }
            let reader = try RunReader(folder)
            let snapshots = try reader.snapshots()
            // A record may be whole although the process was killed before it could say so.
            #expect(snapshots.count == reported + 1 || snapshots.count == reported + 2)
            #expect(snapshots.map(\.step) == Array(0..<snapshots.count))
            let steps = try reader.trajectory()?.steps.map(\.step) ?? []
            #expect(steps.count >= reported + 1 && steps == Array(0..<steps.count))
            if let last = snapshots.last {
                let expected = (0..<rows * dimensions).map { Float(last.step) + Float($0) / 1024 }
                #expect(try reader.embedding(last).elements == expected)
            }
        }
        #expect(reported > 0)
        let writer = try RunWriter.resume(in: folder, fromStep: reported)
        #expect(try leftovers(folder).isEmpty)
        try writer.finish()
        let reader = try RunReader(folder)
        #expect(reader.isPacked)
        #expect(try reader.verify().isEmpty)
        #expect(try reader.trajectory()?.steps.map(\.step) == Array(0...reported))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["run.h5"])
    }

    private func leftovers(_ folder: String) throws -> [String] {
        try
            (FileManager.default.contentsOfDirectory(atPath: folder)
            + FileManager.default.contentsOfDirectory(atPath: folder + "/parts")).filter { $0.hasSuffix(".partial") }
    }

    /// Runs the probe for a while, which begins when it starts or when it reports its first record, and kills it.
    ///
    /// - Returns: the last step that it reported, or -1.
    private func runProbe(
        _ folder: String, from step: Int, rows: Int, dimensions: Int, milliseconds: Int, afterFirst: Bool
    ) throws -> Int {
        let process = Process()
        process.executableURL = try builtProduct("store-kill-probe")
        process.arguments = [folder, String(step), String(rows), String(dimensions)]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let head = afterFirst ? output.fileHandleForReading.availableData : Data()
        usleep(UInt32(milliseconds) * 1000)
        #expect(process.isRunning, "the probe ended by itself")
        kill(process.processIdentifier, SIGKILL)
        let text = String(decoding: head + output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text.split(separator: "\n").last.flatMap { Int($0) } ?? -1
    }

    /// A product that was built beside the tests.
    private func builtProduct(_ name: String) throws -> URL {
        var folder = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        for _ in 0..<6 {
            folder.deleteLastPathComponent()
            let candidate = folder.appendingPathComponent(name)
            if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
        }
        throw CocoaError(.fileNoSuchFile)
    }
}
