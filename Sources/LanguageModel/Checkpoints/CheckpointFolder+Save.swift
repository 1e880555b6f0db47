import FileSupport
import Foundation

extension CheckpointFolder {
    /// Writes a folder that transformers and ``load(_:)`` read: `config.json`, `model.safetensors` in F32,
    /// `tokenizer.json`, `tokenizer_config.json`, and beside them the older files of the tokenizer's kind, such as
    /// GPT-2's `vocab.json` and `merges.txt`.
    ///
    /// A new folder appears at once, complete. In one that is there already every file is replaced by rename, the
    /// weights last; other files stay.
    ///
    /// - Parameters:
    ///   - tokenizer: nil to write the model alone, for ``model(in:)``.
    ///   - configJSON: the configuration that the model was read with; its other keys are kept.
    ///   - records: further texts of the folder by name, for people: how the model came about.
    /// - Throws: ``UnfinishedError`` when the disk refuses; ``InputError`` when a file stands where the folder should.
    public static func save(
        _ model: TransformerModel, tokenizer: (any StoredTokenizer)?, configJSON: JSON? = nil,
        records: [(name: String, text: String)] = [], to folder: String
    ) throws {
        let manager = FileManager.default
        var target = folder
        while target.count > 1, target.hasSuffix("/") { target.removeLast() }
        let present = try? manager.contentsOfDirectory(atPath: target)
        if present == nil, manager.fileExists(atPath: target) {
            throw InputError("a file where the folder should be", at: target, remedy: "choose another name")
        }
        let isNew = present?.isEmpty ?? true
        let staging =
            isNew ? "\(target).\(ProcessInfo.processInfo.processIdentifier)\(AtomicFile.temporarySuffix)" : target
        do {
            try AtomicFile.makeFolder(staging)
            let config = model.configuration.json(beginToken: tokenizer?.beginToken, original: configJSON)
            try AtomicFile.write(config.pretty, to: staging + "/config.json")
            for record in records { try AtomicFile.write(record.text, to: staging + "/" + record.name) }
            try tokenizer?.write(to: staging, contextLength: model.configuration.contextLength)
            try Safetensors.write(
                model.layout.tensors.map {
                    Safetensors.Output(name: $0.name, shape: $0.shape, elements: UnsafeBufferPointer(model.tensor($0)))
                }, metadata: [("format", "pt")], to: staging + "/model.safetensors")
            if isNew { try publish(staging, as: target) }
        } catch {
            if isNew { try? manager.removeItem(atPath: staging) }
            if error is InputError || error is UnfinishedError { throw error }
            throw UnfinishedError(
                "could not write the folder \(target): \(error.localizedDescription)",
                kept: "what stood there before is unchanged",
                resume: "free space or choose another folder, then run the same command again")
        }
    }

    private static func publish(_ staging: String, as target: String) throws {
        // `rename` takes the place of an empty folder.
        guard rename(staging, target) == 0 else {
            throw UnfinishedError(
                "could not name the folder \(target): \(String(cString: strerror(errno)))",
                kept: "nothing was replaced",
                resume: "choose another folder, then run the same command again")
        }
        try AtomicFile.sync(AtomicFile.folder(of: target))
    }
}
