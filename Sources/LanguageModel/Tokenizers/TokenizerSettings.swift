import FileSupport

/// What `tokenizer_config.json` says beside `tokenizer.json`: which tokens are markers, and how a class builds its parts.
struct TokenizerSettings: Sendable {
    private let cursor: JSONCursor?

    init() { cursor = nil }

    init(_ cursor: JSONCursor) { self.cursor = cursor }

    /// The same with the markers of an older `special_tokens_map.json`, which win where `added_tokens_decoder` is absent.
    func adding(_ map: JSONCursor) -> TokenizerSettings {
        guard cursor?.value["added_tokens_decoder"] == nil else { return self }
        return TokenizerSettings(
            JSONCursor((cursor?.value ?? [:]).setting(map.value), place: cursor?.place ?? map.place))
    }

    /// The file as it was.
    var json: JSON? { cursor?.value }

    /// The id of a marker, whose text is given as such or as an added token; nil when it is `null`.
    ///
    /// - Parameter ifAbsent: the text when the file does not speak of it, which need not be in the vocabulary.
    /// - Throws: ``InputError`` when the vocabulary does not hold it.
    func marker(_ key: String, ifAbsent: String? = nil, _ find: (String) -> Int32?) throws -> Int32? {
        guard let cursor, cursor.value[key] != nil else { return ifAbsent.flatMap(find) }
        guard let text = try text(key) else { return nil }
        guard let id = find(text) else {
            throw cursor.error(
                "\(key) is \"\(text)\", which is no token", remedy: "take tokenizer and settings from one model")
        }
        return id
    }

    /// The markers in the order in which transformers adds them: what the file names, else what the class does, and
    /// further tokens that the file names.
    func named(_ usual: [String: String?]) throws -> [AddedToken] {
        let keys = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"]
        var tokens = try keys.compactMap { key -> AddedToken? in
            if let value = cursor?.value[key] { return value == .null ? nil : try cursor?.optional(key)?.token() }
            return (usual[key] ?? nil).map { AddedToken(id: -1, text: Array($0.utf8), isSpecial: true) }
        }
        guard let cursor else { return tokens }
        let filled = ["extra_special_tokens", "additional_special_tokens"].first { cursor.value[$0]?.isFilled ?? false }
        if let key = filled, let more = try cursor.optional(key) {
            if case .object = more.value {
                tokens += try more.members().map { try $0.value.token() }
            } else {
                tokens += try more.elements().map { try $0.token() }
            }
        }
        for (key, value) in try cursor.members() where key.hasSuffix("_token") && !keys.contains(key) {
            if case .string = value.value { tokens.append(try value.token()) }
        }
        return tokens
    }

    /// The tokens of `added_tokens_decoder` by id; nil where the file has none.
    func decoder() throws -> [(id: Int, token: AddedToken)]? {
        guard let list = try cursor?.optional("added_tokens_decoder") else { return nil }
        return try list.members().map { key, value in
            guard let id = Int(key) else { throw value.error("the id is \(key)", remedy: "give the model's own file") }
            return (id, try value.token())
        }.sorted { $0.0 < $1.0 }
    }

    /// Refuses what changes the ids and is not done.
    ///
    /// - Parameters:
    ///   - type: `model_type` of `config.json`.
    ///   - count: tokens of the vocabulary.
    func refuseForeign(modelType type: JSON?, count: Int) throws {
        if try flag("split_special_tokens") == true { throw unsupported("split_special_tokens is true") }
        // Of the families of Mistral alone, and of large vocabularies; another pattern is put in front.
        let mistral: [JSON?] = [nil, "mistral", "mistral3", "voxtral", "ministral", "pixtral"]
        if try flag("fix_mistral_regex") == true, count > 100_000, mistral.contains(type) {
            throw unsupported("fix_mistral_regex is true")
        }
    }

    /// An error about a setting that is not supported.
    func unsupported(_ what: String) -> InputError {
        InputError(what, at: cursor?.place ?? "", remedy: "save the tokenizer again without it")
    }

    func text(_ key: String) throws -> String? {
        guard let value = try cursor?.optional(key) else { return nil }
        if case .object = value.value { return try value.member("content").string() }
        return try value.string()
    }

    /// A choice; nil when the file does not make it.
    func flag(_ key: String) throws -> Bool? { try cursor?.optional(key)?.bool() }
}

extension JSONCursor {
    /// A token as settings name it: its text, or how it is found as well.
    fileprivate func token() throws -> AddedToken {
        if case .string(let text) = value { return AddedToken(id: -1, text: Array(text.utf8), isSpecial: true) }
        return try AddedToken(self, id: -1)
    }
}

extension JSON {
    /// Whether there is something in a list or an object.
    fileprivate var isFilled: Bool {
        switch self {
        case .array(let elements): !elements.isEmpty
        case .object(let members): !members.isEmpty
        default: false
        }
    }
}
