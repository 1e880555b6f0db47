import Files

/// The tokenizer in a GGUF file's metadata.
enum GGUFTokenizer {
    /// Builds it.
    ///
    /// Gemma's files hold no merges; the order of the tokens implies them, their scores do not.
    ///
    /// - Throws: ``InputError`` for a missing list or a tokenizer of another kind.
    static func read(_ file: GGUF) throws -> SentencePieceBPE {
        func fail(_ what: String) -> InputError {
            InputError(what, at: file.path, remedy: "take the model as a Hugging Face folder with its tokenizer.json")
        }
        let model = file["tokenizer.ggml.model"]?.string ?? "none"
        let architecture = file["general.architecture"]?.string ?? "none"
        guard model == "llama", architecture == "gemma3" else {
            throw fail("the tokenizer is \(model) of \(architecture), and only that of gemma3 is supported")
        }
        guard case .texts(let spelled)? = file["tokenizer.ggml.tokens"],
            case .integers(let types)? = file["tokenizer.ggml.token_type"], spelled.count == types.count
        else { throw fail("tokenizer.ggml.tokens or token_type is missing, or not of one length") }
        let kinds = types.map { SentencePieceBPE.Kind(rawValue: $0) ?? .normal }
        // Runs of spaces are stored as such, and looked up as marks.
        let tokens = spelled.map { token in
            !token.isEmpty && token.allSatisfy { $0 == UInt8(ascii: " ") }
                ? Array(repeatElement(SentencePieceBPE.space, count: token.count).joined()) : token
        }
        let merges = SentencePieceBPE.impliedMerges(tokens)
        func id(_ key: String) throws -> Int32? {
            guard let value = file["tokenizer.ggml." + key]?.integer else { return nil }
            guard tokens.indices.contains(value) else { throw fail("tokenizer.ggml.\(key) is \(value)") }
            return Int32(value)
        }
        return try SentencePieceBPE(
            tokens: tokens, kinds: kinds, merges: merges, begin: try id("bos_token_id"), place: file.path)
    }
}
