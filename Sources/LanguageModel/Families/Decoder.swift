import FileSupport

extension ModelType {
    /// Llama.
    public static let llama = ModelType("llama", title: "Llama", architecture: "LlamaForCausalLM", Decoder.self)
    /// Mistral.
    public static let mistral = ModelType(
        "mistral", title: "Mistral", architecture: "MistralForCausalLM", Decoder.self)
    /// Qwen 2.
    public static let qwen2 = ModelType("qwen2", title: "Qwen 2", architecture: "Qwen2ForCausalLM", Decoder.self)
    /// Qwen 3.
    public static let qwen3 = ModelType("qwen3", title: "Qwen 3", architecture: "Qwen3ForCausalLM", Decoder.self)
    /// Gemma 3.
    public static let gemma3 = ModelType(
        "gemma3_text", title: "Gemma 3", architecture: "Gemma3ForCausalLM", Decoder.self)
}

/// The decoder line of Llama (Touvron et al. 2023), Mistral, Qwen 2 and 3, and Gemma 3: RMS norms, rotary positions,
/// grouped queries, gated feed-forward networks.
enum Decoder: TransformerFamily {
    static let types = [ModelType.llama, .mistral, .qwen2, .qwen3, .gemma3]
    static let keys = SizeKeys(
        keyValueHeadCount: "num_key_value_heads", headSize: "head_dim", normEpsilon: "rms_norm_eps", activation: nil)

    static func prepare(_ sizes: inout ModelConfiguration) {
        sizes.rmsNorms = true
        sizes.normEpsilon = 1e-6
        sizes.tiedHead = sizes.type == .gemma3
        sizes.attentionBias = sizes.type == .qwen2 ? .inputs : .none
        sizes.mlpBias = false
        sizes.setRotary(RotaryFrequencies(base: 10_000, headSize: sizes.headSize))
        sizes.headNorms = sizes.type == .qwen3 || sizes.type == .gemma3
        guard sizes.type == .gemma3 else { return }
        sizes.gate = .gelu
        sizes.postNorms = true
        sizes.gainOffset = 1
        sizes.embeddingScale = Float(sizes.hiddenSize).squareRoot()
    }

    static func names(_ sizes: ModelConfiguration) -> TransformerNames {
        TransformerNames(
            tokens: "model.embed_tokens", blocks: "model.layers.",
            block: [
                (.attentionNorm, "input_layernorm"), (.query, "self_attn.q_proj"), (.key, "self_attn.k_proj"),
                (.value, "self_attn.v_proj"), (.queryNorm, "self_attn.q_norm"), (.keyNorm, "self_attn.k_norm"),
                (.attentionOutput, "self_attn.o_proj"), (.attentionPostNorm, "post_attention_layernorm"),
                (.mlpNorm, sizes.postNorms ? "pre_feedforward_layernorm" : "post_attention_layernorm"),
                (.gate, "mlp.gate_proj"), (.mlpInput, "mlp.up_proj"), (.mlpOutput, "mlp.down_proj"),
                (.mlpPostNorm, "post_feedforward_layernorm"),
            ], finalNorm: "model.norm")
    }

    static func read(_ config: JSONCursor, into sizes: inout ModelConfiguration) throws {
        for key in ["mlp_bias", "use_bidirectional_attention"] { try config.refuse(key, unless: false) }
        for key in ["attn_logit_softcapping", "final_logit_softcapping"] { try config.refuse(key) }
        guard sizes.headSize % 2 == 0 else {
            throw config.error("head_dim \(sizes.headSize) is odd", remedy: "rotary positions need an even one")
        }
        if sizes.type == .gemma3 {
            sizes.gate = try config.gate("hidden_activation", usual: "gelu_pytorch_tanh")
            let scalar = try config.optional("query_pre_attn_scalar")?.double() ?? 256
            sizes.attentionScale = Float(1 / scalar.squareRoot())
        } else {
            sizes.gate = try config.gate("hidden_act", usual: "silu")
        }
        if sizes.type == .llama || sizes.type == .qwen3, try config.flag("attention_bias", false) {
            sizes.attentionBias = .all
        }
        sizes.layers = try layers(config, sizes)
    }

    /// In the spelling of transformers 5 with the older keys beside it.
    static func ownConfig(_ sizes: ModelConfiguration, beginToken: JSON) -> JSON {
        let isGemma = sizes.type == .gemma3
        let full = sizes.layers.first { $0.window == nil }?.rotary
        let local = sizes.layers.first { $0.window != nil }
        var config: JSON = [
            "dtype": "float32", "attention_bias": .bool(sizes.attentionBias == .all),
            (isGemma ? "hidden_activation" : "hidden_act"): sizes.gate == .silu ? "silu" : "gelu_pytorch_tanh",
            "bos_token_id": beginToken,
            "layer_types": .array(sizes.layers.map { $0.window == nil ? "full_attention" : "sliding_attention" }),
        ]
        if isGemma {
            let scalar = (1 / (sizes.attentionScale * sizes.attentionScale)).rounded()
            config = config.setting([
                "query_pre_attn_scalar": .integer(Int(scalar)), "rope_theta": .single(full?.base ?? 1e6),
                "rope_local_base_freq": .single(local?.rotary?.base ?? 1e4),
                "rope_parameters": [
                    "full_attention": full?.json ?? .null, "sliding_attention": local?.rotary?.json ?? .null,
                ],
            ])
        } else if let rotary = full ?? local?.rotary {
            config = config.setting(["rope_theta": .single(rotary.base), "rope_parameters": rotary.json])
        }
        if let window = local?.window { config = config.setting("sliding_window", to: .integer(window)) }
        return config
    }

    private static func layers(
        _ config: JSONCursor, _ sizes: ModelConfiguration
    ) throws -> [ModelConfiguration.Layer] {
        let (headSize, isGemma) = (sizes.headSize, sizes.type == .gemma3)
        let slides = try sliding(config, sizes.type, sizes.layerCount)
        let window = try slides.contains(true) ? config.size("sliding_window") : nil
        let full = try config.rotary("full_attention", headSize: headSize, usualBase: isGemma ? 1e6 : 1e4)
        let local =
            try isGemma && window != nil
            ? config.rotary(
                "sliding_attention", headSize: headSize, baseKey: "rope_local_base_freq", usualBase: 1e4) : full
        return slides.map { ModelConfiguration.Layer(window: $0 ? window : nil, rotary: $0 ? local : full) }
    }

    /// Which blocks see a window alone: named by `layer_types`, else by the family's rule.
    private static func sliding(_ config: JSONCursor, _ type: ModelType, _ count: Int) throws -> [Bool] {
        if let listed = try config.slidingLayers(count) { return listed }
        switch type {
        case .gemma3:
            let pattern =
                try config.optional("sliding_window_pattern")?.int()
                ?? config.optional("_sliding_window_pattern")?.int() ?? 6
            guard pattern > 0 else { throw config.error("sliding_window_pattern is \(pattern)", remedy: "6 is usual") }
            return (1...count).map { $0 % pattern != 0 }
        case .mistral:
            return Array(repeating: try config.optional("sliding_window") != nil, count: count)
        case .qwen2, .qwen3:
            let slides = try config.flag("use_sliding_window", false)
            let first = try config.optional("max_window_layers")?.int() ?? count
            return (0..<count).map { slides && $0 >= first }
        default: return Array(repeating: false, count: count)
        }
    }
}
