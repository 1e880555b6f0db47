import FileSupport

extension ModelType {
    /// GPT-NeoX and Pythia.
    public static let gptNeoX = ModelType(
        "gpt_neox", title: "GPT-NeoX", architecture: "GPTNeoXForCausalLM", GPTNeoX.self)
}

/// GPT-NeoX (Black et al. 2022), as in Hugging Face's `GPTNeoXForCausalLM`, the family of Pythia: layer norms, rotary
/// positions on a part of each head, and attention and feed-forward network side by side.
enum GPTNeoX: TransformerFamily {
    static let types = [ModelType.gptNeoX]
    static let keys = SizeKeys()

    static func prepare(_ sizes: inout ModelConfiguration) {
        sizes.tiedHead = false
        sizes.parallelResidual = true
        sizes.setRotary(RotaryFrequencies(base: 10_000, headSize: sizes.headSize / 8 * 2))
    }

    static func names(_ sizes: ModelConfiguration) -> TransformerNames {
        TransformerNames(
            tokens: "gpt_neox.embed_in", blocks: "gpt_neox.layers.",
            block: [
                (.attentionNorm, "input_layernorm"), (.queryKeyValue, "attention.query_key_value"),
                (.attentionOutput, "attention.dense"), (.mlpNorm, "post_attention_layernorm"),
                (.mlpInput, "mlp.dense_h_to_4h"), (.mlpOutput, "mlp.dense_4h_to_h"),
            ], finalNorm: "gpt_neox.final_layer_norm", head: "embed_out", packing: .byHead)
    }

    static func read(_ config: JSONCursor, into sizes: inout ModelConfiguration) throws {
        sizes.parallelResidual = try config.flag("use_parallel_residual", true)
        sizes.attentionBias = try config.flag("attention_bias", true) ? .all : .none
        sizes.setRotary(try rotary(config, headSize: sizes.headSize))
    }

    /// From `rope_parameters`, or `rotary_pct`, `rotary_emb_base` and `rope_scaling` as files before transformers 5
    /// spell them.
    private static func rotary(_ config: JSONCursor, headSize: Int) throws -> RotaryFrequencies {
        let parameters = try config.optional("rope_parameters")
        let base =
            try parameters?.optional("rope_theta")?.double() ?? config.optional("rotary_emb_base")?.double() ?? 10_000
        let share =
            try parameters?.optional("partial_rotary_factor")?.double() ?? config.optional("rotary_pct")?.double()
            ?? 0.25
        let turning = 0...1 ~= share ? Int(Double(headSize) * share) : 0
        guard turning > 0, turning % 2 == 0 else {
            throw config.error(
                "rotary_pct \(share) of a head of \(headSize) is \(turning) values",
                remedy: "rotary positions need an even number of them")
        }
        guard base > 0, base.isFinite else {
            throw config.error("rotary_emb_base is \(base)", remedy: "10000 is usual")
        }
        let scaling = try (parameters ?? config.optional("rope_scaling"))?.rotaryScaling()
        return RotaryFrequencies(base: Float(base), headSize: turning, scaling: scaling ?? .none)
    }

    /// In the spelling of transformers 5 with the older keys beside it.
    static func ownConfig(_ sizes: ModelConfiguration, beginToken: JSON) -> JSON {
        var config: JSON = [
            "use_parallel_residual": .bool(sizes.parallelResidual),
            "attention_bias": .bool(sizes.attentionBias == .all), "hidden_dropout": 0.0, "attention_dropout": 0.0,
            "dtype": "float32", "bos_token_id": beginToken, "eos_token_id": beginToken,
        ]
        if let rotary = sizes.layers.first?.rotary {
            let turning = JSON.number(Double(2 * rotary.values.count) / Double(sizes.headSize))
            config = config.setting([
                "rotary_pct": turning, "rotary_emb_base": .single(rotary.base),
                "rope_parameters": rotary.json.setting("partial_rotary_factor", to: turning),
            ])
        }
        return config
    }

    /// The network without its head is stored without `gpt_neox.`, and transformers 5 calls the head `lm_head` in
    /// memory. Old versions stored the causal mask, its filler and the frequencies as well.
    static func canonicalName(_ stored: String) -> String? {
        if stored.hasPrefix("lm_head.") { return "embed_out." + stored.dropFirst("lm_head.".count) }
        if stored.hasPrefix("embed_out.") { return stored }
        let name = stored.hasPrefix("gpt_neox.") ? stored : "gpt_neox." + stored
        let isBuffer =
            name.hasPrefix("gpt_neox.layers.")
            && [".attention.bias", ".attention.masked_bias", ".attention.rotary_emb.inv_freq"].contains {
                name.hasSuffix($0)
            }
        return isBuffer ? nil : name
    }
}
