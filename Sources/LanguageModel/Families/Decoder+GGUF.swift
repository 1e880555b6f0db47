import FileSupport

// The decoder line as llama.cpp stores it.
extension Decoder: GGUFFamily {
    static let architectures: [String: ModelType] = [
        "llama": .llama, "qwen2": .qwen2, "qwen3": .qwen3, "gemma3": .gemma3,
    ]

    static func configuration(_ metadata: GGUFMetadata, _ type: ModelType) throws -> ModelConfiguration {
        for key in ["attn_logit_softcapping", "final_logit_softcapping"] where metadata[key] != nil {
            throw metadata.error(
                "\(metadata.architecture).\(key) is set", remedy: "only models without it are supported")
        }
        let (width, heads) = (try metadata.size("embedding_length"), try metadata.size("attention.head_count"))
        let keyHeads = try metadata.optionalSize("attention.head_count_kv") ?? heads
        let headSize = try metadata.optionalSize("attention.key_length") ?? width / heads
        guard heads % keyHeads == 0, headSize % 2 == 0,
            try metadata.optionalSize("attention.value_length") ?? headSize == headSize
        else {
            throw metadata.error(
                "\(heads) heads, \(keyHeads) of keys, \(headSize) wide", remedy: GGUFCursor.again)
        }
        guard let embedding = metadata.file.tensors.first(where: { $0.name == "token_embd.weight" }) else {
            throw metadata.error("the tensor token_embd.weight is missing", remedy: GGUFCursor.again)
        }
        var sizes = ModelConfiguration(
            type, vocabularySize: embedding.shape[0], contextLength: try metadata.size("context_length"),
            hiddenSize: width, layerCount: try metadata.size("block_count"), headCount: heads,
            keyValueHeadCount: keyHeads, headSize: headSize, innerSize: try metadata.size("feed_forward_length"))
        sizes.normEpsilon = metadata.number("attention.layer_norm_rms_epsilon", 1e-6)
        sizes.tiedHead = !metadata.holds("output.weight")
        let hasBias = metadata.holds("blk.0.attn_q.bias")
        sizes.attentionBias = !hasBias ? .none : metadata.holds("blk.0.attn_output.bias") ? .all : .inputs
        sizes.headNorms = metadata.holds("blk.0.attn_q_norm.weight")
        sizes.layers = try layers(metadata, sizes)
        return sizes
    }

    private static func layers(
        _ metadata: GGUFMetadata, _ sizes: ModelConfiguration
    ) throws -> [ModelConfiguration.Layer] {
        let scaling = try metadata.rotaryScaling(
            size: sizes.headSize, context: sizes.contextLength, hasFactors: sizes.type == .llama)
        let full = ModelConfiguration.Layer(
            rotary: RotaryFrequencies(
                base: metadata.number("rope.freq_base", 10_000), headSize: sizes.headSize, scaling: scaling))
        guard sizes.type == .gemma3, let window = metadata["attention.sliding_window"]?.integer else {
            return Array(repeating: full, count: sizes.layerCount)
        }
        // The pattern and the base of sliding layers are llama.cpp's constants for this architecture.
        let local = ModelConfiguration.Layer(
            window: window, rotary: RotaryFrequencies(base: 10_000, headSize: sizes.headSize))
        return (1...sizes.layerCount).map { $0 % 6 == 0 ? full : local }
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
            "mlp.down_proj": "ffn_down", "pre_feedforward_layernorm": "ffn_norm",
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
