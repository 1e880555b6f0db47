import FileSupport

extension ByteLevelBPE {
    /// Reads GPT-2's `vocab.json` and `merges.txt`; `<|endoftext|>` is special when the vocabulary holds it.
    ///
    /// - Throws: ``InputError`` that names the file and the entry.
    public init(vocabularyFile: String, mergesFile: String) throws {
        let cursor = try JSONCursor.read(vocabularyFile)
        let vocabulary = try VocabularyFile.ordered(VocabularyFile.entries(cursor), place: cursor.place)
        var options = Options()
        options.frame.begin = vocabulary.firstIndex(of: Self.endOfText).map(Int32.init)
        try self.init(
            vocabulary: vocabulary, merges: VocabularyFile.merges(ofFile: mergesFile),
            added: options.frame.begin.map { [AddedToken(id: $0, text: Array(Self.endOfText.utf8), isSpecial: true)] }
                ?? [],
            options: options, place: "\(vocabularyFile) with \(mergesFile)")
    }

    /// Reads `tokenizer.json` of the `tokenizers` package.
    ///
    /// - Throws: ``InputError`` when it is of another kind than byte-level BPE, with the setting that differs.
    public init(tokenizerJSON path: String) throws {
        let root = try JSONCursor.read(path)
        let read = try TokenizerJSON.read(root)
        guard let tokenizer = read as? ByteLevelBPE else {
            throw try root.member("model").error(
                "the tokenizer is no byte-level BPE (byte_fallback or another type)",
                remedy: "read the folder as a whole")
        }
        self = tokenizer
    }

    /// Builds the tokenizer from the parts of a `tokenizer.json`.
    init(_ parts: TokenizerJSON, splitter: ByteSplitter, spaceInFront: Bool) throws {
        for key in ["unk_token", "continuing_subword_prefix", "end_of_word_suffix"] {
            if let value = try parts.model.optional(key), value.value != .string("") {
                // RoBERTa names a token for the unknown, which no byte ever is.
                if key == "unk_token" { continue }
                throw value.unsupported("the setting is \(value.value.compact)")
            }
        }
        try self.init(
            vocabulary: parts.vocabulary, merges: VocabularyFile.merges(parts.model.member("merges")),
            added: parts.added,
            options: Options(
                splitter: splitter, spaceInFront: spaceInFront, normalizer: parts.normalizer,
                ignoresMerges: try parts.model.optional("ignore_merges")?.bool() ?? false,
                frame: try parts.frame(beginIfUnnamed: Self.endOfText), files: parts.files),
            place: parts.root.place)
    }
}
