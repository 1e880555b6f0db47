import Files

extension SentencePieceBPE {
    /// Whether a `tokenizer.json` is of this kind: BPE with byte fallback.
    static func isKind(of root: JSONCursor) throws -> Bool {
        try root.optional("model")?.optional("byte_fallback")?.bool() == true
    }

    /// Reads `tokenizer.json` of the `tokenizers` package.
    ///
    /// - Parameter beginToken: the text of the token that begins a text, as `tokenizer_config.json` names it.
    /// - Throws: ``InputError`` when it is of another kind than BPE with byte fallback, spaces as `▁` and no prefix, with the
    ///   setting that differs.
    init(_ root: JSONCursor, beginToken: String?) throws {
        let model = try root.member("model")
        try Self.requireKind(root, model)
        var entries = try ByteLevelBPE.entries(model.member("vocab"))
        var isAdded: [Int: Bool] = [:]
        let known = Set(entries.map(\.id))
        for token in try root.optional("added_tokens")?.elements() ?? [] {
            for flag in ["single_word", "lstrip", "rstrip", "normalized"] where try token.optional(flag)?.bool() == true
            {
                throw token.error("the setting \(flag) of an added token is not supported", remedy: "set it to false")
            }
            let id = try token.member("id").int()
            isAdded[id] = try token.optional("special")?.bool() ?? false
            if !known.contains(id) { entries.append((try token.member("content").string(), id)) }
        }
        let spelled = try ByteLevelBPE.ordered(entries, place: root.place).map { Array($0.utf8) }
        let kinds = spelled.enumerated().map { id, token -> Kind in
            if let isSpecial = isAdded[id] { return isSpecial ? .control : .userDefined }
            return Self.byte(token) == nil ? .normal : .byte
        }
        var ids = ByteStringTable()
        for token in spelled { ids.insert(token) }
        func id(_ text: String) throws -> Int32 {
            guard let found = ids.find(Array(text.utf8)) else {
                throw model.error("a merge or marker needs the token \"\(text)\"", remedy: "give the model's own file")
            }
            return Int32(found)
        }
        let merges = try ByteLevelBPE.merges(model.member("merges")).map { pair in
            (left: try id(pair.left), right: try id(pair.right), result: try id(pair.left + pair.right))
        }
        try self.init(
            tokens: spelled, kinds: kinds, merges: merges, begin: beginToken.map(id),
            place: root.place)
    }

    private static func requireKind(_ root: JSONCursor, _ model: JSONCursor) throws {
        let remedy = "only BPE with byte fallback as Gemma uses it is supported"
        for key in ["dropout", "continuing_subword_prefix", "end_of_word_suffix"] {
            if let value = try model.optional(key), value.value != .string("") {
                throw value.error("the setting is \(value.value.compact)", remedy: remedy)
            }
        }
        if try model.optional("ignore_merges")?.bool() == true {
            throw model.error("ignore_merges is true", remedy: remedy)
        }
        let normalizer = try root.member("normalizer")
        guard try normalizer.member("type").string() == "Replace",
            try normalizer.member("pattern").optional("String")?.string() == " ",
            try normalizer.member("content").string() == "▁"
        else { throw normalizer.error("a normalizer other than spaces as ▁", remedy: remedy) }
        // Spaces are gone when the pre-tokenizer sees the text, so cutting at them does nothing.
        if let splitter = try root.optional("pre_tokenizer") {
            guard try splitter.member("type").string() == "Split",
                try splitter.member("pattern").optional("String")?.string() == " "
            else { throw splitter.error("a pre-tokenizer that cuts the text", remedy: remedy) }
        }
    }
}

extension SentencePieceBPE: StoredTokenizer {
    /// Writes `tokenizer.json` and `tokenizer_config.json` as transformers reads them.
    ///
    /// - Throws: ``UnfinishedError`` when the disk refuses.
    public func write(to folder: String, contextLength: Int) throws {
        try AtomicFile.write(json.compact + "\n", to: folder + "/tokenizer.json")
        var settings: JSON = [
            "tokenizer_class": "GemmaTokenizer", "model_max_length": .integer(contextLength), "add_eos_token": false,
            "add_bos_token": .bool(beginToken != nil),
        ]
        if let begin = beginToken { settings = settings.setting("bos_token", to: .string(key(of: begin))) }
        for (name, token) in [("unk_token", "<unk>"), ("eos_token", "<eos>"), ("pad_token", "<pad>")]
        where id(ofKey: token) != nil { settings = settings.setting(name, to: .string(token)) }
        try AtomicFile.write(settings.pretty, to: folder + "/tokenizer_config.json")
    }

    private var json: JSON {
        let ids = (0..<Int32(vocabularySize))
        let added = ids.filter { isAdded($0) }.map { id -> JSON in
            [
                "id": .integer(Int(id)), "content": .string(key(of: id)), "single_word": false, "lstrip": false,
                "rstrip": false, "normalized": false, "special": .bool(isSpecial(id)),
            ]
        }
        return [
            "version": "1.0", "truncation": nil, "padding": nil, "added_tokens": .array(added),
            "normalizer": ["type": "Replace", "pattern": ["String": " "], "content": "▁"],
            "pre_tokenizer": [
                "type": "Split", "pattern": ["String": " "], "behavior": "MergedWithPrevious", "invert": false,
            ],
            "post_processor": nil,
            "decoder": [
                "type": "Sequence",
                "decoders": [
                    ["type": "Replace", "pattern": ["String": "▁"], "content": " "], ["type": "ByteFallback"],
                    ["type": "Fuse"],
                ],
            ],
            "model": [
                "type": "BPE", "dropout": nil, "unk_token": "<unk>", "continuing_subword_prefix": nil,
                "end_of_word_suffix": nil, "fuse_unk": true, "byte_fallback": true, "ignore_merges": false,
                "vocab": .object(ids.map { (key(of: $0), .integer(Int($0))) }),
                "merges": .array(
                    mergeList.map { .array([.string(key(of: $0.left)), .string(key(of: $0.right))]) }),
            ],
        ]
    }
}
