import FileSupport

/// `tokenizer.json` and `tokenizer_config.json` as they were read, without vocabulary and merges, to be written again.
struct TokenizerFiles: Sendable {
    /// `tokenizer.json`; `model.vocab` and `model.merges` are left out. nil where there was none.
    var json: JSON?
    /// `tokenizer_config.json`.
    var settings: JSON?
    /// Ids of tokens that stand among the added tokens alone.
    var onlyAdded: Set<Int32> = []
    /// Added tokens without a row of the model's embedding, and how many it has.
    var beyond: [AddedToken] = []
    var rows = Int.max

    /// Writes both files, the vocabulary from the spellings by id.
    ///
    /// - Throws: ``UnfinishedError`` when the disk refuses.
    func write(
        to folder: String, contextLength: Int, count: Int, key: (Int32) -> String, merges: JSON?
    ) throws {
        let entries = (0..<Int32(count)).lazy.filter { !onlyAdded.contains($0) }
        guard let json else { preconditionFailure("no tokenizer.json to write") }
        var model = json["model"] ?? [:]
        model = model.setting("vocab", to: .object(entries.map { (key($0), .integer(Int($0))) }))
        if let merges { model = model.setting("merges", to: merges) }
        try AtomicFile.write(json.setting("model", to: model).compact + "\n", to: folder + "/tokenizer.json")
        guard let settings else { return }
        try AtomicFile.write(
            settings.setting("model_max_length", to: .integer(contextLength)).pretty,
            to: folder + "/tokenizer_config.json")
    }
}
