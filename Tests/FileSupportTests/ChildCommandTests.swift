import FileSupport
import Foundation
import TestSupport
import Testing

@Suite("A program run as a child") struct ChildCommandTests {
    private let folder: String

    init() throws { folder = try temporaryFolder("child") }

    private func shell(
        _ script: String, seconds: Double = 60, isInterrupted: () -> Bool = { false }
    ) throws -> ChildCommand.Ending {
        try ChildCommand.run(
            ["/bin/sh", "-c", script], seconds: seconds, output: folder + "/out", errors: folder + "/err",
            isInterrupted: isInterrupted)
    }

    /// Whether a process lives on; one that nobody waited for yet does not. A signal that was sent takes its time on a busy machine.
    private func lives(_ file: String) throws -> Bool {
        let number = try Input.text(file).trimmingCharacters(in: .whitespacesAndNewlines)
        for _ in 0..<2_000 {
            let status = (try? String(contentsOfFile: "/proc/\(number)/stat", encoding: .utf8)) ?? ") Z"
            if status.split(separator: ")").last?.split(separator: " ").first == "Z" { return false }
            usleep(5_000)
        }
        return true
    }

    @Test("its code, its signal and both outputs are kept; it has no input and none of our files")
    func endings() throws {
        #expect(try shell("echo out; echo err >&2; exit 7") == .exited(7))
        #expect(try Input.text(folder + "/out") == "out\n" && Input.text(folder + "/err") == "err\n")
        #expect(try shell("kill -9 $$") == .signalled(9))
        let open = try FileHandle(forReadingFrom: URL(fileURLWithPath: folder + "/out"))
        defer { try? open.close() }
        #expect(try shell("cat; ls /proc/$$/fd | sort -n | tr '\\n' ' '") == .exited(0))
        #expect(try Input.text(folder + "/out").hasPrefix("0 1 2"))
        #expect(try !Input.text(folder + "/out").contains("\(open.fileDescriptor)"))
    }

    @Test("arguments are as they are given")
    func arguments() throws {
        let words = ["$HOME", "a b", "*", "'"]
        let ending = try ChildCommand.run(
            ["/usr/bin/printf", "%s|"] + words, seconds: 60, output: folder + "/out", errors: folder + "/err",
            isInterrupted: { false })
        #expect(ending == .exited(0))
        #expect(try Input.text(folder + "/out") == words.map { $0 + "|" }.joined())
    }

    @Test("at its time limit, and when the user stops, it is ended with all that it started")
    func ended() throws {
        let waiting = "sleep 1000 & echo $! > \(folder)/pid; wait"
        #expect(try shell(waiting, seconds: 0.5) == .outOfTime)
        #expect(try !lives(folder + "/pid"))
        try? FileManager.default.removeItem(atPath: folder + "/pid")
        let file = folder + "/pid"
        #expect(try shell(waiting) { FileManager.default.contents(atPath: file)?.isEmpty == false } == .interrupted)
        #expect(try !lives(file))
        // It ends by itself and leaves another behind.
        #expect(try shell("sleep 1000 & echo $! > \(folder)/pid") == .exited(0))
        #expect(try !lives(file))
    }

    @Test("what it writes has an end")
    func output() throws {
        #expect(try shell("while :; do printf %65536s x; done") == .wroteTooMuch)
        let size = try FileManager.default.attributesOfItem(atPath: folder + "/out")[.size] as? Int
        #expect(try #require(size) > ChildCommand.longestOutput)
    }

    @Test("a program is found by its path or in PATH; a folder, and a file that may not be executed, is none")
    func find() throws {
        try AtomicFile.write("text", to: folder + "/plain")
        #expect(ChildCommand.find("sh")?.hasSuffix("/sh") == true && ChildCommand.find("/bin/sh") == "/bin/sh")
        for name in [folder, folder + "/plain", folder + "/none", "no-such-program-anywhere"] {
            #expect(ChildCommand.find(name) == nil, "\(name)")
        }
        chmod(folder + "/plain", 0o755)
        #expect(throws: InputError.self) {
            try ChildCommand.run(
                [folder + "/plain"], seconds: 1, output: folder + "/out", errors: folder + "/err",
                isInterrupted: { false })
        }
    }
}
