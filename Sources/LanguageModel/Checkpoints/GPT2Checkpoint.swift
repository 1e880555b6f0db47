import FileSupport

/// GPT-2 as Hugging Face stores it: `config.json` and the names of the tensors.
enum GPT2Checkpoint {
    /// Reads the sizes.
    ///
    /// - Throws: ``InputError`` for a setting that changes the arithmetic and is not supported.
    static func configuration(_ config: JSONCursor) throws -> GPT2Configuration {
        let (width, heads) = (try config.size("n_embd"), try config.size("n_head"))
        guard width % heads == 0 else {
            throw config.error("n_head \(heads) does not divide n_embd \(width)", remedy: "correct config.json")
        }
        let activation = try config.optional("activation_function")?.string() ?? "gelu_new"
        guard activation == "gelu_new" else {
            throw config.error("activation_function is \(activation)", remedy: "only gelu_new is supported")
        }
        for (key, usual) in [
            ("scale_attn_weights", true), ("scale_attn_by_inverse_layer_idx", false), ("add_cross_attention", false),
        ] {
            if let value = try config.optional(key)?.bool(), value != usual {
                throw config.error("\(key) is \(value)", remedy: "only models with \(usual) are supported")
            }
        }
        let epsilon = try config.optional("layer_norm_epsilon")?.double() ?? 1e-5
        guard epsilon > 0, epsilon.isFinite else {
            throw config.error("layer_norm_epsilon is \(epsilon)", remedy: "a small positive number is wanted")
        }
        return GPT2Configuration(
            vocabularySize: try config.size("vocab_size"), contextLength: try config.size("n_positions"),
            hiddenSize: width,
            layerCount: try config.size("n_layer"), headCount: heads,
            innerSize: try config.optional("n_inner") == nil ? nil : config.size("n_inner"),
            normEpsilon: Float(epsilon),
            tiedHead: try config.optional("tie_word_embeddings")?.bool() ?? true)
    }

    /// The canonical name of a tensor: Hugging Face writes `transformer.h.0…` for the model with its head and `h.0…`
    /// for the one without.
    static func canonicalName(_ name: String) -> String {
        name.hasPrefix("transformer.") || name.hasPrefix("lm_head.") ? name : "transformer." + name
    }

    /// Whether a canonical name is a buffer that old versions stored: the causal mask and its filler.
    static func isBuffer(_ name: String) -> Bool {
        let parts = name.split(separator: ".")
        return parts.count == 5 && parts[0] == "transformer" && parts[1] == "h" && Int(parts[2]) != nil
            && parts[3] == "attn" && (parts[4] == "bias" || parts[4] == "masked_bias")
    }

    /// `config.json` for a model: `original` with its sizes, every other key kept.
    static func config(_ sizes: GPT2Configuration, beginToken: Int32?, original: JSON?) -> JSON {
        var config = original ?? [:]
        func set(_ key: String, _ value: JSON) { config = config.setting(key, to: value) }
        set("architectures", ["GPT2LMHeadModel"])
        set("model_type", "gpt2")
        set("vocab_size", .integer(sizes.vocabularySize))
        set("n_positions", .integer(sizes.contextLength))
        if config["n_ctx"] != nil { set("n_ctx", .integer(sizes.contextLength)) }
        set("n_embd", .integer(sizes.hiddenSize))
        set("n_layer", .integer(sizes.layerCount))
        set("n_head", .integer(sizes.headCount))
        set("n_inner", sizes.innerSize == 4 * sizes.hiddenSize ? .null : .integer(sizes.innerSize))
        set("activation_function", "gelu_new")
        set("layer_norm_epsilon", .single(sizes.normEpsilon))
        set("tie_word_embeddings", .bool(sizes.tiedHead))
        config = config.inSinglePrecision
        if original == nil {
            for key in ["resid_pdrop", "embd_pdrop", "attn_pdrop"] { set(key, 0.0) }
            for key in ["bos_token_id", "eos_token_id"] {
                set(key, beginToken.map { .integer(Int($0)) } ?? .null)
            }
        }
        return config
    }
}
