import FileSupport
import Foundation
import Records

/// Operations on a run as a whole.
public enum RunStore {
    /// Reads everything that the analysis of a run reads, once.
    ///
    /// - Throws: `InputError` when there is no run, or one whose file is damaged: it names the group and the column.
    public static func read(_ path: String) throws -> RunRecords { try read(RunReader(path)) }

    /// Reads everything that the analysis of an open run reads, once.
    public static func read(_ reader: RunReader) throws -> RunRecords {
        var records = RunRecords()
        records.metadata = try reader.metadata() ?? RunMetadata()
        records.tokens = try reader.tokens()
        records.concepts = try reader.concepts()
        records.snapshots = try reader.snapshots()
        records.before = try embeddings(Evaluation.before, records.snapshots, reader)
        records.after = try embeddings(Evaluation.after, records.snapshots, reader)
        records.trajectory = try reader.steps()
        let labels = [Evaluation.before, Evaluation.after, Evaluation.commonRemoved]
        records.evaluations = try reader.evaluations().filter { labels.contains($0.label) }.compactMap {
            try reader.evaluation(label: $0.label, benchmark: $0.benchmark)
        }.enumerated().sorted { ($0.element.order, $0.offset) < ($1.element.order, $1.offset) }.map(\.element)
        records.models = try reader.models()
        records.forecast = try reader.stage(ForecastRecord.self)
        records.forecastOutcome = try reader.stage(ForecastOutcome.self)
        records.alignment = try reader.stage(AlignmentRecord.self)
        records.mediation = try reader.stage(MediationRecord.self)
        records.contributions = try reader.stage(ContributionRecord.self)
        records.decomposition = try reader.stage(DecompositionRecord.self)
        records.associations = try reader.stage(AssociationRecord.self)
        records.continuations = try reader.stage(ContinuationRecord.self)
        records.commands = try reader.stage(CommandRecord.self)
        records.retrainings = try reader.stage(RetrainingRecord.self)
        if let fault = RecordAgreement.fault(records) {
            throw InputError(fault, at: reader.path, remedy: "make the run again, or use a copy of it")
        }
        return records
    }

    private static func embeddings(
        _ label: String, _ snapshots: [SnapshotInfo], _ reader: RunReader
    ) throws -> EmbeddingSnapshot? {
        guard let info = snapshots.first(where: { $0.label == label }) else { return nil }
        let input = try reader.embedding(info)  // tied matrices are one in memory too
        let output =
            info.isTied ? input : try reader.holds(.output, of: info) ? reader.embedding(info, side: .output) : nil
        return EmbeddingSnapshot(
            info: info, input: input, output: output, contextual: try reader.contextual(step: info.step))
    }

    /// Puts tables of a report in place of those that a run holds, packed or not, by replacing a whole file.
    ///
    /// - Parameter audit: the end of the run's audit log; nil leaves the one that is there.
    public static func replaceResults(
        _ tables: [String: Table], json: String, in path: String, group name: String = "results",
        audit: AuditAnchor? = nil
    ) throws {
        let reader = try RunReader(path)
        let folder = AtomicFile.folder(of: reader.path)
        if reader.isPacked {
            try RunPacker.replace(RunPaths.safe(name), in: reader.path, bytes: json.utf8.count, audit: audit) {
                try $0.writeResults(tables, json: json)
            }
        } else {
            let writer = try RunWriter.resume(in: folder, fromStep: .max)
            try writer.writeResults(tables, json: json, group: name)
            if let audit { try writer.write(audit) }
        }
    }

    /// Makes one file of a run whose numbers lie in parts, and checks every hash in it.
    ///
    /// - Parameter out: a new file, the run left as it is; nil puts the file in the place of run.h5 and removes the parts.
    /// - Returns: the file.
    /// - Throws: `InputError` when the run is one file already, `UnfinishedError` when the disk refuses.
    public static func pack(_ path: String, to out: String? = nil) throws -> String {
        let reader = try RunReader(path)
        guard case .parts(let parts) = reader.source else {
            throw InputError("the run is one file already", at: reader.path, remedy: "use or copy it as it is")
        }
        let folder = AtomicFile.folder(of: reader.path)
        try RunPacker.pack(
            header: reader.header, parts: parts, of: folder, to: out ?? reader.path)
        if out == nil { RunPacker.removeParts(beside: reader.path) }
        return out ?? reader.path
    }

    /// Takes away what killed processes left in a run folder: temporary files, and parts that were packed already.
    public static func removeLeftovers(in folder: String) {
        RunWriter.removeTemporaryFiles(in: folder)
        if let reader = try? RunReader(folder), reader.isPacked { RunPacker.removeParts(beside: reader.path) }
    }
}
