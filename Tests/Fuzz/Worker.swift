import FileSupport
import Foundation
import LinearAlgebra

/// What came of a mutant.
enum Outcome: String {
    /// Read, as if nothing had happened to it.
    case read
    /// Refused with one line.
    case refused
    /// The child that the program has read runs first did not survive it, which the program says in one line.
    case trial
    /// None of these.
    case finding
}

/// Reads mutants one after the other, in a process of its own: one that dies names in its log the mutant at which it did.
struct Worker {
    let reader: Reader
    let seeds: Seeds
    let seed: UInt64
    /// A folder of its own, with the log in it.
    let work: String

    /// More than any reader needs for a mutant, in seconds of work; on a busy machine they take longer.
    static let longest = 60
    /// More than any reader needs for a file of these sizes, in bytes.
    static let largest = 2 << 30

    /// Makes the mutant of a number, new in the worker's folder; below 0 the seeds themselves, unchanged.
    ///
    /// - Returns: the mutant, and what was changed, in words.
    func mutant(_ number: Int) throws -> (mutant: Mutant, change: String) {
        let place = work + "/case"
        try? FileManager.default.removeItem(atPath: place)
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        let seed = seed &+ UInt64(bitPattern: Int64(number))
        var mutation = Mutation(seed: seed, label: reader.kind)
        let all = try seeds.folders(of: reader)
        let seedFolder = number < 0 ? all[-number - 1] : mutation.pick(all)
        let folder = place + "/" + AtomicFile.name(of: seedFolder)
        try FileManager.default.copyItem(atPath: seedFolder, toPath: folder)
        let files = Self.files(in: folder)
        // Each target is as likely, however many files it stands for.
        let groups = reader.targets.map { end in files.filter { $0.hasSuffix(end) } }.filter { !$0.isEmpty }
        let mutant = Mutant(
            folder: folder, file: mutation.pick(mutation.pick(groups)), seeds: seeds, number: number)
        guard number >= 0 else { return (mutant, "nothing in \(AtomicFile.name(of: seedFolder))") }
        if let change = reader.runChange {
            var run = RunMutant(mutant.path, seed: seed)
            return (mutant, try change(&run))
        }
        let bytes = mutation.changed(try Input.bytes(mutant.path), name: mutant.file)
        try Data(bytes).write(to: URL(fileURLWithPath: mutant.path))
        return (
            mutant, "\(AtomicFile.name(of: seedFolder))/\(mutant.file): " + mutation.changes.joined(separator: ", ")
        )
    }

    private static func files(in folder: String) -> [String] {
        let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        return names.filter { name in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: folder + "/" + name, isDirectory: &isFolder)
                && !isFolder.boolValue
        }.sorted()
    }

    /// Reads the mutants of some numbers until a time has come.
    func run(_ numbers: Range<Int>, until end: Date) throws {
        Threads.use(1)
        let log = try FileHandle.writing(work + "/log")
        let trial = reader.trial.map { TrialProcess(path: $0) }
        for number in numbers {
            guard number == numbers.lowerBound || Date() < end else { break }
            try log.say("begin \(number)")
            Self.limit(Self.longest)
            let started = Date()
            let (outcome, words) = try outcome(number, trial)
            Self.limit(0)
            let seconds = Int(Date().timeIntervalSince(started).rounded())
            try log.say("end \(number) \(seconds) \(outcome.rawValue) \(words.oneLine)")
            // What was in memory at once only grows: the next mutant begins in another process.
            if ProcessMemory.peak > Self.largest { break }
        }
    }

    /// Lets a signal end the process after some seconds of work, or ten times as many of waiting; 0 is no limit.
    private static func limit(_ seconds: Int) {
        var time = itimerval(it_interval: timeval(), it_value: timeval(tv_sec: seconds, tv_usec: 0))
        // ITIMER_PROF, whose type differs between systems.
        setitimer(2, &time, nil)
        alarm(UInt32(10 * seconds))
    }

    private func outcome(_ number: Int, _ trial: TrialProcess?) throws -> (Outcome, String) {
        let mutant: Mutant
        let change: String
        do { (mutant, change) = try self.mutant(number) } catch is RunMutant.Impossible { return (.refused, "") }
        if let trial, !trial.survives(mutant.folder) { return (.trial, change) }
        func finding(_ words: String) -> (Outcome, String) { (.finding, words) }
        do {
            try reader.read(mutant)
        } catch is InputError where ProcessMemory.peak > Self.largest {
            return finding("refused, at \(ProcessMemory.peak >> 20) MB of memory")
        } catch let error where error is InputError || error is UnfinishedError {
            let line = "\(error)"
            let isLine = line.oneLine == line && line.unicodeScalars.count <= 4_000
            return isLine ? (.refused, line) : finding("\(line.utf8.count) bytes of a message: " + line.shortLine)
        } catch { return finding("an error of the type \(type(of: error)): " + "\(error)".shortLine) }
        guard ProcessMemory.peak <= Self.largest else {
            return finding("read, at \(ProcessMemory.peak >> 20) MB of memory")
        }
        return (.read, "")
    }
}

extension AtomicFile {
    /// The last part of a path.
    static func name(of path: String) -> String { URL(fileURLWithPath: path).lastPathComponent }
}

extension FileHandle {
    /// A new file, open for writing.
    static func writing(_ path: String) throws -> FileHandle {
        try Data().write(to: URL(fileURLWithPath: path))
        return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    }

    /// Writes a line at once: a process that dies after it has said it.
    func say(_ line: String) throws { try write(contentsOf: Data((line + "\n").utf8)) }
}
