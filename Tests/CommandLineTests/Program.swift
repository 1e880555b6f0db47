import FileSupport
import Foundation
import TestSupport
import Testing

/// Tests of the built program, run as a process, one at a time.
@Suite("driftscope, the program", .serialized) enum ProgramTests {}

/// One process of driftscope.
final class Program {
    /// What a process left behind.
    struct Ending {
        /// The exit code; nil when a signal ended it.
        let code: Int32?
        let output: String
        let complaint: String

        /// Lines on standard error.
        var complaints: [Substring] { complaint.split(separator: "\n") }
    }

    private let process = Process()
    private let folder: String
    private let output: FileHandle
    private let complaint: FileHandle

    /// Starts driftscope.
    ///
    /// - Parameters:
    ///   - fileLimit: the largest file it may write, in bytes.
    ///   - script: what a shell does instead, where `"$0" "$@"` is the program with its arguments.
    ///   - product: another program of the package.
    init(
        _ arguments: [String], fileLimit: Int? = nil, script: String? = nil, product: String = "driftscope"
    ) throws {
        folder = try temporaryFolder("program")
        output = try Self.newFile(folder + "/stdout")
        complaint = try Self.newFile(folder + "/stderr")
        let program = try Self.built(product)
        // POSIX counts in blocks of 512 bytes.
        if let script = script ?? fileLimit.map({ "ulimit -f \($0 / 512) && exec \"$0\" \"$@\"" }) {
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = ["-c", script, program.path] + arguments
        } else {
            process.executableURL = program
            process.arguments = arguments
        }
        process.standardOutput = output
        process.standardError = complaint
        try process.run()
    }

    deinit {
        send(SIGKILL)
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Runs driftscope to its end.
    static func run(
        _ arguments: [String], fileLimit: Int? = nil, script: String? = nil, product: String = "driftscope"
    ) throws -> Ending {
        try Program(arguments, fileLimit: fileLimit, script: script, product: product).ending()
    }

    /// Whether it hears SIGTERM, which it does from its first lines on.
    var isListening: Bool {
        #if os(Linux)
            let status = try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
            let caught = status?.split(separator: "\n").first { $0.hasPrefix("SigCgt:") }?.split(separator: "\t").last
            return caught.flatMap { UInt64($0, radix: 16) }.map { $0 >> (SIGTERM - 1) & 1 == 1 } ?? false
        #else
            return true
        #endif
    }

    /// Whether it has not ended.
    var isRunning: Bool { process.isRunning }

    /// Sends a signal, unless the process has ended.
    func send(_ signal: Int32) {
        if process.isRunning { kill(process.processIdentifier, signal) }
    }

    /// Waits for the end.
    func ending() throws -> Ending {
        process.waitUntilExit()
        return Ending(
            code: process.terminationReason == .exit ? process.terminationStatus : nil,
            output: try String(contentsOfFile: folder + "/stdout", encoding: .utf8),
            complaint: try String(contentsOfFile: folder + "/stderr", encoding: .utf8))
    }

    /// Waits until the audit log of a run has at least `count` events of a name, or the process has ended.
    ///
    /// - Returns: whether the events came while it ran.
    func waits(for event: String, count: Int = 1, in run: String) -> Bool {
        while isRunning {
            if Program.events(event, in: run) >= count { return true }
            usleep(2000)
        }
        return false
    }

    /// How many events of a name the audit log of a run holds.
    static func events(_ name: String, in run: String) -> Int {
        let log = (try? String(contentsOfFile: run + "/audit.jsonl", encoding: .utf8)) ?? ""
        return log.components(separatedBy: "\"event\":\"\(name)\"").count - 1
    }

    /// Whether a run has all of its report; what comes last of it is report.json.
    static func hasEnded(_ run: String) -> Bool { FileManager.default.fileExists(atPath: run + "/report.json") }

    private static func newFile(_ path: String) throws -> FileHandle {
        try Data().write(to: URL(fileURLWithPath: path))
        return try #require(FileHandle(forWritingAtPath: path))
    }

    /// The program that was built beside the tests.
    private static func built(_ product: String) throws -> URL {
        var folder = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        for _ in 0..<6 {
            folder.deleteLastPathComponent()
            let candidate = folder.appendingPathComponent(product)
            var isFolder: ObjCBool = false
            if FileManager.default.fileExists(atPath: candidate.path, isDirectory: &isFolder), !isFolder.boolValue {
                return candidate
            }
        }
        throw CocoaError(.fileNoSuchFile)
    }
}

/// A folder that is removed with its test.
final class Workshop {
    let path: String

    init() throws { path = try temporaryFolder("workshop") }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file and gives its path.
    func file(_ name: String, _ text: String) throws -> String { try file(name, bytes: Array(text.utf8)) }

    /// Writes a file and gives its path.
    func file(_ name: String, bytes: [UInt8]) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
        return path + "/" + name
    }
}
