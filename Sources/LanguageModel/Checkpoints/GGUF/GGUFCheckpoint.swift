import FileSupport

/// The decoder line as llama.cpp stores it: sizes in the metadata, short names, some tensors changed on the way in.
enum GGUFCheckpoint {
    /// Reads the model of a file, every weight in single precision.
    ///
    /// - Parameter sizes: the file's own, see ``configuration(_:)``.
    /// - Throws: ``InputError`` for a missing or foreign tensor, or one of another shape.
    static func model(_ file: GGUF, _ sizes: DecoderConfiguration) throws -> TransformerModel {
        let model = TransformerModel(zeroed: sizes)
        var found = Dictionary(uniqueKeysWithValues: file.tensors.map { ($0.name, $0) })
        for tensor in model.layout.tensors {
            let name = stored(tensor.name, sizes)
            guard let source = found.removeValue(forKey: name) else {
                throw InputError("the tensor \(name) is missing", at: file.path, remedy: GGUFCursor.again)
            }
            guard source.shape == tensor.shape else {
                throw InputError(
                    "the tensor \(name) has shape \(source.shape), and the metadata asks for \(tensor.shape)",
                    at: file.path, remedy: GGUFCursor.again)
            }
            let values = model.tensor(tensor)
            try file.read(source, into: values)
            if tensor.module == .norms, sizes.gainOffset != 0 {
                for i in values.indices { values[i] -= sizes.gainOffset }
            }
            if sizes.family == .llama, tensor.name.contains("q_proj") || tensor.name.contains("k_proj") {
                let heads = tensor.name.contains("q_proj") ? sizes.headCount : sizes.keyValueHeadCount
                unpermute(values, heads: heads, headSize: sizes.headSize)
            }
        }
        if let foreign = found.keys.min() {
            throw InputError(
                "the tensor \(foreign) is not part of \(sizes.family.title)", at: file.path,
                remedy: "take a file of a plain language model")
        }
        return model
    }

    /// Reads sizes and choices from the metadata.
    static func configuration(_ file: GGUF) throws -> DecoderConfiguration {
        let name = file["general.architecture"]?.string ?? "none"
        let families: [String: DecoderConfiguration.Family] = [
            "llama": .llama, "qwen2": .qwen2, "qwen3": .qwen3, "gemma3": .gemma3,
        ]
        guard let family = families[name] else {
            throw InputError(
                "the architecture is \(name)", at: file.path,
                remedy: "the supported ones are \(families.keys.sorted().joined(separator: ", "))")
        }
        func optional(_ key: String) throws -> Int? {
            guard let value = file[name + "." + key] else { return nil }
            guard let number = value.integer, 1...(1 << 30) ~= number else {
                throw InputError("\(name).\(key) is \(value)", at: file.path, remedy: "a positive size is wanted")
            }
            return number
        }
        func size(_ key: String) throws -> Int {
            guard let value = try optional(key) else {
                throw InputError("the key \(name).\(key) is missing", at: file.path, remedy: GGUFCursor.again)
            }
            return value
        }
        for key in ["attn_logit_softcapping", "final_logit_softcapping"] where file[name + "." + key] != nil {
            throw InputError("\(name).\(key) is set", at: file.path, remedy: "only models without it are supported")
        }
        let (width, heads) = (try size("embedding_length"), try size("attention.head_count"))
        let keyHeads = try optional("attention.head_count_kv") ?? heads
        let headSize = try optional("attention.key_length") ?? width / heads
        guard heads % keyHeads == 0, headSize % 2 == 0, try optional("attention.value_length") ?? headSize == headSize
        else {
            throw InputError(
                "\(heads) heads, \(keyHeads) of keys, \(headSize) wide", at: file.path, remedy: GGUFCursor.again)
        }
        guard let embedding = file.tensors.first(where: { $0.name == "token_embd.weight" }) else {
            throw InputError("the tensor token_embd.weight is missing", at: file.path, remedy: GGUFCursor.again)
        }
        let isGemma = family == .gemma3
        var sizes = DecoderConfiguration(
            family: family, vocabularySize: embedding.shape[0], contextLength: try size("context_length"),
            hiddenSize: width, headCount: heads, keyValueHeadCount: keyHeads, headSize: headSize,
            innerSize: try size("feed_forward_length"),
            normEpsilon: Float(file[name + ".attention.layer_norm_rms_epsilon"]?.number ?? 1e-6),
            tiedHead: !file.tensors.contains { $0.name == "output.weight" }, activation: isGemma ? .gelu : .silu,
            layers: try layers(file, name, family, count: size("block_count"), headSize: headSize))
        if file.tensors.contains(where: { $0.name == "blk.0.attn_q.bias" }) {
            let hasOutput = file.tensors.contains { $0.name == "blk.0.attn_output.bias" }
            sizes.attentionBias = hasOutput ? .all : .inputs
        }
        sizes.headNorms = file.tensors.contains { $0.name == "blk.0.attn_q_norm.weight" }
        if isGemma {
            sizes.postNorms = true
            sizes.gainOffset = 1
            sizes.embeddingScale = Float(width).squareRoot()
        }
        return sizes
    }

    private static func layers(
        _ file: GGUF, _ name: String, _ family: DecoderConfiguration.Family, count: Int, headSize: Int
    ) throws -> [DecoderConfiguration.Layer] {
        let base = Float(file[name + ".rope.freq_base"]?.number ?? 10_000)
        let scaling: RotaryFrequencies.Scaling
        switch file[name + ".rope.scaling.type"]?.string ?? "none" {
        case "none": scaling = .none
        case "linear": scaling = .linear(factor: Float(file[name + ".rope.scaling.factor"]?.number ?? 1))
        case let other:
            throw InputError(
                "\(name).rope.scaling.type is \(other)", at: file.path, remedy: "none and linear are supported")
        }
        guard !file.tensors.contains(where: { $0.name == "rope_freqs.weight" }) else {
            throw InputError(
                "frequencies of their own in rope_freqs.weight", at: file.path,
                remedy: "take the model as a Hugging Face folder")
        }
        let full = DecoderConfiguration.Layer(
            rotary: RotaryFrequencies(base: base, headSize: headSize, scaling: scaling))
        guard family == .gemma3, let window = file[name + ".attention.sliding_window"]?.integer else {
            return Array(repeating: full, count: count)
        }
        // The pattern and the base of sliding layers are llama.cpp's constants for this architecture.
        let local = DecoderConfiguration.Layer(
            window: window, rotary: RotaryFrequencies(base: 10_000, headSize: headSize))
        return (1...count).map { $0 % 6 == 0 ? full : local }
    }

    /// The name in the file of a tensor of the layout.
    private static func stored(_ name: String, _ sizes: DecoderConfiguration) -> String {
        switch name {
        case "model.embed_tokens.weight": return "token_embd.weight"
        case "model.norm.weight": return "output_norm.weight"
        case "lm_head.weight": return "output.weight"
        default: break
        }
        let parts = name.split(separator: ".", maxSplits: 3).map(String.init)
        let short = [
            "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
            "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm",
            "self_attn.k_norm": "attn_k_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
            "mlp.down_proj": "ffn_down", "pre_feedforward_layernorm": "ffn_norm",
            "post_attention_layernorm": sizes.postNorms ? "post_attention_norm" : "ffn_norm",
            "post_feedforward_layernorm": "post_ffw_norm",
        ]
        let (stem, kind) = parts[3].splitAtLastDot
        guard let found = short[stem] else { preconditionFailure("no GGUF name for \(name)") }
        return "blk.\(parts[2]).\(found).\(kind)"
    }

    /// llama.cpp stores the rows of Llama's queries and keys such that the two halves of a head alternate; here they
    /// stand one behind the other.
    private static func unpermute(_ values: UnsafeMutableBufferPointer<Float>, heads: Int, headSize: Int) {
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

extension String {
    /// What stands before and behind the last dot.
    fileprivate var splitAtLastDot: (String, String) {
        guard let dot = lastIndex(of: ".") else { return (self, "") }
        return (String(self[..<dot]), String(self[index(after: dot)...]))
    }
}
