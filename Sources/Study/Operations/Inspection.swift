import Evaluate
import FileSupport
import Foundation
import LanguageModel
import Records
import Report
import RunStore

/// `driftscope inspect`: what is in a run, a model or a table, in a screenful.
package enum Inspection {
    /// - Parameter isVerified: whether the hashes of a run hold, as ``RunTrial`` found; it is said, with what the audit log tells.
    /// - Throws: ``InputError`` for a path of no known kind, or an audit log that is not the run's.
    package static func of(_ path: String, isVerified: Bool) throws -> CommandResult {
        let files = FileManager.default
        if files.fileExists(atPath: path + "/run.h5") || path.hasSuffix(".h5") {
            return try run(path, isVerified: isVerified)
        }
        let path = ModelFolder.resolve(path)
        let folder = ModelPath(path).folder
        let isModel = ["config.json", "adapter_config.json"].contains { files.fileExists(atPath: folder + "/" + $0) }
        if isModel || folder.lowercased().hasSuffix(".gguf") { return try model(path) }
        var isFolder: ObjCBool = false
        guard files.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw InputError("no such file or folder", at: path, remedy: "check the path")
        }
        guard !isFolder.boolValue else {
            throw InputError(
                "a folder with neither run.h5 nor config.json", at: path, remedy: "name a run or a model folder")
        }
        return try table(path)
    }

    private static func run(_ path: String, isVerified: Bool) throws -> CommandResult {
        let reader = try RunReader(path)
        let facts = try reader.metadata() ?? RunMetadata()
        var lines: [(String, String)] = [
            ("run", reader.header.runID), ("begun", reader.header.created),
            ("made by", "driftscope \(reader.header.producerVersion)"),
            ("state", reader.isPacked ? "ended, one file" : "open, its numbers in the folder parts beside it"),
        ]
        func add(_ name: String, _ value: String) { lines.append((name, value)) }
        if let model = facts.model { add("model", "\(ReaderText.model(model.name)), \(model.parameters) parameters") }
        if let tokens = try reader.tokens() { add("tokens", String(tokens.count)) }
        if let words = try reader.concepts()?.words {
            let single = words.count { !$0.singleTokens.isEmpty }
            add("concepts", "\(words.count) words, \(single) with a single-token spelling")
        }
        for info in try reader.snapshots() {
            let size = "\(info.rows) x \(info.dimensions)" + (info.isTied ? ", output tied" : "")
            add("snapshot", "\(info.label), step \(info.step), \(size)")
        }
        if let trajectory = try reader.trajectory() {
            add("trajectory", "\(trajectory.steps.count) points, rows of \(trajectory.rowTokens.count) tokens")
        }
        for entry in try reader.evaluations() {
            if let found = try reader.evaluation(label: entry.label, benchmark: entry.benchmark) {
                add("scores", "\(entry.benchmark), \(entry.label), \(found.items.count) items, \(found.profile)")
            }
        }
        let models = try reader.models()
        if !models.isEmpty { add("changed models", String(models.count)) }
        let records = try reader.stages()
        if !records.isEmpty { add("records", records.joined(separator: ", ")) }
        if let outcome = facts.outcome {
            add("unlearning", "\(outcome.reason.description), step \(outcome.keptStep) kept")
            for remark in outcome.remarks ?? [] { add("remark", remark.description) }
        }
        if let verdicts = try reader.resultsTables()["verdicts"], case .string(let domains)? = verdicts["domain"],
            case .string(let outcomes)? = verdicts["outcome"]
        {
            for (domain, outcome) in zip(domains, outcomes) { add("verdict", "\(domain): \(outcome)") }
        }
        if isVerified {
            add("hashes", "all hold")
            lines += try RunIntegrity.requireLog(path).map { ("audit log", $0) }
        }
        return result(lines)
    }

    private static func model(_ path: String) throws -> CommandResult {
        let checkpoint = try CheckpointFolder.load(path, masked: true)
        let configuration = checkpoint.model.configuration
        var lines: [(String, String)] = [
            ("model", path), ("family", checkpoint.family), ("parameters", String(checkpoint.model.layout.count)),
            ("layers", String(configuration.layerCount)), ("heads", String(configuration.headCount)),
            ("hidden size", String(configuration.hiddenSize)), ("context", String(configuration.contextLength)),
            ("vocabulary", "\(configuration.vocabularySize) rows, \(checkpoint.tokenizer.vocabularySize) tokens"),
        ]
        for file in checkpoint.files {
            lines.append(("file", "\(file.sha256.prefix(16))…  \(file.bytes)  \(file.name)"))
        }
        lines += checkpoint.notes.map { ("note", $0) }
        return result(lines)
    }

    private static func table(_ path: String) throws -> CommandResult {
        let kind = BenchmarkRegistry.all.kind(of: path)
        var lines: [(String, String)]
        if let kind, ["json", "jsonl"].contains((path as NSString).pathExtension.lowercased()) {
            lines = [("benchmark", path), ("of", kind.key)]
        } else {
            let table = try CSVTable.read(path)
            lines = [
                ("table", path),
                ("columns", table.header.map { $0.isEmpty ? "(no name)" : $0 }.joined(separator: ", ")),
                ("records", String(table.records.count)),
            ]
        }
        if let kind {
            do {
                let read: [any BiasBenchmark] = try kind.read([path], labels: [:])
                for benchmark in read {
                    if read.count > 1 { lines.append(("part", benchmark.name)) }
                    lines += self.lines(benchmark)
                }
            } catch let error as InputError { lines.append(("not scored", error.what)) }
        }
        return result(lines)
    }

    private static func lines(_ benchmark: any BiasBenchmark) -> [(String, String)] {
        let items: [any BenchmarkItem] = benchmark.items
        let counts = benchmark.domains.map { domain in ("items", "\(domain): \(items.count { $0.domain == domain })") }
        return counts + (benchmark.skipped.isEmpty ? [] : [("skipped", String(benchmark.skipped.count))])
            + benchmark.notes.map { ("note", $0) }
    }

    static func result(_ lines: [(String, String)]) -> CommandResult {
        CommandResult(
            text: TextTable(lines).text,
            json: .array(lines.map { .object([("name", .string($0.0)), ("value", .string($0.1))]) }))
    }
}
