import FileSupport

/// What `tokenizer_config.json` says beside `tokenizer.json`: which tokens are markers.
struct TokenizerSettings: Sendable {
    private let cursor: JSONCursor?

    init() { cursor = nil }

    init(_ cursor: JSONCursor) { self.cursor = cursor }

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

    /// The texts of all markers that the file names.
    func markers() throws -> [String] {
        try ["bos_token", "eos_token", "unk_token", "pad_token", "mask_token", "cls_token", "sep_token"].compactMap(
            text)
    }

    private func text(_ key: String) throws -> String? {
        guard let value = try cursor?.optional(key) else { return nil }
        if case .object = value.value { return try value.member("content").string() }
        return try value.string()
    }

    /// A choice; nil when the file does not make it.
    func flag(_ key: String) throws -> Bool? { try cursor?.optional(key)?.bool() }
}
