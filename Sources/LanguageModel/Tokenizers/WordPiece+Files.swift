import FileSupport

extension WordPiece {
    /// Reads `vocab.txt`, a token a line.
    ///
    /// - Parameter lowercases: whether the model knows no capital letters and no accents, as the uncased ones.
    /// - Throws: ``InputError`` that names the line.
    public init(vocabularyFile: String, lowercases: Bool) throws {
        let tokens = try VocabularyFile.lines(vocabularyFile)
        func id(_ text: String) -> Int32? {
            tokens.firstIndex { $0.utf8.elementsEqual(text.utf8) }.map(Int32.init)
        }
        let added = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].compactMap { text in
            id(text).map { AddedToken(id: $0, text: Array(text.utf8), isSpecial: true) }
        }
        try self.init(
            tokens: tokens, added: added,
            options: Options(
                normalizer: TextNormalizer(
                    bertLowercases: lowercases, withoutAccents: nil, ideographsApart: true),
                frame: TextFrame(begin: id("[CLS]"), end: id("[SEP]"), mask: id("[MASK]"))),
            place: vocabularyFile)
    }

    /// Builds the tokenizer from the parts of a `tokenizer.json`.
    init(_ parts: TokenizerJSON) throws {
        let model = parts.model
        try self.init(
            tokens: parts.vocabulary, unknown: try model.optional("unk_token")?.string() ?? "[UNK]",
            added: parts.added,
            options: Options(
                normalizer: parts.normalizer,
                prefix: try model.optional("continuing_subword_prefix")?.string() ?? "##",
                longestWord: try model.optional("max_input_chars_per_word")?.int() ?? 100,
                frame: try parts.frame(), files: parts.files),
            place: parts.root.place)
    }
}

extension WordPiece {
    /// Writes `tokenizer.json`, `tokenizer_config.json` and `vocab.txt` as transformers reads them.
    ///
    /// - Throws: ``UnfinishedError`` when the disk refuses.
    public func write(to folder: String, contextLength: Int) throws {
        try writeJSON(to: folder, contextLength)
        try AtomicFile.write(
            (0..<Int32(vocabularySize)).map { key(of: $0) + "\n" }.joined(), to: folder + "/vocab.txt")
    }

    /// None.
    public var mergesJSON: JSON? { nil }

    private var lowercases: Bool { options.normalizer.steps.contains(.lowercase) }

    /// `tokenizer_config.json` of a tokenizer that was not read with one.
    public var settings: JSON {
        var settings: JSON = ["tokenizer_class": "BertTokenizer", "do_lower_case": .bool(lowercases)]
        let names: [(String, Int32?)] = [
            ("unk_token", unknown), ("cls_token", beginToken), ("sep_token", endToken),
            ("pad_token", id(ofKey: "[PAD]")),
        ]
        for (name, id) in names {
            if let id { settings = settings.setting(name, to: .string(key(of: id))) }
        }
        return settings.setting("mask_token", to: keyJSON(maskToken))
    }

    /// `tokenizer.json` of a tokenizer that was read from `vocab.txt`.
    public var json: JSON {
        func pair(_ id: Int32?) -> JSON? { id.map { .array([.string(key(of: $0)), .integer(Int($0))]) } }
        var processor: JSON = nil
        if let begin = pair(beginToken), let end = pair(endToken) {
            processor = ["type": "BertProcessing", "sep": end, "cls": begin]
        }
        return core.json.setting([
            "normalizer": [
                "type": "BertNormalizer", "clean_text": .bool(options.normalizer.steps.contains(.cleaned)),
                "handle_chinese_chars": .bool(options.normalizer.steps.contains(.ideographsApart)),
                "strip_accents": .bool(options.normalizer.steps.contains(.withoutAccents)),
                "lowercase": .bool(lowercases),
            ],
            "pre_tokenizer": ["type": "BertPreTokenizer"], "post_processor": processor,
            "decoder": ["type": "WordPiece", "prefix": .string(options.prefix), "cleanup": true],
            "model": [
                "type": "WordPiece", "unk_token": .string(key(of: unknown)),
                "continuing_subword_prefix": .string(options.prefix),
                "max_input_chars_per_word": .integer(options.longestWord), "vocab": nil,
            ],
        ])
    }
}
