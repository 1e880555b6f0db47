import FileSupport

/// The tokenizer in a GGUF file's metadata.
enum GGUFTokenizer {
    /// How a token that is found whole is typed, in SentencePiece as in GGUF.
    private enum Kind: Int64 {
        case unknown = 2
        /// A marker, such as the one that begins a text.
        case control = 3
        /// Found whole in the text before anything else.
        case userDefined = 4
    }

    /// Builds it.
    ///
    /// - Throws: ``InputError`` for a missing list or a tokenizer of another kind.
    static func read(_ file: GGUF) throws -> any StoredTokenizer {
        let model = file["tokenizer.ggml.model"]?.string ?? "none"
        let parts = try Parts(file)
        switch model {
        case "gpt2": return try byteLevel(parts)
        case "llama":
            let isGemma = file["general.architecture"]?.string?.hasPrefix("gemma") == true
            return try sentencePiece(parts, isGemma: isGemma)
        default:
            throw parts.error("the tokenizer is of type \(model), and gpt2 and llama are supported")
        }
    }

    private struct Parts {
        let file: GGUF
        var tokens: [[UInt8]]
        let kinds: [Kind?]

        init(_ file: GGUF) throws {
            self.file = file
            guard case .texts(let spelled)? = file["tokenizer.ggml.tokens"],
                case .integers(let types)? = file["tokenizer.ggml.token_type"], spelled.count == types.count
            else { throw Self.error("tokenizer.ggml.tokens or token_type is missing, or not of one length", file) }
            tokens = spelled
            kinds = types.map { Kind(rawValue: $0) }
        }

        static func error(_ what: String, _ file: GGUF) -> InputError {
            InputError(what, at: file.path, remedy: "take the model as a Hugging Face folder with its tokenizer.json")
        }

        func error(_ what: String) -> InputError { Self.error(what, file) }

        /// A marker's id; nil when there is none.
        func id(_ key: String) throws -> Int32? {
            guard let value = file["tokenizer.ggml." + key]?.integer else { return nil }
            guard tokens.indices.contains(value) else { throw error("tokenizer.ggml.\(key) is \(value)") }
            return Int32(value)
        }

        func flag(_ key: String) -> Bool? {
            guard case .flag(let value)? = file["tokenizer.ggml." + key] else { return nil }
            return value
        }

        /// - Parameter begins: whether the begin token stands in front when the file does not say.
        func frame(begins: Bool) throws -> TextFrame {
            TextFrame(
                begin: try id("bos_token_id"), mask: try id("mask_token_id"),
                isTemplate: flag("add_bos_token") ?? begins)
        }

        /// Tokens that are found whole: markers, the one for the unknown, and those that the file's maker defined.
        var added: [AddedToken] {
            kinds.enumerated().compactMap { id, kind in
                kind.map { AddedToken(id: Int32(id), text: tokens[id], isSpecial: $0 != .userDefined) }
            }
        }

        /// The merges that the file lists; nil when it lists none.
        func merges() throws -> [(left: String, right: String)]? {
            guard let value = file["tokenizer.ggml.merges"] else { return nil }
            guard case .texts(let lines) = value else { throw error("tokenizer.ggml.merges is no list of texts") }
            return try lines.map { line in
                // The first character may itself be a space.
                guard let cut = line.dropFirst().firstIndex(of: UInt8(ascii: " ")), cut + 1 < line.count else {
                    throw error("\"\(String(decoding: line, as: UTF8.self))\" is no pair of tokens")
                }
                return (
                    String(decoding: line[..<cut], as: UTF8.self), String(decoding: line[(cut + 1)...], as: UTF8.self)
                )
            }
        }
    }

    // MARK: Byte level

    private static func byteLevel(_ parts: Parts) throws -> ByteLevelBPE {
        let name = parts.file["tokenizer.ggml.pre"]?.string ?? "default"
        var options = ByteLevelBPE.Options(frame: try parts.frame(begins: false))
        switch name {
        case "default", "gpt-2", "gpt2": break
        // llama.cpp takes a whole word before its merges here, as Llama 3's own file says.
        case "llama-bpe", "llama3", "llama-v3":
            options.splitter = .llama3
            options.ignoresMerges = true
        // The file does not speak of the normalizer that Qwen's own has.
        case "qwen2":
            options.splitter = .qwen2
            options.normalizer = TextNormalizer(steps: [.composed])
        case "smollm": options.splitter = .gpt2SingleDigits
        default:
            throw parts.error(
                "tokenizer.ggml.pre is \(name), and default, gpt-2, llama-bpe, qwen2 and smollm are supported")
        }
        guard let merges = try parts.merges() else { throw parts.error("tokenizer.ggml.merges is missing") }
        return try ByteLevelBPE(
            vocabulary: parts.tokens.map { String(decoding: $0, as: UTF8.self) }, merges: merges, added: parts.added,
            options: options, place: parts.file.path)
    }

    // MARK: Marked spaces

    private static func sentencePiece(_ parts: Parts, isGemma: Bool) throws -> SentencePieceBPE {
        var parts = parts
        var added = parts.added
        if isGemma {
            // Runs of spaces are stored as such, and looked up as marks: they are merged, not found in the text.
            func isRun(_ token: [UInt8]) -> Bool { !token.isEmpty && token.allSatisfy { $0 == UInt8(ascii: " ") } }
            added.removeAll { isRun($0.text) }
            parts.tokens = parts.tokens.map { token in
                isRun(token) ? Array(repeatElement(SentencePieceBPE.space, count: token.count).joined()) : token
            }
        }
        var options = SentencePieceBPE.Options(frame: try parts.frame(begins: true))
        if !isGemma {
            options.normalizer = TextNormalizer()
            options.spaces.marks.steps = [.markSpaces]
            if parts.flag("add_space_prefix") ?? true {
                options.spaces.marks.steps.append(.prependMark(.unlessThereAtStart))
            }
        }
        return try SentencePieceBPE(
            tokens: parts.tokens, merges: try merges(parts, isGemma: isGemma), added: added, options: options,
            place: parts.file.path)
    }

    /// The merges that the file lists, or those that its vocabulary implies.
    private static func merges(
        _ parts: Parts, isGemma: Bool
    ) throws -> [(left: Int32, right: Int32, result: Int32)] {
        if let listed = try parts.merges() {
            var ids = ByteStringTable()
            for token in parts.tokens { ids.insert(token) }
            return try listed.map { pair in
                func id(_ text: String) throws -> Int32 {
                    guard let id = ids.find(Array(text.utf8)) else {
                        throw parts.error("a merge needs the token \"\(text)\"")
                    }
                    return Int32(id)
                }
                return (try id(pair.left), try id(pair.right), try id(pair.left + pair.right))
            }
        }
        // The scores of Gemma's files do not follow its merges; the order of its tokens does.
        if isGemma { return SentencePieceBPE.impliedMerges(parts.tokens) }
        guard case .reals(let scores)? = parts.file["tokenizer.ggml.scores"], scores.count == parts.tokens.count else {
            throw parts.error("tokenizer.ggml.scores is missing, or not as long as the tokens")
        }
        return SentencePieceBPE.impliedMerges(parts.tokens, scores: scores)
    }
}
