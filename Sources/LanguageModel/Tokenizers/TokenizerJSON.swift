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
    private let ids: ByteStringTable

    static let remedy =
        "byte-level BPE, BPE with byte fallback and WordPiece are supported as these families use them: "
        + ModelFamilies.all.titles

    /// Builds the tokenizer that a file describes.
    ///
    /// - Parameters:
    ///   - settings: `tokenizer_config.json` beside it.
    ///   - embeddings: the rows of the model's embedding. Added tokens beyond them are left out, such as Gemma's for
    ///     images in a model of text alone: their text is then text.
    /// - Throws: ``InputError`` with the setting that is not supported.
    static func read(
        _ root: JSONCursor, settings: TokenizerSettings = TokenizerSettings(), embeddings: Int? = nil
    ) throws -> any StoredTokenizer {
        let parts = try TokenizerJSON(root, settings, embeddings: embeddings ?? .max)
        let hasByteFallback = try parts.model.optional("byte_fallback")?.bool() ?? false
        switch (try parts.type, parts.splitting) {
        case ("BPE", .bytes(let splitter)):
            if hasByteFallback { throw parts.model.unsupported("byte_fallback beside ByteLevel") }
            return try ByteLevelBPE(parts, splitter: splitter)
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

    private init(_ root: JSONCursor, _ settings: TokenizerSettings, embeddings: Int) throws {
        let model = try root.member("model")
        self.model = model
        self.root = root
        self.settings = settings
        try root.requireKnown(
            [
                "version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor",
                "decoder", "model",
            ])
        try model.requireKnown(
            [
                "type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk",
                "byte_fallback", "ignore_merges", "vocab", "merges", "max_input_chars_per_word",
            ])
        if let dropout = try model.optional("dropout"), try dropout.double() != 0 {
            throw dropout.unsupported("the setting is \(dropout.value.compact)")
        }
        let type = try model.optional("type")?.string() ?? "BPE"
        guard type == "BPE" || type == "WordPiece" else {
            throw model.unsupported("a tokenizer of type \(type)")
        }
        normalizer = TextNormalizer(steps: try root.optional("normalizer").map(TokenizerParts.normalizer) ?? [])
        splitting = try TokenizerParts.splitting(root.optional("pre_tokenizer"), after: normalizer)

        var entries = try VocabularyFile.entries(model.member("vocab"))
        var known = ByteStringTable()
        var knownIDs: [Int] = []
        for (key, id) in entries where known.insert(Array(key.utf8)) { knownIDs.append(id) }
        var (added, onlyAdded): ([AddedToken], Set<Int32>) = ([], [])
        var kept: [JSON] = []
        for cursor in try root.optional("added_tokens")?.elements() ?? [] {
            let token = try AddedToken(cursor)
            let inVocabulary = known.find(token.text).map { knownIDs[$0] == Int(token.id) } ?? false
            if !inVocabulary {
                if Int(token.id) >= embeddings { continue }
                onlyAdded.insert(token.id)
                entries.append((String(decoding: token.text, as: UTF8.self), Int(token.id)))
            }
            added.append(token)
            kept.append(cursor.value)
        }
        self.added = added
        vocabulary = try VocabularyFile.ordered(entries, place: root.place)
        var ids = ByteStringTable()
        for token in vocabulary { ids.insert(Array(token.utf8)) }
        self.ids = ids
        files = TokenizerFiles(
            json: root.value.setting("added_tokens", to: .array(kept)).setting(
                "model", to: model.value.removing(["vocab", "merges"])),
            settings: settings.json, onlyAdded: onlyAdded)
    }

    private var type: String { get throws { try model.optional("type")?.string() ?? "BPE" } }

    /// The id of a token.
    func id(_ text: String) -> Int32? { ids.find(Array(text.utf8)).map(Int32.init) }

    /// The markers: those of the post-processor's template, else those that `tokenizer_config.json` names.
    ///
    /// - Parameter beginIfUnnamed: the begin token when neither says a word of one.
    func frame(beginIfUnnamed: String? = nil) throws -> TextFrame {
        var frame = TextFrame()
        if let processor = try root.optional("post_processor") {
            frame = try TokenizerParts.frame(processor, vocabularySize: vocabulary.count)
            frame.isTemplate = frame != TextFrame()
        }
        if frame.begin == nil {
            frame.begin = try settings.marker("bos_token", ifAbsent: beginIfUnnamed, id)
        }
        frame.mask = try settings.marker("mask_token", id)
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
    init(_ cursor: JSONCursor) throws {
        try cursor.requireKnown(["id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"])
        func flag(_ key: String) throws -> Bool { try cursor.optional(key)?.bool() ?? false }
        let number = try cursor.member("id").int()
        guard let id = Int32(exactly: number), id >= 0 else {
            throw cursor.error("the id is \(number)", remedy: "give the model's own file")
        }
        self.init(
            id: id, text: Array(try cursor.member("content").string().utf8), isSpecial: try flag("special"),
            isNormalized: try flag("normalized"), stripsLeft: try flag("lstrip"), stripsRight: try flag("rstrip"),
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
    /// The object without some of its members.
    fileprivate func removing(_ keys: [String]) -> JSON {
        guard case .object(let members) = self else { return self }
        return .object(members.filter { !keys.contains($0.0) })
    }
}
