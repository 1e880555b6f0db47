import FileSupport

/// A `tokenizer.json` of the `tokenizers` package, read part by part.
///
/// Every part that changes the ids is known or refused. Left aside are `truncation` and `padding`, which say how texts
/// are batched and which transformers sets anew at every call, and `decoder`.
struct TokenizerJSON {
    let root: JSONCursor
    let model: JSONCursor
    let normalizer: TextNormalizer
    let splitting: TokenizerSplitting
    /// All tokens by id, the added ones too.
    let vocabulary: [String]
    let added: [AddedToken]
    let files: TokenizerFiles
    private let settings: TokenizerSettings
    private let kind: TokenizerClass
    private let ids: ByteStringTable

    static let remedy =
        "byte-level BPE, BPE with byte fallback and WordPiece are supported as these families use them: "
        + ModelFamilies.all.titles

    /// Builds the tokenizer that a file describes, of the class that transformers makes of it.
    ///
    /// - Parameters:
    ///   - settings: `tokenizer_config.json` beside it.
    ///   - config: `config.json` beside it, which names the type of model.
    ///   - embeddings: the rows of the model's embedding. Added tokens beyond them are left out, such as Gemma's for
    ///     images in a model of text alone; a text that holds one is noted (``Tokenizer/requireRows(at:)``).
    ///   - isWhole: whether the file has more than vocabulary and merges.
    /// - Throws: ``InputError`` with the setting that is not supported.
    static func read(
        _ root: JSONCursor, settings: TokenizerSettings = TokenizerSettings(), config: JSON? = nil,
        embeddings: Int? = nil, isWhole: Bool = true
    ) throws -> any StoredTokenizer {
        let kind = try TokenizerClass.of(
            settings, config: config, hasByteLevel: root.value.speaks(of: "ByteLevel"), place: root.place)
        let parts = try TokenizerJSON(
            root, settings, kind, config, embeddings: embeddings ?? .max, isWhole: isWhole)
        let hasByteFallback = try parts.model.optional("byte_fallback")?.bool() ?? false
        switch (try parts.type, parts.splitting) {
        case ("BPE", .bytes(let splitter, let spaceInFront)):
            if hasByteFallback { throw parts.model.unsupported("byte_fallback beside ByteLevel") }
            return try ByteLevelBPE(parts, splitter: splitter, spaceInFront: spaceInFront)
        case ("BPE", .spaces(let spaces)) where hasByteFallback:
            return try SentencePieceBPE(parts, spaces: spaces)
        case ("WordPiece", .bert):
            return try WordPiece(parts)
        case ("BPE", .spaces):
            throw root.unsupported("BPE over characters without byte_fallback, and without a pre_tokenizer for bytes")
        case (let type, let splitting):
            throw parts.model.unsupported("a tokenizer of type \(type) with a pre-tokenizer for \(splitting.title)")
        }
    }

    private init(
        _ root: JSONCursor, _ settings: TokenizerSettings, _ kind: TokenizerClass, _ config: JSON?, embeddings: Int,
        isWhole: Bool
    ) throws {
        let stored = try root.member("model")
        try root.requireKnown(
            [
                "version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor",
                "decoder", "model",
            ])
        try stored.requireKnown(
            [
                "type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk",
                "byte_fallback", "ignore_merges", "vocab", "merges", "max_input_chars_per_word",
            ])
        let model = try kind.model(stored, settings)
        self.model = model
        self.root = root
        self.settings = settings
        self.kind = kind
        if let dropout = try model.optional("dropout"), try dropout.double() != 0 {
            throw dropout.unsupported("the setting is \(dropout.value.compact)")
        }
        let type = try model.optional("type")?.string() ?? "BPE"
        guard type == "BPE" || type == "WordPiece" else {
            throw model.unsupported("a tokenizer of type \(type)")
        }
        if let parts = try kind.parts(settings) {
            (normalizer, splitting) = parts
        } else {
            guard isWhole else {
                throw root.unsupported("a tokenizer of the class \(kind.rawValue) without tokenizer.json")
            }
            normalizer = TextNormalizer(steps: try root.optional("normalizer").map(TokenizerParts.normalizer) ?? [])
            splitting = try TokenizerParts.splitting(root.optional("pre_tokenizer"), after: normalizer)
        }

        var tokens = TokenizerVocabulary(try VocabularyFile.entries(model.member("vocab")), rows: embeddings)
        try settings.refuseForeign(modelType: config?["model_type"], count: tokens.entries.count)
        let listed = try root.optional("added_tokens")?.elements() ?? []
        let decoder = try settings.decoder()
        // A class that builds itself anew knows the tokens of the file where settings have no list of their own.
        if kind == .backend || decoder == nil {
            for token in try listed.map({ try AddedToken($0) }) {
                try tokens.add(token, id: Int(token.id), place: root.place)
            }
        }
        for (id, token) in decoder ?? [] { try tokens.add(token, id: id, place: root.place) }
        var markers = kind.markers
        if markers["pad_token"] == nil, let padding = try root.optional("padding") {
            markers["pad_token"] = try padding.member("pad_token").string()
        }
        for token in try settings.named(markers) where kind == .qwen2 || !tokens.holds(token.text) {
            let plain = AddedToken(id: -1, text: token.text, isSpecial: true)
            try tokens.add(kind == .qwen2 ? plain : token, id: nil, place: root.place)
        }
        added = tokens.added
        vocabulary = try VocabularyFile.ordered(tokens.entries, place: root.place)
        var ids = ByteStringTable()
        for token in vocabulary { ids.insert(Array(token.utf8)) }
        self.ids = ids
        let beyond = tokens.beyond
        let kept = try listed.filter { cursor in
            let text = try cursor.member("content").string()
            return !beyond.contains { $0.text.elementsEqual(text.utf8) }
        }
        files = TokenizerFiles(
            json: isWhole
                ? root.value.setting("added_tokens", to: .array(kept.map(\.value))).setting(
                    "model", to: stored.value.removing(["vocab", "merges"])) : JSON?.none,
            settings: (settings.json ?? [:]).setting("tokenizer_class", to: .string(kind.rawValue)),
            onlyAdded: tokens.onlyAdded, beyond: beyond, rows: embeddings)
    }

    private var type: String { get throws { try model.optional("type")?.string() ?? "BPE" } }

    /// The id of a token.
    func id(_ text: String) -> Int32? { ids.find(Array(text.utf8)).map(Int32.init) }

    /// The markers: those of the post-processor's template, else those that `tokenizer_config.json` names.
    ///
    /// - Parameter beginIfUnnamed: the begin token when neither says a word of one.
    func frame(beginIfUnnamed: String? = nil) throws -> TextFrame {
        var frame = TextFrame()
        let usual = kind.markers
        if kind == .bert || kind == .roberta {
            frame.begin = try settings.marker("cls_token", ifAbsent: usual["cls_token"] ?? nil, id)
            frame.end = try settings.marker("sep_token", ifAbsent: usual["sep_token"] ?? nil, id)
            frame.isTemplate = true
        } else if kind != .gptNeoX, let processor = try root.optional("post_processor") {
            frame = try TokenizerParts.frame(processor, vocabularySize: vocabulary.count)
            frame.isTemplate = frame != TextFrame()
        }
        if frame.begin == nil {
            frame.begin = try settings.marker("bos_token", ifAbsent: usual["bos_token"] ?? beginIfUnnamed, id)
        }
        frame.mask = try settings.marker("mask_token", ifAbsent: usual["mask_token"] ?? nil, id)
        if frame.mask == nil, settings.json?["mask_token"] == nil {
            frame.mask =
                added.first {
                    $0.isSpecial && ["[MASK]", "<mask>"].contains(String(decoding: $0.text, as: UTF8.self))
                }?.id
        }
        return frame
    }
}

extension AddedToken {
    /// Reads an element of `added_tokens`.
    init(_ cursor: JSONCursor) throws { try self.init(cursor, id: cursor.member("id").int()) }

    /// Reads a token whose id stands elsewhere.
    init(_ cursor: JSONCursor, id number: Int) throws {
        try cursor.requireKnown(["id", "content", "single_word", "lstrip", "rstrip", "normalized", "special", "__type"])
        func flag(_ key: String) throws -> Bool { try cursor.optional(key)?.bool() ?? false }
        guard let id = Int32(exactly: number), id >= -1 else {
            throw cursor.error("the id is \(number)", remedy: "give the model's own file")
        }
        self.init(
            id: id, text: Array(try cursor.member("content").string().utf8), isSpecial: try flag("special"),
            isNormalized: try cursor.optional("normalized")?.bool() ?? !flag("special"), stripsLeft: try flag("lstrip"),
            stripsRight: try flag("rstrip"),
            isSingleWord: try flag("single_word"))
    }
}

extension JSONCursor {
    /// An error about a setting that no supported family has.
    func unsupported(_ what: String) -> InputError { error(what, remedy: TokenizerJSON.remedy) }

    /// Refuses a member of any other name: what it says could change the ids.
    func requireKnown(_ keys: [String]) throws {
        for (key, value) in try members() where !keys.contains(key) && value.value != .null {
            throw unsupported("the setting \(key) is not known")
        }
    }
}

extension JSON {
    /// Whether a text stands anywhere but in a vocabulary.
    fileprivate func speaks(of text: String) -> Bool {
        switch self {
        case .string(let own): own == text
        case .array(let elements): elements.contains { $0.speaks(of: text) }
        case .object(let members): members.contains { $0.0 != "vocab" && $0.0 != "merges" && $0.1.speaks(of: text) }
        default: false
        }
    }

    /// The object without some of its members.
    fileprivate func removing(_ keys: [String]) -> JSON {
        guard case .object(let members) = self else { return self }
        return .object(members.filter { !keys.contains($0.0) })
    }
}
