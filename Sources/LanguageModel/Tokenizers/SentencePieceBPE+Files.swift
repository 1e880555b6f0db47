import FileSupport

extension SentencePieceBPE {
    /// Builds the tokenizer from the parts of a `tokenizer.json`.
    init(_ parts: TokenizerJSON, spaces: Spaces) throws {
        for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
            if let value = try parts.model.optional(key), value.value != .string("") {
                throw value.unsupported("the setting is \(value.value.compact)")
            }
        }
        func id(_ text: String) throws -> Int32 {
            guard let found = parts.id(text) else {
                throw parts.model.error("a merge needs the token \"\(text)\"", remedy: "give the model's own file")
            }
            return found
        }
        let merges = try VocabularyFile.merges(parts.model.member("merges")).map { pair in
            (left: try id(pair.left), right: try id(pair.right), result: try id(pair.left + pair.right))
        }
        try self.init(
            tokens: parts.vocabulary.map { Array($0.utf8) }, merges: merges, added: parts.added,
            options: Options(
                normalizer: parts.normalizer, spaces: spaces,
                ignoresMerges: try parts.model.optional("ignore_merges")?.bool() ?? false, frame: try parts.frame(),
                files: parts.files),
            place: parts.root.place)
    }
}

extension SentencePieceBPE {
    /// The merges, each as a pair of keys.
    public var mergesJSON: JSON? { .array(mergeList.map { [keyJSON($0.left), keyJSON($0.right)] }) }

    private var isGemma: Bool { options.spaces == Spaces() && options.normalizer.steps == [.markSpaces] }

    /// transformers builds these two classes anew from the vocabulary alone; whatever is not quite like them must not
    /// bear their name.
    private var className: String {
        let llama = Spaces(marks: TextNormalizer(steps: [.markSpaces, .prependMark(.unlessThereAtStart)]))
        let isLlama = options.spaces == llama && options.normalizer.steps.isEmpty
        return isGemma ? "GemmaTokenizer" : isLlama ? "LlamaTokenizer" : "PreTrainedTokenizerFast"
    }

    /// `tokenizer_config.json` of a tokenizer that was not read with one.
    public var settings: JSON {
        var settings: JSON = [
            "tokenizer_class": .string(className), "add_eos_token": false,
            "add_bos_token": .bool(beginToken != nil), "bos_token": keyJSON(beginToken),
        ]
        let names = [("unk_token", ["<unk>"]), ("eos_token", ["<eos>", "</s>"]), ("pad_token", ["<pad>"])]
        for (name, tokens) in names {
            if let token = tokens.first(where: { id(ofKey: $0) != nil }) {
                settings = settings.setting(name, to: .string(token))
            }
        }
        return settings.setting("mask_token", to: keyJSON(maskToken))
    }

    /// `tokenizer.json` of a tokenizer that was not read from one: Gemma's, or Llama's with its mark in front.
    public var json: JSON {
        let gemma: JSON = [
            "type": "Split", "pattern": ["String": " "], "behavior": "MergedWithPrevious", "invert": false,
        ]
        let prefix = options.spaces.marks.steps.contains(.prependMark(.unlessThereAtStart)) ? "first" : "never"
        let llama: JSON = [
            "type": "Metaspace", "replacement": "▁", "prepend_scheme": .string(prefix),
            "split": .bool(options.spaces.cuts),
        ]
        var decoders: [JSON] = [
            ["type": "Replace", "pattern": ["String": "▁"], "content": " "], ["type": "ByteFallback"],
            ["type": "Fuse"],
        ]
        if !isGemma, prefix == "first" {
            decoders.append(["type": "Strip", "content": " ", "start": 1, "stop": 0])
        }
        return core.json.setting([
            "normalizer": isGemma ? ["type": "Replace", "pattern": ["String": " "], "content": "▁"] : nil,
            "pre_tokenizer": isGemma ? gemma : llama, "post_processor": core.frame.template(key: key) ?? .null,
            "decoder": ["type": "Sequence", "decoders": .array(decoders)],
            "model": [
                "type": "BPE", "dropout": nil, "unk_token": id(ofKey: "<unk>") == nil ? nil : "<unk>",
                "continuing_subword_prefix": nil, "end_of_word_suffix": nil, "fuse_unk": true, "byte_fallback": true,
                "ignore_merges": false, "vocab": nil, "merges": nil,
            ],
        ])
    }
}
