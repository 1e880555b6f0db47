import Foundation
import Testing

extension ProgramTests {
    @Suite("A machine that loses power") struct PowerLossTests {
        private static let tracer = ["/usr/bin/strace", "/bin/strace"].first(
            where: FileManager.default.isExecutableFile)

        @Test(
            "a file is on the disk before it takes its name, its folder before the log goes on and before anything is removed",
            .enabled(if: tracer != nil, "needs strace"))
        func order() throws {
            let place = try Workshop()
            let (run, log) = (place.path + "/a/b/run", place.path + "/calls")
            let calls = "rename,renameat,renameat2,fsync,fdatasync,mkdir,mkdirat,unlink,unlinkat,write,pwrite64,writev"
            let tracer = try #require(Self.tracer)
            let ending = try Program.run(
                EveryStage.arguments(run),
                script: "exec \(tracer) -f -y -s 0 -e trace=\(calls) -o '\(log)' \"$0\" \"$@\"")
            try #require(ending.code == 0, "\(ending.complaint)")
            var disk = RecordedDisk(below: place.path)
            for line in try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n") {
                disk.replay(line)
            }
            // Not shown whole: one fault has others follow.
            let (faults, pending) = (disk.faults, disk.pending)
            #expect(faults.count == 0, "the first faults: \(faults.prefix(8))")
            #expect(pending.count == 0, "never flushed: \(pending)")
            // Study, provenance, tables, checkpoint, packed file, report: all of it was seen.
            #expect(disk.renamed > 50 && disk.folders > 3 && disk.lines > 30)
        }
    }
}

/// What is on a disk for certain, told from the system calls of a process.
private struct RecordedDisk {
    private let root: String
    /// Files with bytes that were not flushed.
    private var dirty: Set<String> = []
    /// Names that were made or changed, and whose folder was not flushed since.
    private(set) var pending: Set<String> = []
    private(set) var faults: [String] = []
    private(set) var (renamed, folders, lines) = (0, 0, 0)

    init(below root: String) { self.root = root }

    /// Replays a line as `12 rename("/a", "/b") = 0`; calls that failed change nothing.
    mutating func replay(_ line: Substring) {
        guard let open = line.firstIndex(of: "("), !line.contains(") = -1") else { return }
        let name = line[..<open].split(separator: " ").last ?? ""
        let rest = line[line.index(after: open)...]
        let quoted = rest.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 }.map { String($0.element) }
        let file =
            rest.split(separator: "<", maxSplits: 1).last.flatMap { $0.split(separator: ">").first }
            .map { $0.replacingOccurrences(of: " (deleted)", with: "") } ?? ""
        switch name {
        case "write", "pwrite64", "writev": if isOurs(file) { dirty.insert(file) }
        case "fsync", "fdatasync":
            guard isOurs(file) else { return }
            dirty.remove(file)
            pending = pending.filter { Self.folder($0) != file }
            if file.hasSuffix("/audit.jsonl") {
                lines += 1
                expectAllOnDisk("a line of the log")
            }
        case "rename", "renameat", "renameat2":
            guard quoted.count == 2, isOurs(quoted[1]) else { return }
            renamed += 1
            let inside = dirty.filter { $0 == quoted[0] || $0.hasPrefix(quoted[0] + "/") }
            if !inside.isEmpty { faults.append("\(quoted[1]) has its name before \(inside.sorted()) is flushed") }
            let unnamed = pending.filter { $0.hasPrefix(quoted[0] + "/") }
            if !unnamed.isEmpty { faults.append("\(quoted[1]) has its name before its folder has \(unnamed.sorted())") }
            pending = pending.filter { $0 != quoted[0] && !$0.hasPrefix(quoted[0] + "/") }
            pending.insert(quoted[1])
        case "mkdir", "mkdirat":
            guard let made = quoted.last, isOurs(made) else { return }
            folders += 1
            pending.insert(made)
        case "unlink", "unlinkat":
            guard let gone = quoted.last else { return }
            dirty.remove(gone)
            pending.remove(gone)
            if isOurs(gone) { expectAllOnDisk("the end of \(gone)") }
        default: return
        }
    }

    private mutating func expectAllOnDisk(_ what: String) {
        if !pending.isEmpty { faults.append("\(what) before \(pending.sorted()) is on the disk") }
    }

    private func isOurs(_ path: String) -> Bool { path == root || path.hasPrefix(root + "/") }
    private static func folder(_ path: String) -> String { (path as NSString).deletingLastPathComponent }
}
