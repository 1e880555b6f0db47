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
    /// Gemma 2.
    public static let gemma2 = ModelType("gemma2", title: "Gemma 2", architecture: "Gemma2ForCausalLM", Decoder.self)
    /// Gemma 3.
    public static let gemma3 = ModelType(
        "gemma3_text", title: "Gemma 3", architecture: "Gemma3ForCausalLM", Decoder.self)
    /// OLMo 2.
    public static let olmo2 = ModelType("olmo2", title: "OLMo 2", architecture: "Olmo2ForCausalLM", Decoder.self)

    /// Whether this is a Gemma, whose gains are 1 and more and whose embeddings are scaled.
    var isGemma: Bool { self == .gemma2 || self == .gemma3 }
}

/// The decoder line of Llama (Touvron et al. 2023), Mistral, Qwen 2 and 3, Gemma 2 (Gemma Team 2024, arXiv 2408.00118) and
/// 3, and OLMo 2 (OLMo Team 2025, arXiv 2501.00656): RMS norms, rotary positions, grouped queries, gated feed-forward
/// networks.
enum Decoder: TransformerFamily {
    static let types = [ModelType.llama, .mistral, .qwen2, .qwen3, .gemma2, .gemma3, .olmo2]
    static let keys = SizeKeys(
        keyValueHeadCount: "num_key_value_heads", headSize: "head_dim", normEpsilon: "rms_norm_eps", activation: nil)

    /// Sizes that transformers' configuration classes have where the file has none.
    static func spelled(_ config: JSONCursor, _ type: ModelType) throws -> JSONCursor {
        switch type {
        case .mistral:
            try config.refuseNull("num_key_value_heads")
            return config.completed(by: ["num_key_value_heads": 8])
        case .qwen2: return config.completed(by: ["num_key_value_heads": 32])
        case .qwen3:
            try config.refuseNull("head_dim")
            return config.completed(by: ["num_key_value_heads": 32, "head_dim": 128])
        case .gemma2, .gemma3:
            try config.refuseNull("num_key_value_heads", "head_dim")
            return config.completed(by: ["num_key_value_heads": 4, "head_dim": 256])
        default: return config
        }
    }

    static func prepare(_ sizes: inout ModelConfiguration) {
        let (type, isOLMo) = (sizes.type, sizes.type == .olmo2)
        sizes.rmsNorms = true
        sizes.normEpsilon = isOLMo ? 1e-5 : 1e-6
        sizes.tiedHead = type.isGemma
        sizes.attentionBias = type == .qwen2 ? .inputs : .none
        sizes.mlpBias = false
        sizes.activation = .silu
        sizes.setRotary(RotaryFrequencies(base: 10_000, headSize: sizes.headSize))
        sizes.headNorms = type == .qwen3 || type == .gemma3 || isOLMo
        sizes.headNormsSpanHeads = isOLMo
        sizes.postNorms = type.isGemma || isOLMo
        guard type.isGemma else { return }
        sizes.activation = .tanhGELU
        sizes.gainOffset = 1
        sizes.embeddingScale = Float(sizes.hiddenSize).squareRoot()
        guard type == .gemma2 else { return }
        (sizes.attentionCap, sizes.logitCap) = (50, 30)
        for i in sizes.layers.indices where i % 2 == 0 { sizes.layers[i].window = 4096 }
    }

    static func names(_ sizes: ModelConfiguration) -> TransformerNames {
        var names = TransformerNames(
            tokens: "model.embed_tokens", blocks: "model.layers.",
            block: [
                (.attentionNorm, "input_layernorm"), (.query, "self_attn.q_proj"), (.key, "self_attn.k_proj"),
                (.value, "self_attn.v_proj"), (.queryNorm, "self_attn.q_norm"), (.keyNorm, "self_attn.k_norm"),
                (.attentionOutput, "self_attn.o_proj"), (.attentionPostNorm, "post_attention_layernorm"),
                (.mlpNorm, sizes.postNorms ? "pre_feedforward_layernorm" : "post_attention_layernorm"),
                (.gate, "mlp.gate_proj"), (.mlpInput, "mlp.up_proj"), (.mlpOutput, "mlp.down_proj"),
                (.mlpPostNorm, "post_feedforward_layernorm"),
            ], finalNorm: "model.norm")
        if sizes.type == .olmo2 { names.block.removeAll { $0.part == .attentionNorm || $0.part == .mlpNorm } }
        return names
    }

    static func read(_ config: JSONCursor, into sizes: inout ModelConfiguration) throws {
        guard config.value["per_layer_config"] ?? .null == .null else {
            throw config.error("per_layer_config is set", remedy: "only layers of one size are supported")
        }
        guard sizes.headSize % 2 == 0 else {
            throw config.error("head_dim \(sizes.headSize) is odd", remedy: "rotary positions need an even one")
        }
        guard ![.llama, .gemma2].contains(sizes.type) || sizes.hiddenSize % sizes.headCount == 0 else {
            throw config.error(
                "num_attention_heads \(sizes.headCount) does not divide hidden_size \(sizes.hiddenSize)",
                remedy: "transformers wants that of \(sizes.type.title) even where head_dim is given")
        }
        sizes.activation = try config.activation(
            activationKey(sizes.type), usual: sizes.activation.configName)
        if sizes.type.isGemma { try readGemma(config, into: &sizes) }
        if sizes.type == .llama { sizes.mlpBias = try config.flag("mlp_bias", false) }
        // Mistral and Qwen 2 have no such key.
        if sizes.type != .mistral, sizes.type != .qwen2, try config.flag("attention_bias", false) {
            sizes.attentionBias = .all
        }
        sizes.layers = try layers(config, sizes)
        sizes.stretchContext()
    }

    private static func activationKey(_ type: ModelType) -> String { type.isGemma ? "hidden_activation" : "hidden_act" }

    private static func readGemma(_ config: JSONCursor, into sizes: inout ModelConfiguration) throws {
        if sizes.type == .gemma2 {
            sizes.attentionCap = try config.cap("attn_logit_softcapping", usual: sizes.attentionCap)
        } else if try config.flag("use_bidirectional_attention", false) {
            sizes.isCausal = false
        }
        sizes.logitCap = try config.cap("final_logit_softcapping", usual: sizes.logitCap)
        let scalar = try config.present("query_pre_attn_scalar") ?? JSONCursor(256, place: config.place)
        guard case .integer(let scalar) = scalar.value, scalar > 0 else {
            throw config.error(
                "query_pre_attn_scalar is \(scalar.value.compact)", remedy: "a whole number above 0 is wanted")
        }
        sizes.attentionScale = Float(1 / Double(scalar).squareRoot())
    }

    /// In the spelling of transformers 5 with the older keys beside it.
    static func ownConfig(_ sizes: ModelConfiguration, beginToken: JSON) -> JSON {
        let full = sizes.layers.first { $0.window == nil }?.rotary
        let local = sizes.layers.first { $0.window != nil }
        var config: JSON = [
            "dtype": "float32", "attention_bias": .bool(sizes.attentionBias == .all),
            "mlp_bias": .bool(sizes.mlpBias),
            activationKey(sizes.type): .string(sizes.activation.configName),
            "bos_token_id": beginToken,
        ]
        if let rotary = full ?? local?.rotary { config = config.setting(rotary.members) }
        if sizes.type.isGemma {
            let scalar = (1 / (sizes.attentionScale * sizes.attentionScale)).rounded()
            config = config.setting([
                "query_pre_attn_scalar": .integer(Int(scalar)),
                "attn_logit_softcapping": sizes.attentionCap.map { .single($0) } ?? .null,
                "final_logit_softcapping": sizes.logitCap.map { .single($0) } ?? .null,
            ])
        }
        if sizes.type == .gemma3 {
            config = config.setting([
                "rope_theta": .single(full?.base ?? 1e6), "rope_local_base_freq": .single(local?.rotary?.base ?? 1e4),
                "rope_parameters": [
                    "full_attention": full?.json ?? .null, "sliding_attention": local?.rotary?.json ?? .null,
                ],
            ])
        }
        if sizes.type == .mistral, Set(sizes.layers.map(\.window)).count == 1 {
            // The key `layer_types` would make it another model.
            config = config.setting("sliding_window", to: .null)
        } else {
            let kinds = sizes.layers.map { JSON.string($0.window == nil ? "full_attention" : "sliding_attention") }
            config = config.setting("layer_types", to: .array(kinds))
        }
        if let window = local?.window {
            // Without a causal mask transformers lets a token see as many more to either side.
            config = config.setting("sliding_window", to: .integer(sizes.isCausal ? window : window - 1))
        }
        if sizes.type == .qwen2 || sizes.type == .qwen3 {
            config = config.setting("use_sliding_window", to: .bool(local != nil))
        }
        return config
    }

    /// The network without its head is stored without `model.`. Old versions stored the frequencies as well.
    static func canonicalName(_ stored: String) -> String? {
        if stored.hasSuffix(".self_attn.rotary_emb.inv_freq") { return nil }
        let isBare = ["embed_tokens.", "layers.", "norm."].contains { stored.hasPrefix($0) }
        return isBare ? "model." + stored : stored
    }
}
