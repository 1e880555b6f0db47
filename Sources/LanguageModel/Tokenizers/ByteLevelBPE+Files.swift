import Files

extension ByteLevelBPE {
    /// Reads `vocab.json` and `merges.txt`; `<|endoftext|>` is special when the vocabulary holds it.
    ///
    /// - Throws: ``InputError`` that names the file and the entry.
    public init(vocabularyFile: String, mergesFile: String) throws {
        let vocabulary = try Self.vocabulary(JSONCursor.read(vocabularyFile))
        let end = vocabulary.firstIndex { $0.utf8.elementsEqual(Self.endOfText.utf8) }
        try self.init(
            vocabulary: vocabulary, merges: Self.merges(ofFile: mergesFile),
            added: end.map { [(id: $0, isSpecial: true)] } ?? [], place: "\(vocabularyFile) with \(mergesFile)")
    }

    /// Reads `tokenizer.json` of the `tokenizers` package.
    ///
    /// - Throws: ``InputError`` when it is of another kind than byte-level BPE with GPT-2's splitting and no prefix
    ///   space, with the setting that differs.
    public init(tokenizerJSON path: String) throws { try self.init(tokenizerJSON: JSONCursor.read(path)) }

    init(tokenizerJSON root: JSONCursor) throws {
        let path = root.place
        try Self.requireGPT2Kind(root)
        let model = try root.member("model")
        var entries = try Self.entries(model.member("vocab"))
        var added: [(id: Int, isSpecial: Bool)] = []
        for token in try root.optional("added_tokens")?.elements() ?? [] {
            for flag in ["single_word", "lstrip", "rstrip"] where try token.optional(flag)?.bool() == true {
                throw token.error(
                    "the setting \(flag) of an added token is not supported", remedy: "set it to false")
            }
            let id = try token.member("id").int()
            let content = try token.member("content").string()
            added.append((id, try token.optional("special")?.bool() ?? false))
            // GPT-2 lists its special token in both places.
            if !entries.contains(where: { $0.id == id && $0.key.utf8.elementsEqual(content.utf8) }) {
                entries.append((content, id))
            }
        }
        try self.init(
            vocabulary: Self.ordered(entries, place: path), merges: Self.merges(model.member("merges")), added: added,
            place: path)
    }

    private static func requireGPT2Kind(_ root: JSONCursor) throws {
        let model = try root.member("model")
        let remedy = "only the byte-level BPE tokenizer of GPT-2 is supported"
        let type = try model.optional("type")?.string() ?? "BPE"
        guard type == "BPE" else { throw model.error("a tokenizer of type \(type)", remedy: remedy) }
        for key in ["dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix"] {
            if let value = try model.optional(key), value.value != .string("") {
                throw value.error("the setting is \(value.value.compact)", remedy: remedy)
            }
        }
        for key in ["byte_fallback", "ignore_merges"] where try model.optional(key)?.bool() == true {
            throw model.error("\(key) is true", remedy: remedy)
        }
        if let normalizer = try root.optional("normalizer") {
            throw normalizer.error("a normalizer changes the text", remedy: remedy)
        }
        guard let splitter = try root.optional("pre_tokenizer") else {
            throw root.error("pre_tokenizer is missing", remedy: remedy)
        }
        let kind = try splitter.member("type").string()
        guard kind == "ByteLevel", try splitter.optional("use_regex")?.bool() ?? true else {
            throw splitter.error("a pre-tokenizer of type \(kind), or without GPT-2's pattern", remedy: remedy)
        }
        guard try splitter.member("add_prefix_space").bool() == false else {
            throw splitter.error("add_prefix_space is true", remedy: remedy)
        }
        if let post = try root.optional("post_processor"), try post.member("type").string() != "ByteLevel" {
            throw post.error("a post-processor of another type than ByteLevel", remedy: remedy)
        }
    }

    private static func vocabulary(_ cursor: JSONCursor) throws -> [String] {
        try ordered(entries(cursor), place: cursor.place)
    }

    static func entries(_ cursor: JSONCursor) throws -> [(key: String, id: Int)] {
        guard case .object(let members) = cursor.value else {
            throw cursor.error("an object of tokens and ids is wanted", remedy: "give the model's own file")
        }
        return try members.map { key, value in
            guard case .integer(let id) = value else {
                throw cursor.error("the id of \"\(key)\" is not a whole number", remedy: "give the model's own file")
            }
            return (key, id)
        }
    }

    /// The tokens by id; ids must be `0..<count`, each once.
    static func ordered(_ entries: [(key: String, id: Int)], place: String) throws -> [String] {
        var out = [String?](repeating: nil, count: entries.count)
        for (key, id) in entries {
            guard out.indices.contains(id) else {
                throw InputError(
                    "the token \"\(key)\" has the id \(id), outside of 0 to \(entries.count - 1)", at: place,
                    remedy: "number the tokens without gaps")
            }
            if let other = out[id] {
                throw InputError(
                    "the tokens \"\(other)\" and \"\(key)\" share the id \(id)", at: place,
                    remedy: "give each token an id of its own")
            }
            out[id] = key
        }
        return out.compactMap { $0 }
    }

    private static func merges(ofFile path: String) throws -> [(left: String, right: String)] {
        let text = try Input.text(path)
        var out: [(left: String, right: String)] = []
        // Split by bytes: "\r\n" is one Character, and a combining mark would join the line feed.
        for (number, line) in text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            let line = line.last == 0x0D ? line.dropLast() : line
            if line.isEmpty || (number == 0 && line.starts(with: "#version".utf8)) { continue }
            out.append(try pair(line, place: "\(path), line \(number + 1)"))
        }
        return out
    }

    static func merges(_ cursor: JSONCursor) throws -> [(left: String, right: String)] {
        guard case .array(let elements) = cursor.value else { throw cursor.error("a list is wanted", remedy: "") }
        return try elements.enumerated().map { index, element in
            switch element {
            case .string(let text): return try pair(text.utf8[...], place: "\(cursor.place), merges[\(index)]")
            case .array(let pair):
                if pair.count == 2, case .string(let left) = pair[0], case .string(let right) = pair[1] {
                    return (left, right)
                }
            default: break
            }
            throw cursor.error("element \(index) is no pair of tokens", remedy: "give the model's own file")
        }
    }

    private static func pair(_ line: Substring.UTF8View, place: String) throws -> (left: String, right: String) {
        let parts = line.split(separator: 0x20, omittingEmptySubsequences: false)
        guard parts.count == 2, let left = String(parts[0]), let right = String(parts[1]), !left.isEmpty, !right.isEmpty
        else {
            throw InputError("two tokens with a space between are wanted", at: place, remedy: "correct the line")
        }
        return (left, right)
    }
}
