import FileSupport
import Foundation
import LinearAlgebra
import Records

/// Which of a model's two token matrices.
public enum EmbeddingSide: String, Sendable {
    /// What a token becomes at the model's entry.
    case input = "input_embedding"
    /// What logits are made with.
    case output = "output_embedding"
}

/// Reads a run.h5, packed or still with its parts.
///
/// Unknown groups are ignored; a newer major version of the schema is refused by name. A record that is not there is
/// nil or empty.
public final class RunReader {
    /// The file that was opened.
    public let path: String
    /// What the file says about itself.
    public let header: RunHeader
    /// Whether the run has ended and is one file.
    public let isPacked: Bool
    let source: RunSource

    /// Opens a run folder or a run.h5.
    ///
    /// - Throws: `InputError` when there is none, when it is no HDF5 file, or one of another schema; when another program
    ///   holds it; when parts to which it links are not beside it.
    public init(_ path: String) throws {
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        self.path = exists && isFolder.boolValue ? path + "/" + RunPaths.file : path
        do {
            let (root, links) = try HDF5File.openLinked(self.path)
            try RunSchema.check(root, at: self.path)
            header = try RunSchema.header(root)
            let isOneFile = try root.intAttribute("packed") == 1
            if let link = links.first(where: { isOneFile || !RunPaths.isOurs($0) }) {
                throw HDF5Check.refused("a link to \(link.object) of the file \(link.file)", link.path, of: self.path)
            }
            isPacked = isOneFile
            let folder = AtomicFile.folder(of: self.path)
            source =
                isPacked
                ? .packed(root)
                : .parts(try RunReader.parts(of: self.path, linked: links, in: folder))
        } catch let error as HDF5Error { throw error.asDamage(of: self.path) }
    }

    /// Copies all that packing a run or replacing its results would copy, to nowhere: the library looks at more of a file
    /// then than when it is read.
    ///
    /// - Throws: what it cannot copy.
    package func tryCopying() throws {
        switch source {
        case .packed(let root): for child in try root.children() { try HDF5File.tryCopying(child, of: root) }
        case .parts(let parts): for file in parts.values { try HDF5File.tryCopying(".", of: RunPart.open(file)) }
        }
    }

    /// Whether the run holds something under a path.
    package func holds(_ path: String) -> Bool {
        switch source {
        case .packed(let root): root.contains(path)
        case .parts(let parts): parts[path] != nil
        }
    }

    /// /provenance.
    public func metadata() throws -> RunMetadata? { try record("/provenance") { try $0.readMetadata() } }

    /// /tokens.
    public func tokens() throws -> TokenTable? { try record("/tokens") { try $0.readTokens() } }

    /// /concepts.
    public func concepts() throws -> ConceptTable? { try record("/concepts") { try $0.readConcepts() } }

    /// The snapshots in order of steps; one without its mark of completeness is left out.
    public func snapshots() throws -> [SnapshotInfo] {
        try source.children(of: "/snapshots").compactMap { name in
            try record("/snapshots/" + name) { group in
                guard group.hasAttribute("complete"), try group.intAttribute("complete") == 1 else { return nil }
                let shape = try group.array(EmbeddingSide.input.rawValue).shape
                guard shape.count == 2 else {
                    throw group.damaged("`\(EmbeddingSide.input.rawValue)` of \(group.path) has not two axes")
                }
                let output = EmbeddingSide.output.rawValue
                guard try !group.contains(output) || group.array(output).shape == shape else {
                    throw group.damaged("`\(output)` of \(group.path) has not the shape \(shape) of the input's")
                }
                let step = try group.intAttribute("step")
                guard 0...RunPaths.lastStep ~= step else { throw group.damaged("\(group.path) is of the step \(step)") }
                return SnapshotInfo(
                    step: step, label: try group.stringAttribute("label"), rows: shape[0],
                    dimensions: shape[1], isTied: try group.intAttribute("tied") == 1)
            } ?? nil
        }
    }

    /// The snapshot of a label, or of a step written as a number.
    ///
    /// - Throws: `InputError` that lists the labels there are.
    public func snapshot(_ label: String) throws -> SnapshotInfo {
        let all = try snapshots()
        if let found = all.first(where: { $0.label == label || String($0.step) == label }) { return found }
        throw InputError(
            "no snapshot \"\(label)\"", at: path,
            remedy: all.isEmpty ? "it holds none" : "use one of \(all.map(\.label).joined(separator: ", "))")
    }

    /// Whether a snapshot holds a side's matrix; a run may have been made of input embeddings alone.
    public func holds(_ side: EmbeddingSide, of snapshot: SnapshotInfo) throws -> Bool {
        try record(RunPaths.snapshot(snapshot.step)) { try $0.children().contains(side.rawValue) } ?? false
    }

    /// A snapshot's matrix, `(V, D)`.
    public func embedding(_ snapshot: SnapshotInfo, side: EmbeddingSide = .input) throws -> Matrix<Float> {
        try group(of: snapshot) { try $0.readMatrix(side.rawValue) }
    }

    /// Some rows of a snapshot's matrix, in the order asked; only the chunks that hold them are read.
    public func embedding(_ snapshot: SnapshotInfo, rows: [Int], side: EmbeddingSide = .input) throws -> Matrix<Float> {
        try group(of: snapshot) { group in
            let dataset = try group.array(side.rawValue)
            var out = Matrix<Float>(rows: rows.count, columns: snapshot.dimensions)
            let height = HDF5Dataset.chunk(dataset.shape, elementSize: 4)[0]
            var block: [Float] = []
            var held = 0..<0
            for index in rows.indices.sorted(by: { rows[$0] < rows[$1] }) {
                let row = rows[index]
                if !held.contains(row) {
                    let start = row / height * height
                    held = start..<min(start + height, snapshot.rows)
                    block = [Float](repeating: 0, count: held.count * snapshot.dimensions)
                    try block.withUnsafeMutableBufferPointer { try dataset.read(rows: held, into: $0) }
                }
                let source = (row - held.lowerBound) * snapshot.dimensions
                out.elements.replaceSubrange(
                    index * snapshot.dimensions..<(index + 1) * snapshot.dimensions,
                    with: block[source..<source + snapshot.dimensions])
            }
            return out
        }
    }

    /// /trajectory; nil when there is none.
    public func trajectory() throws -> Trajectory? {
        let blocks = try blocks(RunPaths.trajectory) { try $0.readTrajectory() }
        return blocks.isEmpty ? nil : Trajectory.joined(blocks)
    }

    /// The steps of /trajectory, without the embedding rows.
    public func steps() throws -> [TrajectoryStep] {
        try blocks(RunPaths.trajectory) { try $0.readSteps() }.flatMap { $0 }
    }

    /// /contextual of a step.
    public func contextual(step: Int) throws -> ContextualTable? {
        try record(RunPaths.contextual(step)) { try $0.readContextual() }
    }

    /// The labels and benchmarks under /evaluation.
    public func evaluations() throws -> [(label: String, benchmark: String)] {
        try source.children(of: "/evaluation").flatMap { label in
            try source.children(of: "/evaluation/" + label).map { (label, $0) }
        }
    }

    /// The scores of one benchmark.
    public func evaluation(label: String, benchmark: String) throws -> Evaluation? {
        try record(RunPaths.evaluation(label: label, benchmark: benchmark)) {
            try $0.readEvaluation(label: label, benchmark: benchmark)
        }
    }

    /// The scored models of /interventions; empty when there are none.
    public func models() throws -> [ScoredModel] { try blocks(RunPaths.models) { try $0.readModels() }.flatMap { $0 } }

    /// The record of a stage; nil when the run has none.
    public func stage<Record: StageRecord>(_: Record.Type) throws -> Record? {
        try record("/" + Record.group) { try $0.readRecord(Record.self) }
    }

    /// The groups of stages' records that the run holds, in the order in which they are made.
    public func stages() throws -> [String] {
        let known = [
            ForecastRecord.group, DecompositionRecord.group, AlignmentRecord.group, ContributionRecord.group,
            MediationRecord.group, RetrainingRecord.group, AssociationRecord.group, ContinuationRecord.group,
            CommandRecord.group,
        ]
        return try known.filter { try source.group("/" + $0) != nil }
    }

    /// The report's JSON under /results (or another group that ``RunWriter/writeResults(_:json:group:)`` wrote).
    public func resultsJSON(group: String = "results") throws -> String? {
        try record("/" + group) { try $0.dataset("json").readStrings().first } ?? nil
    }

    /// The report's tables by name.
    public func resultsTables(group: String = "results") throws -> [String: Table] {
        try record("/" + group) { group in
            let tables = try group.group("tables")
            return Dictionary(uniqueKeysWithValues: try tables.children().map { ($0, try tables.readTable($0)) })
        } ?? [:]
    }

    /// Recomputes every hash.
    ///
    /// - Returns: the paths of the datasets whose content is not what was written; empty when all is well.
    public func verify() throws -> [String] {
        try guarded {
            switch source {
            case .packed(let root): return try RunVerification.faults(in: root)
            case .parts(let parts):
                return try parts.sorted { $0.key < $1.key }.flatMap { path, file in
                    try RunVerification.faults(in: try RunPart.open(file)).map {
                        path + $0.dropFirst(RunPaths.content.count + 1)
                    }
                }
            }
        }
    }

    /// One hash of all that a packed run holds but for its results; nil while it has parts. See ``RunDigest``.
    package func digest(without group: String = "results") throws -> String? {
        guard case .packed(let root) = source else { return nil }
        return try guarded { try RunDigest.of(root, without: group) }
    }

    private func blocks<Record>(_ path: String, _ read: (HDF5Group) throws -> Record) throws -> [Record] {
        if isPacked { return try record(path, read).map { [$0] } ?? [] }
        return try source.children(of: path).compactMap { try record(path + "/" + $0, read) }
    }

    private func record<Record>(_ path: String, _ read: (HDF5Group) throws -> Record) throws -> Record? {
        try guarded { try source.group(path).map(read) }
    }

    private func guarded<Result>(_ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let error as HDF5Error { throw error.asDamage(of: path) }
    }

    private func group<Record>(of snapshot: SnapshotInfo, _ read: (HDF5Group) throws -> Record) throws -> Record {
        let path = RunPaths.snapshot(snapshot.step)
        if let found = try record(path, read) { return found }
        throw InputError("no \(path)", at: self.path, remedy: "make the run again, or use a copy of it")
    }

    /// The parts of an open run, every one to which its file links among them.
    private static func parts(
        of path: String, linked links: [HDF5Link], in folder: String
    ) throws -> [String: String] {
        let parts = try RunPart.list(in: folder)
        let missing = links.map(\.path).filter { parts[$0] == nil }.map(RunPaths.partFile)
        guard let first = missing.first else { return parts }
        let others = missing.count > 1 ? " and \(missing.count - 1) more" : ""
        throw InputError(
            "the numbers of this run lie in other files, of which these are not there: \(RunPaths.parts)/\(first)\(others)",
            at: path,
            remedy: "put the folder \(RunPaths.parts) back beside it; where both are, driftscope pack makes one file")
    }
}

/// Where the records of a run lie.
enum RunSource {
    /// In one file.
    case packed(HDF5Group)
    /// In a file each, by path.
    case parts([String: String])

    func group(_ path: String) throws -> HDF5Group? {
        switch self {
        case .packed(let root): root.contains(path) ? try root.group(path) : nil
        case .parts(let parts): try parts[path].map { try RunPart.open($0) }
        }
    }

    /// The names directly below a path, in order.
    func children(of path: String) throws -> [String] {
        switch self {
        case .packed(let root): return root.contains(path) ? try root.group(path).children() : []
        case .parts(let parts):
            let below = parts.keys.filter { $0.hasPrefix(path + "/") }
            return Set(below.compactMap { $0.dropFirst(path.count + 1).split(separator: "/").first.map(String.init) })
                .sorted()
        }
    }
}
