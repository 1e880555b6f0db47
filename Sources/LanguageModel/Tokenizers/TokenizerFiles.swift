import FileSupport

/// `tokenizer.json` and `tokenizer_config.json` as they were read, without vocabulary and merges, to be written again.
struct TokenizerFiles: Sendable {
    /// `tokenizer.json`; `model.vocab` and `model.merges` are left out.
    var json: JSON
    /// `tokenizer_config.json`.
    var settings: JSON?
    /// Ids of tokens that stand among the added tokens alone.
    var onlyAdded: Set<Int32> = []

    /// The file with its vocabulary, from the spellings by id, and its merges.
    func whole(count: Int, key: (Int32) -> String, merges: JSON?) -> JSON {
        let entries = (0..<Int32(count)).lazy.filter { !onlyAdded.contains($0) }
        var model = json["model"] ?? [:]
        model = model.setting("vocab", to: .object(entries.map { (key($0), .integer(Int($0))) }))
        if let merges { model = model.setting("merges", to: merges) }
        return json.setting("model", to: model)
    }

    /// Writes both files.
    ///
    /// - Throws: ``UnfinishedError`` when the disk refuses.
    func write(
        to folder: String, contextLength: Int, count: Int, key: (Int32) -> String, merges: JSON?
    ) throws {
        try AtomicFile.write(
            whole(count: count, key: key, merges: merges).compact + "\n", to: folder + "/tokenizer.json")
        guard let settings else { return }
        try AtomicFile.write(
            settings.setting("model_max_length", to: .integer(contextLength)).pretty,
            to: folder + "/tokenizer_config.json")
    }
}
