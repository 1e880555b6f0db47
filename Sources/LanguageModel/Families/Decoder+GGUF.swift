import FileSupport

// The decoder line as llama.cpp stores it.
extension Decoder: GGUFFamily {
    static let architectures: [String: ModelType] = [
        "llama": .llama, "qwen2": .qwen2, "qwen3": .qwen3, "gemma2": .gemma2, "gemma3": .gemma3, "olmo2": .olmo2,
    ]

    static func configuration(_ metadata: GGUFMetadata, _ type: ModelType) throws -> ModelConfiguration {
        var sizes = try metadata.decoderSizes(type)
        try readCaps(metadata, into: &sizes)
        let hasBias = metadata.holds("blk.0.attn_q.bias")
        sizes.attentionBias = !hasBias ? .none : metadata.holds("blk.0.attn_output.bias") ? .all : .inputs
        sizes.headNorms = metadata.holds("blk.0.attn_q_norm.weight")
        sizes.layers = try layers(metadata, sizes)
        return sizes
    }

    /// A key that another architecture has belongs to a model that is not this one.
    private static func readCaps(_ metadata: GGUFMetadata, into sizes: inout ModelConfiguration) throws {
        func cap(_ key: String, _ usual: Float?, isRead: Bool) throws -> Float? {
            guard let cap = metadata[key]?.number else { return usual }
            guard isRead, cap > 0 else {
                throw metadata.error(
                    "\(metadata.architecture).\(key) is \(cap)", remedy: "only models without it are supported")
            }
            return Float(cap)
        }
        let isGemma2 = sizes.type == .gemma2
        sizes.attentionCap = try cap("attn_logit_softcapping", sizes.attentionCap, isRead: isGemma2)
        sizes.logitCap = try cap("final_logit_softcapping", sizes.logitCap, isRead: sizes.type.isGemma)
        // llama.cpp's constant: the 27B model alone divides by the width of a head as C / H gives it.
        if isGemma2, sizes.layerCount == 46 {
            sizes.attentionScale = 1 / Float(sizes.hiddenSize / sizes.headCount).squareRoot()
        }
    }

    private static func layers(
        _ metadata: GGUFMetadata, _ sizes: ModelConfiguration
    ) throws -> [ModelConfiguration.Layer] {
        let full = ModelConfiguration.Layer(
            rotary: try metadata.rotary(sizes, turning: sizes.headSize, hasFactors: sizes.type == .llama))
        let window = try metadata.optionalSize("attention.sliding_window")
        // What is not in the metadata are llama.cpp's constants for the architecture.
        switch (sizes.type, window) {
        case (.gemma2, _):
            let local = ModelConfiguration.Layer(window: window ?? 4096, rotary: full.rotary)
            return (0..<sizes.layerCount).map { $0 % 2 == 0 ? local : full }
        case (.gemma3, let window?):
            let local = ModelConfiguration.Layer(
                window: window, rotary: RotaryFrequencies(base: 10_000, headSize: sizes.headSize))
            return (1...sizes.layerCount).map { $0 % 6 == 0 ? full : local }
        case (.olmo2, .some):
            throw metadata.error(
                "olmo2.attention.sliding_window is set", remedy: "this is OLMo 3, and OLMo 2 is supported")
        default: return Array(repeating: full, count: sizes.layerCount)
        }
    }

    static func storedName(_ name: String, _ sizes: ModelConfiguration) -> String {
        switch name {
        case "model.embed_tokens.weight": return "token_embd.weight"
        case "model.norm.weight": return "output_norm.weight"
        case "lm_head.weight": return "output.weight"
        default: break
        }
        // model.layers.3.self_attn.q_proj.weight
        let words = name.split(separator: ".")
        let short = [
            "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
            "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm",
            "self_attn.k_norm": "attn_k_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
            "mlp.down_proj": "ffn_down", "self_attn.qkv_proj": "attn_qkv", "mlp.gate_up_proj": "ffn_up",
            "pre_feedforward_layernorm": "ffn_norm",
            "post_attention_layernorm": sizes.postNorms ? "post_attention_norm" : "ffn_norm",
            "post_feedforward_layernorm": "post_ffw_norm",
        ]
        guard let found = short[words[3..<words.count - 1].joined(separator: ".")] else {
            preconditionFailure("no GGUF name for \(name)")
        }
        return "blk.\(words[2]).\(found).\(words[words.count - 1])"
    }

    /// llama.cpp adds Gemma's offset to the gains, and stores the rows of Llama's queries and keys such that the two
    /// halves of a head alternate; here one half stands after the other.
    static func restore(
        _ values: UnsafeMutableBufferPointer<Float>, of tensor: ParameterInfo, _ sizes: ModelConfiguration
    ) {
        if tensor.module == .norms, sizes.gainOffset != 0 {
            for i in values.indices { values[i] -= sizes.gainOffset }
        }
        guard sizes.type == .llama else { return }
        let isQuery = tensor.name.contains("q_proj")
        guard isQuery || tensor.name.contains("k_proj") else { return }
        let (heads, headSize) = (isQuery ? sizes.headCount : sizes.keyValueHeadCount, sizes.headSize)
        let columns = values.count / (heads * headSize)
        let copy = Array(values)
        for head in 0..<heads {
            for i in 0..<headSize {
                let (half, pair) = i.quotientAndRemainder(dividingBy: headSize / 2)
                let source = (head * headSize + 2 * pair + half) * columns
                let target = (head * headSize + i) * columns
                for c in 0..<columns { values[target + c] = copy[source + c] }
            }
        }
    }
}

extension GGUFMetadata {
    /// Sizes of a network of the decoder line, in the keys that llama.cpp has for all of them.
    func decoderSizes(_ type: ModelType) throws -> ModelConfiguration {
        let (width, heads) = (try size("embedding_length"), try size("attention.head_count"))
        let keyHeads = try optionalSize("attention.head_count_kv") ?? heads
        let headSize = try optionalSize("attention.key_length") ?? width / heads
        guard heads % keyHeads == 0, headSize % 2 == 0,
            try optionalSize("attention.value_length") ?? headSize == headSize
        else { throw error("\(heads) heads, \(keyHeads) of keys, \(headSize) wide", remedy: GGUFCursor.again) }
        guard let embedding = file.tensors.first(where: { $0.name == "token_embd.weight" }) else {
            throw error("the tensor token_embd.weight is missing", remedy: GGUFCursor.again)
        }
        var sizes = ModelConfiguration(
            type, vocabularySize: embedding.shape[0], contextLength: try size("context_length"), hiddenSize: width,
            layerCount: try size("block_count"), headCount: heads, keyValueHeadCount: keyHeads, headSize: headSize,
            innerSize: try size("feed_forward_length"))
        sizes.normEpsilon = number("attention.layer_norm_rms_epsilon", 1e-6)
        sizes.tiedHead = !holds("output.weight")
        return sizes
    }

    /// Rotary frequencies of the first `turning` values of a head.
    ///
    /// - Parameter hasFactors: whether llama.cpp knows the architecture with factors of frequencies.
    func rotary(
        _ sizes: ModelConfiguration, turning: Int, hasFactors: Bool = false
    ) throws -> RotaryFrequencies {
        RotaryFrequencies(
            base: number("rope.freq_base", 10_000), headSize: turning,
            scaling: try rotaryScaling(size: turning, context: sizes.contextLength, hasFactors: hasFactors))
    }
}
