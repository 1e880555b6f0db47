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
        sizes.setRotary(try rotary(config, sizes))
        sizes.stretchContext()
    }

    /// The part of a head that turns; what the set of rotary keys lacks stands in `rotary_pct` and `rotary_emb_base`.
    private static func rotary(_ config: JSONCursor, _ sizes: ModelConfiguration) throws -> RotaryFrequencies? {
        let keys = try RotaryKeys(config)
        let turning = try keys.turning(of: sizes.headSize, root: "rotary_pct", usual: 0.25)
        if turning == 0 { return nil }
        let rotary = try keys.frequencies(
            size: turning, contextLength: sizes.contextLength, baseKey: "rotary_emb_base", isPart: true)
        if case .proportional = rotary.scaling {
            throw config.error(
                "proportional rotary positions", remedy: "no GPT-NeoX has them; correct config.json")
        }
        return rotary
    }

    /// In the spelling of transformers 5 with the older keys beside it.
    static func ownConfig(_ sizes: ModelConfiguration, beginToken: JSON) -> JSON {
        var config: JSON = [
            "use_parallel_residual": .bool(sizes.parallelResidual),
            "attention_bias": .bool(sizes.attentionBias == .all), "hidden_dropout": 0.0, "attention_dropout": 0.0,
            "dtype": "float32", "bos_token_id": beginToken, "eos_token_id": beginToken,
        ]
        guard let rotary = sizes.layers.first?.rotary else { return config.setting("rotary_pct", to: 0) }
        if case .dynamic(_, let context) = rotary.scaling {
            config = config.setting("max_position_embeddings", to: .integer(context))
        }
        let turning = JSON.number(Double(rotary.size) / Double(sizes.headSize))
        return config.setting([
            "rotary_pct": turning, "rotary_emb_base": .single(rotary.base),
            "rope_parameters": rotary.json.setting("partial_rotary_factor", to: turning),
        ])
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
