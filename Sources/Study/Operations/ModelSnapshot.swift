import FileSupport
import Foundation
import LanguageModel
import Records
import RunStore

/// `driftscope snapshot`: a model's embeddings into a run.h5.
package enum ModelSnapshot {
    /// Writes a snapshot; the run is begun when the folder holds none.
    ///
    /// - Returns: one line that says what was written.
    /// - Throws: ``InputError`` when the label is taken, or the folder holds a run that has ended.
    package static func write(
        model folder: String, into: String, label: String, step: Int?, progress: ProgressLine
    ) throws -> String {
        if let fault = NameCheck.fault(label) { throw InputError(fault, at: "--label", remedy: "give another") }
        guard step.map({ 0...RunPaths.lastStep ~= $0 }) != false else {
            throw InputError(
                "a step of \(step ?? 0)", at: "--step", remedy: "give one from 0 to \(RunPaths.lastStep)")
        }
        let exists = FileManager.default.fileExists(atPath: into + "/run.h5")
        var lock = exists ? try RunLock(RunFolder(into)) : nil
        defer { withExtendedLifetime(lock) {} }
        let reader = exists ? try RunReader(into) : nil
        guard reader?.isPacked != true else {
            throw InputError(
                "the run in it has ended, and takes no further snapshot", at: into,
                remedy: "name another folder in --into")
        }
        let checkpoint = try CheckpointFolder.load(ModelFolder.resolve(folder), masked: true)
        for note in checkpoint.notes { progress.say("note: \(note)") }
        let embedding = checkpoint.model.inputEmbedding
        let known = try reader?.snapshots() ?? []
        guard !known.contains(where: { $0.label == label }) else {
            throw InputError("there is a snapshot '\(label)' already", at: into, remedy: "give another --label")
        }
        let number = step ?? min((known.map(\.step).max() ?? -1) + 1, RunPaths.lastStep)
        guard !known.contains(where: { $0.step == number }) else {
            throw InputError("there is a snapshot of step \(number) already", at: into, remedy: "give another --step")
        }
        if let first = known.first, first.rows != embedding.shape[0] || first.dimensions != embedding.shape[1] {
            throw InputError(
                "the model's embeddings are \(embedding.shape[0]) x \(embedding.shape[1]), those in the run "
                    + "\(first.rows) x \(first.dimensions)", at: into, remedy: "use another folder for this model")
        }
        let tokens = try TokenTable(
            tokenizer: checkpoint.tokenizer, rows: checkpoint.model.configuration.vocabularySize)
        if let old = try reader?.tokens(), old.keys != tokens.keys {
            throw InputError(
                "the model's tokens are not those in the run", at: into, remedy: "use another folder for this model")
        }
        progress.begin("snapshot \(label)")
        if !exists {
            try AtomicFile.makeFolder(into)
            lock = try RunLock(RunFolder(into))
        }
        let writer =
            exists
            ? try RunWriter.resume(in: into, fromStep: .max)
            : try RunWriter.create(
                in: into,
                header: RunHeader(
                    runID: String(SHA256Hex.of(checkpoint.files.map(\.sha256).joined()).prefix(12)),
                    producerVersion: driftscopeVersion))
        if !exists { try writer.write(tokens) }
        var metadata = try reader?.metadata() ?? RunMetadata()
        metadata.modelName = metadata.modelName ?? folder
        metadata.inputs += checkpoint.files.map {
            InputFile(role: "model " + label, path: $0.path, bytes: $0.bytes, sha256: $0.sha256)
        }
        try writer.write(metadata)
        try writer.writeSnapshot(of: checkpoint.model, step: number, label: label)
        return
            "wrote snapshot '\(label)' (step \(number), \(embedding.shape[0]) x \(embedding.shape[1])) into \(into)/run.h5, "
            + "whose numbers lie in \(into)/parts; keep both together, or make one file with driftscope pack \(into)"
    }
}
