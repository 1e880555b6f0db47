import FileSupport
import Foundation
import Study
import Synchronization

/// Shares the time or the mutants among kinds, runs workers and counts what comes of it.
final class Driver: Sendable {
    /// What was asked for.
    struct Plan: Sendable {
        var readers = Reader.all
        var seed: UInt64 = 1
        var first = 0
        /// All mutants together; nil where only time counts.
        var mutants: Int?
        var seconds: Double = 60
        var jobs = 1
        var out = "out/fuzz"
        var fixtures = "Tests/LanguageModelTests/Fixtures"
    }

    /// What came of one kind so far.
    struct Count {
        var mutants = 0
        var outcomes: [Outcome: Int] = [:]
        var seconds = 0.0
        var isBusy = false
        /// Whether the seeds themselves were read.
        var isBegun = false
        /// The mutant that took the most seconds.
        var slowest = (seconds: 0, number: 0)
        /// Of refusals, to see how deep mutants come.
        var messages: Set<String> = []
    }

    /// Mutants of one worker.
    private static let batch = 100

    private let plan: Plan
    private let seeds: Seeds
    private let counts: Mutex<[Count]>

    init(_ plan: Plan) throws {
        self.plan = plan
        func whole(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }
        seeds = Seeds(path: whole(plan.out) + "/seeds", fixtures: whole(plan.fixtures))
        counts = Mutex(plan.readers.map { _ in Count() })
        for reader in plan.readers {
            try FileManager.default.createDirectory(
                atPath: workFolder(reader), withIntermediateDirectories: true)
        }
    }

    /// This program, which is the worker's and the trial's too.
    static let program = Bundle.main.executableURL

    /// What children are given: a death is a signal and nothing else.
    static let environment = ProcessInfo.processInfo.environment.merging([
        "SWIFT_BACKTRACE": "enable=no", "OPENBLAS_NUM_THREADS": "1",
        "ASAN_OPTIONS":
            "abort_on_error=1:detect_leaks=0:allocator_may_return_null=1:hard_rss_limit_mb=6000:quarantine_size_mb=32"
            + ":malloc_context_size=4",
    ]) { $1 }

    /// Makes the seeds, runs all, prints the table.
    ///
    /// - Returns: the number of findings.
    func run() throws -> Int {
        let started = Date()
        try Seeds.make(plan.readers, in: seeds.path, fixtures: seeds.fixtures)
        try Console.print("seeds made in \(Int(Date().timeIntervalSince(started))) s, seed \(plan.seed)\n")
        let lanes = min(plan.jobs, plan.readers.count)
        let begun = Date()
        DispatchQueue.concurrentPerform(iterations: lanes) { _ in
            while let (index, numbers, end) = self.next(begun) { self.work(index, numbers, until: end) }
        }
        try Console.print(table + "\n")
        return counts.withLock { $0.reduce(0) { $0 + ($1.outcomes[.finding] ?? 0) } }
    }

    /// The kind that has had the least, and how much it may have now; nil when all is done.
    private func next(_ begun: Date) -> (index: Int, numbers: Range<Int>, end: Date)? {
        let kinds = Double(plan.readers.count)
        // Lanes work on different kinds at the same time.
        let seconds = plan.seconds * Double(min(plan.jobs, plan.readers.count)) / kinds
        let share = plan.mutants.map { ($0 + plan.readers.count - 1) / plan.readers.count } ?? .max
        return counts.withLock { counts in
            func isDone(_ index: Int) -> Bool {
                counts[index].mutants >= share || plan.mutants == nil && counts[index].seconds >= seconds
            }
            let open = counts.indices.filter { !counts[$0].isBusy && !(counts[$0].isBegun && isDone($0)) }
            guard let index = open.min(by: { counts[$0].seconds < counts[$1].seconds }) else { return nil }
            counts[index].isBusy = true
            guard counts[index].isBegun else {
                counts[index].isBegun = true
                let all = (try? seeds.folders(of: plan.readers[index]).count) ?? 0
                return (index, -all..<0, .distantFuture)
            }
            let first = plan.first + counts[index].mutants
            let count = min(Self.batch, share - counts[index].mutants)
            let left = plan.mutants == nil ? seconds - counts[index].seconds : .infinity
            return (index, first..<first + count, Date().addingTimeInterval(min(left, 1e6)))
        }
    }

    // MARK: One worker

    private func work(_ index: Int, _ numbers: Range<Int>, until end: Date) {
        let reader = plan.readers[index]
        let work = workFolder(reader)
        let started = Date()
        let ending = child(reader, numbers, until: end)
        let lines = ((try? String(contentsOfFile: work + "/log", encoding: .utf8)) ?? "").split(separator: "\n")
        var results: [(number: Int, outcome: Outcome, words: String)] = []
        var open: Int?
        var slowest = (seconds: 0, number: 0)
        for line in lines {
            let parts = line.split(separator: " ", maxSplits: 4).map(String.init)
            guard parts.count > 1, let number = Int(parts[1]) else { continue }
            open = parts[0] == "begin" ? number : nil
            if parts[0] == "end", parts.count > 3, let outcome = Outcome(rawValue: parts[3]) {
                let words = parts.count > 4 ? parts[4] : ""
                if let seconds = Int(parts[2]), seconds > slowest.seconds { slowest = (seconds, number) }
                // What is refused as it is says nothing of what is changed in it.
                let isWhole = number >= 0 || outcome == .read
                results.append(isWhole ? (number, outcome, words) : (number, .finding, "a whole seed: " + words))
            }
        }
        if let ending {
            // A death behind the last mutant, or before the first, is told by the number that would be next.
            let number = open ?? numbers.lowerBound + results.count
            let outcome = alone(reader, number)
            results.append((number, outcome ?? .finding, outcome == nil ? ending : ""))
        }
        for result in results where result.outcome == .finding { keep(reader, result.number, result.words) }
        counts.withLock { counts in
            counts[index].isBusy = false
            counts[index].mutants += results.count { $0.number >= 0 }
            counts[index].seconds += Date().timeIntervalSince(started)
            if slowest.seconds > counts[index].slowest.seconds { counts[index].slowest = slowest }
            for result in results where result.number >= 0 || result.outcome == .finding {
                counts[index].outcomes[result.outcome, default: 0] += 1
                if result.outcome == .refused { counts[index].messages.insert(Self.kind(of: result.words)) }
            }
        }
    }

    /// What comes of a mutant of a run in workers of its own; nil when one of them dies too.
    ///
    /// HDF5 does not only end on damaged bytes, it can write over the memory of its process first. The program reads one run a
    /// process; a worker reads many, and may die of one that it read before.
    private func alone(_ reader: Reader, _ number: Int) -> Outcome? {
        guard reader.trial != nil, number >= 0 else { return nil }
        var outcome: Outcome?
        for _ in 0..<3 {
            guard child(reader, number..<number + 1, until: .distantFuture) == nil else { return nil }
            let log = (try? String(contentsOfFile: workFolder(reader) + "/log", encoding: .utf8)) ?? ""
            let words = log.split(separator: "\n").last?.split(separator: " ") ?? []
            guard words.count > 3, words[0] == "end", let found = Outcome(rawValue: String(words[3])) else {
                return nil
            }
            outcome = found
        }
        return outcome
    }

    private func workFolder(_ reader: Reader) -> String {
        URL(fileURLWithPath: plan.out).standardizedFileURL.path + "/workers/" + reader.kind
    }

    /// Runs a worker to its end.
    ///
    /// - Returns: how it died; nil for one that ended well.
    private func child(_ reader: Reader, _ numbers: Range<Int>, until end: Date) -> String? {
        let work = workFolder(reader)
        try? FileManager.default.removeItem(atPath: work + "/log")
        let child = Process()
        child.executableURL = Self.program
        child.arguments = [
            "work", reader.kind, seeds.path, seeds.fixtures, String(plan.seed), String(numbers.lowerBound),
            String(numbers.upperBound), String(end.timeIntervalSince1970), work,
        ]
        child.environment = Self.environment
        child.standardInput = FileHandle.nullDevice
        child.standardOutput = FileHandle.nullDevice
        do {
            let errors = try FileHandle.writing(work + "/stderr")
            child.standardError = errors
            try child.run()
        } catch { return "could not be started: \(error)" }
        child.waitUntilExit()
        if child.terminationReason == .exit, child.terminationStatus == 0 { return nil }
        let said = ((try? String(contentsOfFile: work + "/stderr", encoding: .utf8)) ?? "").split(separator: "\n")
        let line = said.first { $0.contains("ERROR:") || $0.contains("Fatal error") } ?? said.last ?? ""
        let how = child.terminationReason == .exit ? "code" : "signal"
        let isLong = child.terminationReason == .uncaughtSignal && [SIGALRM, SIGPROF].contains(child.terminationStatus)
        return "\(how) \(child.terminationStatus)\(isLong ? " (too long)" : ""): \(line)"
    }

    /// Keeps a mutant with what is known of it.
    private func keep(_ reader: Reader, _ number: Int, _ words: String) {
        let folder =
            URL(fileURLWithPath: plan.out).standardizedFileURL.path
            + "/findings/\(reader.kind)-\(plan.seed)-\(number)"
        try? FileManager.default.removeItem(atPath: folder)
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let worker = Worker(reader: reader, seeds: seeds, seed: plan.seed, work: folder)
        let change = (try? worker.mutant(number).change) ?? ""
        try? FileManager.default.copyItem(atPath: workFolder(reader) + "/stderr", toPath: folder + "/stderr")
        try? Console.print(
            """
            FINDING \(reader.kind) \(number): \(words.oneLine) - \(change.oneLine)
                again: driftscope-fuzz --kind \(reader.kind) --seed \(plan.seed) --first \(number) --mutants 1

            """)
    }

    // MARK: The table

    /// A message without the names and numbers in it: what sort of message it is.
    private static func kind(of message: String) -> String {
        String(message.prefix { $0 != "\"" && $0 != "`" && $0 != "'" && !$0.isNumber }.prefix(40))
    }

    private var table: String {
        func cell(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
        var rows: [[String]] = [
            ["kind", "mutants", "read", "refused", "messages", "trial", "findings", "seconds", "slowest"]
        ]
        func row(_ name: String, _ count: Count) -> [String] {
            let figures = [Outcome.trial, .finding].map { String(count.outcomes[$0] ?? 0) }
            return [
                name, String(count.mutants), String(count.outcomes[.read] ?? 0),
                String(count.outcomes[.refused] ?? 0), String(count.messages.count),
            ] + figures + [String(Int(count.seconds.rounded())), "\(count.slowest.seconds)s:\(count.slowest.number)"]
        }
        var all = Count()
        for (reader, count) in zip(plan.readers, counts.withLock { $0 }) {
            rows.append(row(reader.kind, count))
            all.mutants += count.mutants
            all.seconds += count.seconds
            if count.slowest.seconds > all.slowest.seconds { all.slowest = count.slowest }
            all.outcomes.merge(count.outcomes, uniquingKeysWith: +)
            all.messages.formUnion(count.messages)
        }
        rows.append(row("all", all))
        return rows.map { row in
            row[0] + String(repeating: " ", count: max(0, 16 - row[0].count))
                + row.dropFirst().map { cell($0, 10) }.joined()
        }.joined(separator: "\n")
    }
}
