import Foundation
import Study

/// A child that tries to read runs, one after the other, as the program has one do before it opens a run itself.
final class TrialProcess {
    /// More than it takes to read a small run, in milliseconds; the program's own child has minutes.
    private static let longest: Int32 = 20_000

    private let below: String
    private var process: Process?
    private var input = Pipe()
    private var output = Pipe()

    /// - Parameter path: where the run lies in a mutant's folder.
    init(path: String) { below = path }

    deinit { process?.terminate() }

    /// Whether a child survives reading a run.
    func survives(_ folder: String) -> Bool {
        if process == nil { start() }
        guard let process else { return false }
        let path = below.isEmpty ? folder : folder + "/" + below
        try? input.fileHandleForWriting.write(contentsOf: Data((path + "\n").utf8))
        var wait = pollfd(fd: output.fileHandleForReading.fileDescriptor, events: Int16(POLLIN), revents: 0)
        if poll(&wait, 1, Self.longest) > 0, let answer = try? output.fileHandleForReading.read(upToCount: 1),
            !answer.isEmpty
        {
            return true
        }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        self.process = nil
        return false
    }

    private func start() {
        (input, output) = (Pipe(), Pipe())
        let child = Process()
        child.executableURL = Driver.program
        child.arguments = ["trial"]
        child.environment = Driver.environment
        child.standardInput = input
        child.standardOutput = output
        child.standardError = FileHandle.nullDevice
        do { try child.run() } catch { return }
        // Else the end of the child would never be seen.
        try? output.fileHandleForWriting.close()
        try? input.fileHandleForReading.close()
        process = child
    }

    /// What the child does: reads the runs whose paths come on standard input, and answers after each.
    static func serve() {
        while let path = readLine() {
            _ = RunTrial.read(path, verifying: true, copying: true)
            alarm(0)
            // What was in memory at once only grows; the program refuses such a run.
            if RunTrial.takesTooMuch(0) { exit(1) }
            FileHandle.standardOutput.write(Data([0x2E]))
        }
    }
}
