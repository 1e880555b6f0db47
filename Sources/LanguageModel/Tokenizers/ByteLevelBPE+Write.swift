import Files

extension ByteLevelBPE: StoredTokenizer {
    /// Writes `vocab.json`, `merges.txt`, `tokenizer.json` and `tokenizer_config.json` as transformers reads them.
    ///
    /// - Throws: ``UnfinishedError`` when the disk refuses.
    public func write(to folder: String, contextLength: Int) throws {
        let vocabulary = JSON.object((0..<vocabularySize).map { (key(of: Int32($0)), .integer($0)) })
        try AtomicFile.write(vocabulary.compact + "\n", to: folder + "/vocab.json")
        try AtomicFile.write(
            "#version: 0.2\n" + merges.map { $0 + "\n" }.joined(), to: folder + "/merges.txt")
        try AtomicFile.write(json(vocabulary).compact + "\n", to: folder + "/tokenizer.json")
        try AtomicFile.write(settings(contextLength).pretty, to: folder + "/tokenizer_config.json")
    }

    private func json(_ vocabulary: JSON) -> JSON {
        let byteLevel: JSON = [
            "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true,
        ]
        let added = addedTokens.sorted { $0.id < $1.id }.map { token -> JSON in
            [
                "id": .integer(Int(token.id)), "content": .string(key(of: token.id)), "single_word": false,
                "lstrip": false, "rstrip": false, "normalized": false, "special": .bool(token.isSpecial),
            ]
        }
        return [
            "version": "1.0", "truncation": nil, "padding": nil, "added_tokens": .array(added), "normalizer": nil,
            "pre_tokenizer": byteLevel, "post_processor": byteLevel, "decoder": byteLevel,
            "model": [
                "type": "BPE", "dropout": nil, "unk_token": nil, "continuing_subword_prefix": "",
                "end_of_word_suffix": "", "fuse_unk": false, "byte_fallback": false, "vocab": vocabulary,
                "merges": .array(merges.map(JSON.string)),
            ],
        ]
    }

    private func settings(_ contextLength: Int) -> JSON {
        var settings: JSON = [
            "tokenizer_class": "GPT2Tokenizer", "add_prefix_space": false, "model_max_length": .integer(contextLength),
        ]
        if let begin = beginToken {
            for name in ["bos_token", "eos_token", "unk_token"] {
                settings = settings.setting(name, to: .string(key(of: begin)))
            }
        }
        return settings
    }
}
