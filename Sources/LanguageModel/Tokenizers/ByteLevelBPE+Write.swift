import FileSupport

extension ByteLevelBPE {
    /// Writes `tokenizer.json` and `tokenizer_config.json` as transformers reads them; for GPT-2's kind `vocab.json`
    /// and `merges.txt` too.
    ///
    /// - Throws: ``UnfinishedError`` when the disk refuses.
    public func write(to folder: String, contextLength: Int) throws {
        try writeJSON(to: folder, contextLength)
        guard isGPT2 else { return }
        let vocabulary = JSON.object((0..<vocabularySize).map { (key(of: Int32($0)), .integer($0)) })
        try AtomicFile.write(vocabulary.compact + "\n", to: folder + "/vocab.json")
        try AtomicFile.write(
            "#version: 0.2\n" + merges.map { $0 + "\n" }.joined(), to: folder + "/merges.txt")
    }

    /// The merges, each as two keys with a space between.
    public var mergesJSON: JSON? { .array(merges.map(JSON.string)) }

    /// Whether vocabulary and merges say it all.
    private var isGPT2: Bool { options.splitter == .gpt2 && options.normalizer.steps.isEmpty && !options.ignoresMerges }

    /// `tokenizer.json` of a tokenizer that was not read from one.
    public var json: JSON {
        func byteLevel(_ usesRegex: Bool) -> JSON {
            [
                "type": "ByteLevel", "add_prefix_space": .bool(options.spaceInFront), "trim_offsets": true,
                "use_regex": .bool(usesRegex),
            ]
        }
        var splitter = byteLevel(true)
        if options.splitter != .gpt2, let pattern = options.splitter.pattern {
            splitter = [
                "type": "Sequence",
                "pretokenizers": [
                    ["type": "Split", "pattern": ["Regex": .string(pattern)], "behavior": "Isolated", "invert": false],
                    byteLevel(false),
                ],
            ]
        }
        var processor = byteLevel(options.splitter == .gpt2)
        if let template = core.frame.template(key: key) {
            processor = ["type": "Sequence", "processors": [processor, template]]
        }
        return core.json.setting([
            "normalizer": options.normalizer.steps.contains(.composed) ? ["type": "NFC"] : nil,
            "pre_tokenizer": splitter, "post_processor": processor,
            "decoder": byteLevel(true),
            "model": [
                "type": "BPE", "dropout": nil, "unk_token": nil, "continuing_subword_prefix": "",
                "end_of_word_suffix": "", "fuse_unk": false, "byte_fallback": false,
                "ignore_merges": .bool(options.ignoresMerges), "vocab": nil, "merges": nil,
            ],
        ])
    }

    /// `tokenizer_config.json` of a tokenizer that was not read with one.
    public var settings: JSON {
        var settings: JSON = [
            "tokenizer_class": .string(isGPT2 ? "GPT2Tokenizer" : "PreTrainedTokenizerFast"),
            "add_prefix_space": .bool(options.spaceInFront),
        ]
        if let begin = beginToken {
            for name in ["bos_token", "eos_token", "unk_token"] {
                settings = settings.setting(name, to: .string(key(of: begin)))
            }
        } else {
            settings = settings.setting("bos_token", to: nil)
        }
        return settings.setting("mask_token", to: keyJSON(maskToken))
    }
}

extension AddedToken {
    /// As an element of `added_tokens`.
    var json: JSON {
        [
            "id": .integer(Int(id)), "content": .string(String(decoding: text, as: UTF8.self)),
            "single_word": .bool(isSingleWord), "lstrip": .bool(stripsLeft), "rstrip": .bool(stripsRight),
            "normalized": .bool(isNormalized), "special": .bool(isSpecial),
        ]
    }
}
