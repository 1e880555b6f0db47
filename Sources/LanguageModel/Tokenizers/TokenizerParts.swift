import FileSupport

/// How a `tokenizer.json` cuts a text.
enum TokenizerSplitting: Equatable {
    /// Into pieces whose bytes are merged.
    case bytes(ByteSplitter, spaceInFront: Bool = false)
    /// At most at spaces, which are marked.
    case spaces(SentencePieceBPE.Spaces)
    /// Into words and punctuation.
    case bert

    var title: String {
        switch self {
        case .bytes: "bytes"
        case .spaces: "marked spaces"
        case .bert: "words"
        }
    }
}

/// The parts of a `tokenizer.json` around its model, each known or refused.
enum TokenizerParts {
    // MARK: Normalizer

    static func normalizer(_ cursor: JSONCursor) throws -> [TextNormalizer.Step] {
        let type = try cursor.member("type").string()
        switch type {
        case "Sequence":
            try cursor.requireKnown(["type", "normalizers"])
            return try cursor.member("normalizers").elements().flatMap(normalizer)
        case "NFC":
            try cursor.requireKnown(["type"])
            return [.composed]
        case "Lowercase":
            try cursor.requireKnown(["type"])
            return [.lowercase]
        case "Prepend":
            try cursor.requireKnown(["type", "prepend"])
            guard try cursor.member("prepend").string() == "▁" else {
                throw cursor.unsupported("a normalizer that prepends another text than ▁")
            }
            return [.prependMark(.always)]
        case "Replace":
            try cursor.requireKnown(["type", "pattern", "content"])
            guard try cursor.member("pattern").optional("String")?.string() == " ",
                try cursor.member("content").string() == "▁"
            else { throw cursor.unsupported("a normalizer that replaces something else than spaces by ▁") }
            return [.markSpaces]
        case "BertNormalizer":
            try cursor.requireKnown(["type", "clean_text", "handle_chinese_chars", "strip_accents", "lowercase"])
            return TextNormalizer(
                bertLowercases: try cursor.member("lowercase").bool(),
                withoutAccents: try cursor.optional("strip_accents")?.bool(),
                ideographsApart: try cursor.member("handle_chinese_chars").bool(),
                cleaned: try cursor.member("clean_text").bool()
            ).steps
        default: throw cursor.unsupported("a normalizer of type \(type)")
        }
    }

    // MARK: Pre-tokenizer

    static func splitting(_ cursor: JSONCursor?, after normalizer: TextNormalizer) throws -> TokenizerSplitting {
        guard let cursor else { return .spaces(SentencePieceBPE.Spaces()) }
        let parts = try flattened(cursor)
        let types = try parts.map { try $0.member("type").string() }
        switch types {
        case ["ByteLevel"]:
            guard try usesRegex(parts[0], maySpace: true) else {
                throw parts[0].unsupported("ByteLevel without a pattern")
            }
            return .bytes(.gpt2, spaceInFront: try parts[0].member("add_prefix_space").bool())
        case ["Split", "ByteLevel"]:
            guard try !usesRegex(parts[1]) else {
                throw parts[1].unsupported("GPT-2's pattern after another one")
            }
            return .bytes(try splitter(parts[0]))
        case ["Digits", "ByteLevel"]:
            try parts[0].requireKnown(["type", "individual_digits"])
            guard try parts[0].member("individual_digits").bool(), try usesRegex(parts[1]) else {
                throw parts[0].unsupported("digits that stay together, or ByteLevel without a pattern")
            }
            return .bytes(.gpt2SingleDigits)
        case ["Metaspace"]: return .spaces(try metaspace(parts[0]))
        case ["BertPreTokenizer"]:
            try parts[0].requireKnown(["type"])
            return .bert
        case ["Split"]:
            // Spaces are marks when the pre-tokenizer sees the text, so that cutting at them does nothing.
            guard normalizer.steps.contains(.markSpaces),
                try parts[0].member("pattern").optional("String")?.string() == " "
            else { throw parts[0].unsupported("a pre-tokenizer that cuts the text") }
            return .spaces(SentencePieceBPE.Spaces())
        default:
            throw cursor.unsupported("a pre-tokenizer of type \(types.joined(separator: " and "))")
        }
    }

    private static func flattened(_ cursor: JSONCursor) throws -> [JSONCursor] {
        guard try cursor.member("type").string() == "Sequence" else { return [cursor] }
        try cursor.requireKnown(["type", "pretokenizers"])
        return try cursor.member("pretokenizers").elements().flatMap(flattened)
    }

    /// - Parameter maySpace: whether a space may be put in front; of every piece where another part cuts before.
    private static func usesRegex(_ cursor: JSONCursor, maySpace: Bool = false) throws -> Bool {
        try cursor.requireKnown(["type", "add_prefix_space", "trim_offsets", "use_regex"])
        guard try !cursor.member("add_prefix_space").bool() || maySpace else {
            throw cursor.unsupported("add_prefix_space is true beside a pattern")
        }
        return try cursor.optional("use_regex")?.bool() ?? true
    }

    private static func splitter(_ cursor: JSONCursor) throws -> ByteSplitter {
        try cursor.requireKnown(["type", "pattern", "behavior", "invert"])
        let pattern = try cursor.member("pattern").optional("Regex")?.string()
        guard let pattern, let splitter = ByteSplitter.allCases.first(where: { $0.pattern == pattern }),
            try cursor.member("behavior").string() == "Isolated", try cursor.optional("invert")?.bool() != true
        else {
            throw cursor.unsupported("a pattern other than those of GPT-2, Llama 3 and Qwen 2")
        }
        return splitter
    }

    private static func metaspace(_ cursor: JSONCursor) throws -> SentencePieceBPE.Spaces {
        try cursor.requireKnown(["type", "replacement", "prepend_scheme", "split", "add_prefix_space", "str_rep"])
        guard try cursor.member("replacement").string() == "▁" else {
            throw cursor.unsupported("a mark other than ▁")
        }
        let prefixes = try cursor.optional("add_prefix_space")?.bool() ?? true
        let scheme = try cursor.optional("prepend_scheme")?.string() ?? "always"
        var steps: [TextNormalizer.Step] = [.markSpaces]
        switch scheme {
        case "never": break
        case _ where !prefixes: break
        case "always": steps.append(.prependMark(.unlessThere))
        case "first": steps.append(.prependMark(.unlessThereAtStart))
        default: throw cursor.unsupported("prepend_scheme is \(scheme)")
        }
        return SentencePieceBPE.Spaces(
            marks: TextNormalizer(steps: steps), cuts: try cursor.optional("split")?.bool() ?? true)
    }

    // MARK: Post-processor

    /// The tokens that are put around a single text.
    static func frame(_ cursor: JSONCursor, vocabularySize: Int) throws -> TextFrame {
        func checked(_ id: JSONCursor) throws -> Int32 {
            let number = try id.int()
            guard 0..<vocabularySize ~= number else {
                throw id.error("the id \(number) is not in the vocabulary", remedy: "give the model's own file")
            }
            return Int32(number)
        }
        let type = try cursor.member("type").string()
        switch type {
        // Changes offsets alone.
        case "ByteLevel": return TextFrame()
        case "Sequence":
            let frames = try cursor.member("processors").elements().map {
                try frame($0, vocabularySize: vocabularySize)
            }
            let filled = frames.filter { $0 != TextFrame() }
            guard filled.count <= 1 else { throw cursor.unsupported("several templates") }
            return filled.first ?? TextFrame()
        case "RobertaProcessing", "BertProcessing":
            let ids = try ["cls", "sep"].map { key in
                let pair = try cursor.member(key).elements()
                guard pair.count == 2 else { throw cursor.unsupported("\(key) is no pair") }
                return try checked(pair[1])
            }
            return TextFrame(begin: ids[0], end: ids[1])
        case "TemplateProcessing":
            var frame = TextFrame()
            var isBehind = false
            for piece in try cursor.member("single").elements() {
                if try piece.optional("Sequence") != nil {
                    isBehind = true
                    continue
                }
                let name = try piece.member("SpecialToken").member("id").string()
                let ids = try cursor.member("special_tokens").member(name).member("ids").elements()
                guard ids.count == 1, (isBehind ? frame.end : frame.begin) == nil else {
                    throw cursor.unsupported("more than one token on a side of the text")
                }
                if isBehind { frame.end = try checked(ids[0]) } else { frame.begin = try checked(ids[0]) }
            }
            return frame
        default: throw cursor.unsupported("a post-processor of type \(type)")
        }
    }
}
