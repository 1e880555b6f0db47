import FileSupport

extension ModelType {
    /// Phi-3.
    public static let phi3 = ModelType("phi3", title: "Phi-3", architecture: "Phi3ForCausalLM", Phi3.self)
}

/// Phi-3 (Abdin et al. 2024, arXiv 2404.14219), as in Hugging Face's `Phi3ForCausalLM`: Llama's network with queries, keys and
/// values in one matrix, and gate and input of the feed-forward network in another.
enum Phi3: TransformerFamily {
    static let types = [ModelType.phi3]
    static let keys = SizeKeys(
        keyValueHeadCount: "num_key_value_heads", headSize: "head_dim", normEpsilon: "rms_norm_eps")

    static func prepare(_ sizes: inout ModelConfiguration) {
        sizes.rmsNorms = true
        sizes.tiedHead = false
        sizes.attentionBias = .none
        sizes.mlpBias = false
        sizes.activation = .silu
        sizes.setRotary(RotaryFrequencies(base: 10_000, headSize: sizes.headSize))
    }

    static func names(_ sizes: ModelConfiguration) -> TransformerNames {
        TransformerNames(
            tokens: "model.embed_tokens", blocks: "model.layers.",
            block: [
                (.attentionNorm, "input_layernorm"), (.queryKeyValue, "self_attn.qkv_proj"),
                (.attentionOutput, "self_attn.o_proj"), (.mlpNorm, "post_attention_layernorm"),
                (.gateAndInput, "mlp.gate_up_proj"), (.mlpOutput, "mlp.down_proj"),
            ], finalNorm: "model.norm")
    }

    static func spelled(_ config: JSONCursor, _ type: ModelType) throws -> JSONCursor {
        try config.refuseNull("original_max_position_embeddings")
        return config.completed(by: ["original_max_position_embeddings": 4096])
    }

    static func read(_ config: JSONCursor, into sizes: inout ModelConfiguration) throws {
        // Without a causal mask the token at either end is seen too.
        let window = try config.optionalSize("sliding_window").map { sizes.isCausal ? $0 : $0 + 1 }
        let rotary = try rotary(config, sizes)
        sizes.layers = sizes.layers.map { _ in ModelConfiguration.Layer(window: window, rotary: rotary) }
    }

    private static func rotary(_ config: JSONCursor, _ sizes: ModelConfiguration) throws -> RotaryFrequencies? {
        var (config, keys) = (config, try RotaryKeys(config))
        let turning = try keys.turning(of: sizes.headSize, root: "partial_rotary_factor", usual: 1)
        switch try keys.type {
        case "default", "longrope": break
        case "yarn", "su":
            // The first files called LongRoPE so. Of `su` the set's own context is read, not the root's.
            guard let set = keys.set else { break }
            let key = "original_max_position_embeddings"
            if try keys.type == "su" { config = config.setting(key, to: .integer(try set.size(key))) }
            keys = RotaryKeys(config, set: set.setting("rope_type", to: "longrope"))
        case let other:
            throw config.error("rotary positions of type \(other)", remedy: "Phi-3 has default and longrope")
        }
        if turning == 0 { return nil }
        return try keys.frequencies(size: turning, contextLength: sizes.contextLength, isPart: true)
    }

    /// In the spelling of transformers 5 with the older keys beside it.
    static func ownConfig(_ sizes: ModelConfiguration, beginToken: JSON) -> JSON {
        let (window, rotary) = (sizes.layers.first?.window, sizes.layers.first?.rotary)
        var original = sizes.contextLength
        if case .longRope(let rope) = rotary?.scaling { original = rope.original }
        let turning = JSON.number(Double(rotary?.size ?? 0) / Double(sizes.headSize))
        let config: JSON = [
            "dtype": "float32",
            "sliding_window": window.map { .integer(sizes.isCausal ? $0 : $0 - 1) } ?? .null,
            "original_max_position_embeddings": .integer(original), "partial_rotary_factor": turning,
            "bos_token_id": beginToken, "pad_token_id": .null, "attention_dropout": 0.0, "embd_pdrop": 0.0,
            "resid_pdrop": 0.0,
        ]
        guard let rotary else { return config }
        return config.setting(rotary.members).setting(
            "rope_parameters", to: rotary.json.setting("partial_rotary_factor", to: turning))
    }
}

// As llama.cpp stores it.
extension Phi3: GGUFFamily {
    static let architectures: [String: ModelType] = ["phi3": .phi3]
    static let rotaryFactors = ["rope_factors_short.weight", "rope_factors_long.weight"]

    static func configuration(_ metadata: GGUFMetadata, _ type: ModelType) throws -> ModelConfiguration {
        var sizes = try metadata.sizes(type)
        let turning = try metadata.optionalSize("rope.dimension_count") ?? sizes.headSize
        var rotary = try metadata.rotary(sizes, turning: turning)
        let factors = try rotaryFactors.compactMap { try metadata.factors($0, size: turning) }
        if factors.count == 2 {
            let rope = RotaryFrequencies.LongRoPE(
                short: factors[0], long: factors[1],
                original: try metadata.size("rope.scaling.original_context_length"),
                amplitude: metadata.number("rope.scaling.attn_factor", 1))
            rotary = RotaryFrequencies(base: rotary.base, headSize: turning, scaling: .longRope(rope))
        }
        // 0 stands for none.
        let window = metadata["attention.sliding_window"]?.integer ?? 0
        let layer = ModelConfiguration.Layer(window: window > 0 ? window : nil, rotary: rotary)
        sizes.layers = Array(repeating: layer, count: sizes.layerCount)
        return sizes
    }
}
