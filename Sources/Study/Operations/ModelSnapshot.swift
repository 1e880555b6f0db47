import Embeddings
import Files
import Foundation
import LanguageModel

/// `driftscope snapshot`: a model's embeddings into a run.h5.
public enum ModelSnapshot {
    /// Writes a snapshot; the run is begun when the folder holds none.
    ///
    /// - Returns: one line that says what was written.
    /// - Throws: ``InputError`` when the label is taken, or the folder holds a run that has ended.
    public static func write(
        model folder: String, into: String, label: String, step: Int?, progress: ProgressLine
    ) throws -> String {
        let exists = FileManager.default.fileExists(atPath: into + "/run.h5")
        let reader = exists ? try RunReader(into) : nil
        guard reader?.isPacked != true else {
            throw InputError(
                "the run in it has ended, and takes no further snapshot", at: into,
                remedy: "name another folder in --into")
        }
        let checkpoint = try CheckpointFolder.load(ModelFolder.resolve(folder))
        guard let embedding = checkpoint.model.layout["transformer.wte.weight"] else {
            throw InputError("the model has no input embedding", at: folder, remedy: "use a GPT-2 folder")
        }
        let known = try reader?.snapshots() ?? []
        guard !known.contains(where: { $0.label == label }) else {
            throw InputError("there is a snapshot '\(label)' already", at: into, remedy: "give another --label")
        }
        let number = step ?? (known.map(\.step).max() ?? -1) + 1
        guard !known.contains(where: { $0.step == number }) else {
            throw InputError("there is a snapshot of step \(number) already", at: into, remedy: "give another --step")
        }
        if let first = known.first, first.rows != embedding.shape[0] || first.dimensions != embedding.shape[1] {
            throw InputError(
                "the model's embeddings are \(embedding.shape[0]) x \(embedding.shape[1]), those in the run "
                    + "\(first.rows) x \(first.dimensions)", at: into, remedy: "use another folder for this model")
        }
        progress.begin("snapshot \(label)")
        let writer =
            exists
            ? try RunWriter.resume(in: into, fromStep: .max)
            : try RunWriter.create(
                in: into,
                header: RunHeader(
                    runID: String(SHA256Hex.of(checkpoint.files.map(\.sha256).joined()).prefix(12)),
                    producerVersion: driftscopeVersion))
        if !exists {
            try writer.write(
                try TokenTable(tokenizer: checkpoint.tokenizer, rows: checkpoint.model.configuration.vocabularySize))
            try writer.write(
                Provenance(
                    facts: ["model_name": .string(folder)],
                    inputs: checkpoint.files.map {
                        (role: "model", name: folder + "/" + $0.name, bytes: $0.bytes, sha256: $0.sha256)
                    }))
        }
        try writer.writeSnapshot(
            step: number, label: label, rows: embedding.shape[0], dimensions: embedding.shape[1],
            input: UnsafePointer(checkpoint.model.values.pointer + embedding.offset))
        return
            "wrote snapshot '\(label)' (step \(number), \(embedding.shape[0]) x \(embedding.shape[1])) into \(into)/run.h5, "
            + "whose numbers lie in \(into)/parts; keep both together"
    }
}
