import FileSupport
import Foundation
import LinearAlgebra
import Records

/// Writes the numbers of a run while it goes on, and packs them into one run.h5 at its end.
///
/// Every call that writes returns when its record is on the disk, whole; a process killed at any point leaves
/// everything written before readable, by ``RunReader`` and, through the links in run.h5, by any HDF5 program. One
/// writer a folder; calls from one thread at a time.
public final class RunWriter {
    /// The run's folder.
    public let folder: String
    /// What the file says about itself.
    public private(set) var header: RunHeader
    private var parts: [String: String]
    private var pending = TrajectoryBlock(number: 0)

    private init(_ folder: String, _ header: RunHeader) throws {
        try AtomicFile.makeFolder(folder + "/" + RunPaths.parts)
        Self.removeTemporaryFiles(in: folder)
        (self.folder, self.header, parts) = (folder, header, try RunPart.list(in: folder))
    }

    /// Takes away what a killed process was writing.
    static func removeTemporaryFiles(in folder: String) {
        for place in [folder, folder + "/" + RunPaths.parts] { AtomicFile.removeLeftovers(in: place) }
    }

    /// Begins a run in a folder, which is made when it is not there.
    ///
    /// - Throws: `InputError` when the folder holds a run already.
    public static func create(in folder: String, header: RunHeader) throws -> RunWriter {
        guard !FileManager.default.fileExists(atPath: folder + "/" + RunPaths.file) else {
            throw InputError(
                "the folder holds another run", at: folder, remedy: "choose another --out, or continue it with --resume"
            )
        }
        let writer = try RunWriter(folder, header)
        try writer.writeIndex()
        return writer
    }

    /// Goes on with a run that was interrupted: leftovers of the killed process are removed, whole parts kept.
    ///
    /// - Parameter step: the step of the state from which the run goes on; trajectory rows after it are dropped.
    /// - Throws: `InputError` when there is no run, or it has been packed.
    public static func resume(in folder: String, fromStep step: Int) throws -> RunWriter {
        let old = try RunReader(folder)
        guard !old.isPacked else { throw InputError("the run has ended", at: folder, remedy: "choose another --out") }
        let writer = try RunWriter(folder, old.header)
        let dropped: [String]
        do { dropped = try writer.rewind(to: step) } catch let error as HDF5Error { throw error.asDamage(of: folder) }
        // First the links, then what they led to: no link may lead to a part that is gone.
        try writer.writeIndex()
        for file in dropped { unlink(file) }
        return writer
    }

    /// Whether something was written under a path of run.h5; trajectory steps count once they are on the disk.
    package func holds(_ path: String) -> Bool { parts[path] != nil }

    /// Writes /provenance; a later call replaces it.
    public func write(_ metadata: RunMetadata) throws { try part("/provenance") { try $0.write(metadata) } }

    /// Writes /tokens; a later call replaces it, for example when exposure has been counted.
    public func write(_ tokens: TokenTable) throws { try part("/tokens") { try $0.write(tokens) } }

    /// Writes /concepts; a later call replaces it.
    public func write(_ concepts: ConceptTable) throws { try part("/concepts") { try $0.write(concepts) } }

    /// Writes a snapshot straight from the model's memory.
    ///
    /// - Parameters:
    ///   - step: steps taken; the snapshot's number.
    ///   - label: `before`, `after`, …
    ///   - input: the input embeddings, `rows × dimensions` floats row by row.
    ///   - output: the output embeddings in the same shape; nil where tied, and then a second name of the input.
    public func writeSnapshot(
        step: Int, label: String, rows: Int, dimensions: Int, input: UnsafePointer<Float>,
        output: UnsafePointer<Float>? = nil
    ) throws {
        let bytes = rows * dimensions * MemoryLayout<Float>.size
        try part(RunPaths.snapshot(step), bytes: output == nil ? bytes : 2 * bytes) { group in
            try group.setEncoding("dict")
            try group.setAttribute("step", step)
            try group.setAttribute("label", label)
            func write(_ name: String, _ values: UnsafePointer<Float>) throws {
                let values = UnsafeBufferPointer(start: values, count: rows * dimensions)
                try group.writeArray(name, values, shape: [rows, dimensions])
            }
            try write("input_embedding", input)
            if let output {
                try write("output_embedding", output)
            } else {
                try group.addHardLink("output_embedding", to: "input_embedding")
            }
            try group.setAttribute("tied", output == nil ? 1 : 0)
            try group.setAttribute("complete", 1)
        }
    }

    /// Writes contextual vectors under /contextual.
    public func writeContextual(_ table: ContextualTable, step: Int) throws {
        try part(RunPaths.contextual(step)) { group in
            try group.write(table)
            try group.setAttribute("step", step)
        }
    }

    /// Writes /evaluation/<label>/<benchmark>; odd names become others, see ``RunPaths/safe(_:)``.
    public func write(_ evaluation: Evaluation) throws {
        let path = RunPaths.evaluation(label: evaluation.label, benchmark: evaluation.benchmark)
        try part(path) { try $0.write(evaluation) }
    }

    /// Adds scored models to /interventions.
    ///
    /// - Parameter items: the same in every call of a run.
    public func append(_ models: [ScoredModel], items: ScoredItems) throws {
        let block = parts.keys.count { $0.hasPrefix(RunPaths.models + "/") }
        try part(RunPaths.block(block, of: RunPaths.models)) { try $0.write(models, items) }
    }

    /// Writes tables of a report under /results (or /forecast, /gradients), with the report's JSON beside them.
    public func writeResults(_ tables: [String: Table], json: String, group name: String = "results") throws {
        try part("/" + RunPaths.safe(name)) { try $0.writeResults(tables, json: json) }
    }

    /// Writes the record of a stage in a group of its own; a later call replaces it.
    public func write<Record: StageRecord>(_ record: Record) throws {
        try part("/" + Record.group) { try $0.write(record) }
    }

    /// Keeps the end of the run's audit log in run.h5.
    public func write(_ audit: AuditAnchor) throws {
        header.audit = audit
        try writeIndex()
    }

    /// Adds a step to /trajectory. Steps reach the disk in blocks of 64, and at ``flush()``.
    ///
    /// - Parameters:
    ///   - tokens: the tokens whose rows are kept, the same at every step; empty where none are.
    ///   - embedding: the input embeddings, `dimensions` floats a row; nil when rows are not kept at this step.
    public func append(
        _ step: TrajectoryStep, tokens: [Int32] = [], embedding: UnsafePointer<Float>? = nil, dimensions: Int = 0
    ) throws {
        pending.trajectory.steps.append(step)
        if let embedding, !tokens.isEmpty {
            let elements = tokens.flatMap {
                UnsafeBufferPointer(start: embedding + Int($0) * dimensions, count: dimensions)
            }
            pending.trajectory.rowTokens = tokens
            pending.trajectory.rowSteps.append(step.step)
            pending.trajectory.rows.append(Matrix(rows: tokens.count, columns: dimensions, elements: elements))
        }
        pending.isSaved = false
        if pending.trajectory.steps.count == RunPaths.blockSize {
            try flush()
            pending = TrajectoryBlock(number: pending.number + 1)
        }
    }

    /// Writes the steps that are not on the disk yet; call it when a state to resume from is saved.
    public func flush() throws {
        guard !pending.isSaved else { return }
        try part(RunPaths.block(pending.number, of: RunPaths.trajectory)) { try $0.write(pending.trajectory) }
        pending.isSaved = true
    }

    /// Packs all parts into one run.h5, checks it, and removes the parts.
    ///
    /// - Throws: `UnfinishedError` when the disk refuses; the parts are then untouched.
    public func finish() throws {
        try flush()
        try RunPacker.pack(folder: folder, header: header, parts: parts)
        parts = [:]
    }

    /// Drops the trajectory's steps after one and makes the last block the one to go on with.
    ///
    /// - Returns: the parts of which nothing is left.
    private func rewind(to step: Int) throws -> [String] {
        var dropped: [String] = []
        let prefix = RunPaths.trajectory + "/"
        var last: TrajectoryBlock?
        for path in parts.keys.filter({ $0.hasPrefix(prefix) }).sorted() {
            guard let file = parts[path], let number = Int(path.dropFirst(prefix.count)) else { continue }
            guard 0...RunPaths.lastStep ~= number else {
                throw InputError(
                    "a block of the trajectory with the number \(number)", at: file,
                    remedy: "use the folder as driftscope wrote it, or make the run again")
            }
            var trajectory = try RunPart.open(file).readTrajectory()
            let isWhole = trajectory.steps.allSatisfy { $0.step <= step }
            trajectory.steps.removeAll { $0.step > step }
            let kept = trajectory.rowSteps.indices.filter { trajectory.rowSteps[$0] <= step }
            trajectory.rows = kept.map { trajectory.rows[$0] }
            trajectory.rowSteps = kept.map { trajectory.rowSteps[$0] }
            if trajectory.steps.isEmpty {
                dropped.append(file)
                parts[path] = nil
            } else {
                last = TrajectoryBlock(number: number, trajectory: trajectory, isSaved: isWhole)
                if !isWhole { try part(path) { try $0.write(trajectory) } }
            }
        }
        guard let last else { return dropped }
        pending = last.trajectory.steps.count == RunPaths.blockSize ? TrajectoryBlock(number: last.number + 1) : last
        return dropped
    }

    /// Takes over a part that another run has written, byte by byte.
    ///
    /// - Parameters:
    ///   - path: where in run.h5 its content belongs.
    ///   - place: the folder that holds the part's file.
    /// - Throws: `UnfinishedError` when the disk refuses.
    package func adopt(_ path: String, from place: String) throws {
        let name = RunPaths.partFile(path)
        let file = folder + "/" + RunPaths.parts + "/" + name
        try AtomicFile.copy(place + "/" + name, to: file)
        parts[path] = file
        try writeIndex()
    }

    /// Copies the file of a part that was written into another folder.
    ///
    /// - Returns: the copy's path.
    /// - Throws: as ``adopt(_:from:)``.
    package func copyPart(_ path: String, to place: String) throws -> String {
        let name = RunPaths.partFile(path)
        try AtomicFile.copy(folder + "/" + RunPaths.parts + "/" + name, to: place + "/" + name)
        return place + "/" + name
    }

    private func part(_ path: String, bytes: Int = 0, _ body: (HDF5Group) throws -> Void) throws {
        try RunPart.write(path, in: folder, bytes: bytes, body)
        let file = folder + "/" + RunPaths.parts + "/" + RunPaths.partFile(path)
        guard parts.updateValue(file, forKey: path) == nil else { return }
        try writeIndex()
    }

    /// The small run.h5 of a run that goes on: a link to each part, replaced whole.
    private func writeIndex() throws {
        try RunPart.replace(folder + "/" + RunPaths.file, of: folder, bytes: 0) { root in
            try RunSchema.write(header, packed: false, to: root)
            for path in parts.keys.sorted() {
                try root.addExternalLink(
                    path, file: RunPaths.parts + "/" + RunPaths.partFile(path), object: "/" + RunPaths.content)
            }
        }
    }
}

/// Trajectory steps that wait for their block to be full.
private struct TrajectoryBlock {
    var number: Int
    var trajectory = Trajectory()
    var isSaved = true
}

extension HDF5Group {
    /// Tables of a report: dataframes under `tables`, and the report as one JSON text.
    func writeResults(_ tables: [String: Table], json: String) throws {
        try setEncoding("dict")
        try setAttribute("derived", 1)
        try writeScalar("json", json)
        try writeTables(tables)
    }
}
