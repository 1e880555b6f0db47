import FileSupport

/// GPT-NeoX as Hugging Face stores it: `config.json` and the names of the tensors.
enum GPTNeoXCheckpoint {
    /// Reads sizes and choices.
    ///
    /// - Throws: ``InputError`` for a setting that changes the arithmetic and is not supported.
    static func configuration(_ config: JSONCursor) throws -> GPTNeoXConfiguration {
        let (width, heads) = try config.widthAndHeads()
        return GPTNeoXConfiguration(
            vocabularySize: try config.size("vocab_size"), contextLength: try config.size("max_position_embeddings"),
            hiddenSize: width, layerCount: try config.size("num_hidden_layers"), headCount: heads,
            innerSize: try config.size("intermediate_size"), normEpsilon: try config.epsilon("layer_norm_eps", 1e-5),
            tiedHead: try config.optional("tie_word_embeddings")?.bool() ?? false,
            activation: try config.activation("hidden_act", usual: "gelu"),
            parallelResidual: try config.optional("use_parallel_residual")?.bool() ?? true,
            attentionBias: try config.optional("attention_bias")?.bool() ?? true,
            rotary: try rotary(config, headSize: width / heads))
    }

    /// From `rope_parameters`, or `rotary_pct`, `rotary_emb_base` and `rope_scaling` as files before transformers 5 spell them.
    private static func rotary(_ config: JSONCursor, headSize: Int) throws -> RotaryFrequencies {
        let parameters = try config.optional("rope_parameters")
        let base =
            try parameters?.optional("rope_theta")?.double() ?? config.optional("rotary_emb_base")?.double() ?? 10_000
        let part =
            try parameters?.optional("partial_rotary_factor")?.double() ?? config.optional("rotary_pct")?.double()
            ?? 0.25
        let turning = 0...1 ~= part ? Int(Double(headSize) * part) : 0
        guard turning > 0, turning % 2 == 0 else {
            throw config.error(
                "rotary_pct \(part) of a head of \(headSize) is \(turning) values",
                remedy: "rotary positions need an even number of them")
        }
        guard base > 0, base.isFinite else {
            throw config.error("rotary_emb_base is \(base)", remedy: "10000 is usual")
        }
        let scaling = try (parameters ?? config.optional("rope_scaling")).map(DecoderCheckpoint.scaling)
        return RotaryFrequencies(base: Float(base), headSize: turning, scaling: scaling ?? .none)
    }

    /// The canonical name of a tensor: the network without its head is stored without `gpt_neox.`, and transformers 5 calls the
    /// head `lm_head` in memory.
    static func canonicalName(_ name: String) -> String {
        if name.hasPrefix("lm_head.") { return "embed_out." + name.dropFirst("lm_head.".count) }
        return name.hasPrefix("gpt_neox.") || name.hasPrefix("embed_out.") ? name : "gpt_neox." + name
    }

    /// Whether a canonical name is a buffer that old versions stored: the causal mask, its filler, the frequencies.
    static func isBuffer(_ name: String) -> Bool {
        name.hasPrefix("gpt_neox.layers.")
            && [".attention.bias", ".attention.masked_bias", ".attention.rotary_emb.inv_freq"].contains {
                name.hasSuffix($0)
            }
    }

    /// `config.json` of a model that came without one, in the spelling of transformers 5 with the older keys beside it.
    static func config(_ sizes: GPTNeoXConfiguration, beginToken: Int32?) -> JSON {
        let turning = Double(2 * sizes.rotary.values.count) / Double(sizes.headSize)
        return [
            "architectures": ["GPTNeoXForCausalLM"], "model_type": "gpt_neox",
            "vocab_size": .integer(sizes.vocabularySize), "max_position_embeddings": .integer(sizes.contextLength),
            "hidden_size": .integer(sizes.hiddenSize), "num_hidden_layers": .integer(sizes.layerCount),
            "num_attention_heads": .integer(sizes.headCount), "intermediate_size": .integer(sizes.innerSize),
            "hidden_act": .string(sizes.activation.configName), "layer_norm_eps": .single(sizes.normEpsilon),
            "use_parallel_residual": .bool(sizes.parallelResidual), "attention_bias": .bool(sizes.attentionBias),
            "rotary_pct": .number(turning), "rotary_emb_base": .single(sizes.rotary.base),
            "rope_parameters": sizes.rotary.json.setting("partial_rotary_factor", to: .number(turning)),
            "hidden_dropout": 0.0, "attention_dropout": 0.0,
            "tie_word_embeddings": .bool(sizes.tiedHead), "dtype": "float32",
            "bos_token_id": beginToken.map { .integer(Int($0)) } ?? .null,
            "eos_token_id": beginToken.map { .integer(Int($0)) } ?? .null,
        ]
    }
}
