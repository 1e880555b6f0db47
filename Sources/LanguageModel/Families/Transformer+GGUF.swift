import FileSupport

// What llama.cpp stores alike for all of its architectures.
extension GGUFFamily where Self: TransformerFamily {
    /// llama.cpp's words for the parts: `blk.3.attn_q.weight`, `output_norm.weight`.
    static func storedName(_ name: String, _ sizes: ModelConfiguration) -> String {
        let names = names(sizes)
        let words = name.split(separator: ".")
        let (stem, kind) = (words.dropLast().joined(separator: "."), words.last ?? "")
        if stem.hasPrefix(names.blocks) {
            let inside = stem.dropFirst(names.blocks.count)
            let number = inside.prefix { $0 != "." }
            // A name may stand for one part in some sizes and for another in others.
            let part = names.block.first {
                $0.name == inside.dropFirst(number.count + 1) && sizes.form(of: $0.part) != nil
            }
            if let part { return "blk.\(number).\(part.part.storedName).\(kind)" }
        }
        let others = [
            (names.tokens, "token_embd"), (names.positions, "position_embd"), (names.embeddingNorm, "token_embd_norm"),
            (names.finalNorm, "output_norm"), (names.head, "output"),
        ]
        guard let found = others.first(where: { $0.0 == stem }) else { preconditionFailure("no GGUF name for \(name)") }
        return "\(found.1).\(kind)"
    }
}

extension BlockPart {
    fileprivate var storedName: String {
        switch self {
        case .attentionNorm: "attn_norm"
        case .query: "attn_q"
        case .key: "attn_k"
        case .value: "attn_v"
        case .queryKeyValue: "attn_qkv"
        case .queryNorm: "attn_q_norm"
        case .keyNorm: "attn_k_norm"
        case .attentionOutput: "attn_output"
        case .attentionPostNorm: "post_attention_norm"
        case .mlpNorm: "ffn_norm"
        case .gate: "ffn_gate"
        case .mlpInput, .gateAndInput: "ffn_up"
        case .mlpOutput: "ffn_down"
        case .mlpPostNorm: "post_ffw_norm"
        }
    }
}

extension GGUFMetadata {
    /// Sizes in the keys that llama.cpp has for all of them.
    func sizes(_ type: ModelType) throws -> ModelConfiguration {
        let width = try size("embedding_length", atMost: ModelLimits.width)
        let heads = try size("attention.head_count", atMost: ModelLimits.heads)
        let keyHeads = try optionalSize("attention.head_count_kv", atMost: ModelLimits.heads) ?? heads
        let headSize = try optionalSize("attention.key_length", atMost: ModelLimits.headSize) ?? width / heads
        guard heads % keyHeads == 0, headSize > 0,
            try optionalSize("attention.value_length") ?? headSize == headSize
        else { throw error("\(heads) heads, \(keyHeads) of keys, \(headSize) wide", remedy: GGUFCursor.again) }
        guard let embedding = file.tensors.first(where: { $0.name == "token_embd.weight" }) else {
            throw error("the tensor token_embd.weight is missing", remedy: GGUFCursor.again)
        }
        var sizes = ModelConfiguration(
            type, vocabularySize: embedding.shape[0], contextLength: try size("context_length"), hiddenSize: width,
            layerCount: try size("block_count", atMost: ModelLimits.layers), headCount: heads,
            keyValueHeadCount: keyHeads, headSize: headSize,
            innerSize: try size("feed_forward_length", atMost: ModelLimits.innerSize))
        sizes.normEpsilon = number(
            "attention.layer_norm_\(sizes.rmsNorms ? "rms_" : "")epsilon", Double(sizes.normEpsilon))
        sizes.tiedHead = !holds("output.weight")
        return sizes
    }

    /// Rotary frequencies of the first `turning` values of a head.
    ///
    /// - Parameter hasFactors: whether llama.cpp knows the architecture with factors of frequencies.
    func rotary(_ sizes: ModelConfiguration, turning: Int, hasFactors: Bool = false) throws -> RotaryFrequencies {
        guard turning % 2 == 0, turning <= sizes.headSize else {
            throw error("\(turning) values turn of a head of \(sizes.headSize)", remedy: GGUFCursor.again)
        }
        return RotaryFrequencies(
            base: number("rope.freq_base", 10_000), headSize: turning,
            scaling: try rotaryScaling(size: turning, context: sizes.contextLength, hasFactors: hasFactors))
    }
}

// MARK: - The families with layer norms

extension GPT2: GGUFFamily {
    static let architectures: [String: ModelType] = ["gpt2": .gpt2]

    static func configuration(_ metadata: GGUFMetadata, _ type: ModelType) throws -> ModelConfiguration {
        try metadata.sizes(type)
    }

    /// Weights of layers are `(out, in)` there.
    static func storedShape(_ tensor: ParameterInfo) -> [Int] {
        isTurned(tensor) ? tensor.shape.reversed() : tensor.shape
    }

    static func restore(
        _ values: UnsafeMutableBufferPointer<Float>, of tensor: ParameterInfo, _ sizes: ModelConfiguration
    ) {
        guard isTurned(tensor) else { return }
        let (inputs, outputs, copy) = (tensor.shape[0], tensor.shape[1], Array(values))
        for i in 0..<inputs { for o in 0..<outputs { values[i * outputs + o] = copy[o * inputs + i] } }
    }

    private static func isTurned(_ tensor: ParameterInfo) -> Bool { tensor.layer != nil && tensor.shape.count == 2 }
}

extension GPTNeoX: GGUFFamily {
    static let architectures: [String: ModelType] = ["gptneox": .gptNeoX]

    static func configuration(_ metadata: GGUFMetadata, _ type: ModelType) throws -> ModelConfiguration {
        var sizes = try metadata.sizes(type)
        guard case .flag(let isParallel) = metadata["use_parallel_residual"] else {
            throw metadata.error("the key gptneox.use_parallel_residual is missing", remedy: GGUFCursor.again)
        }
        sizes.parallelResidual = isParallel
        sizes.setRotary(
            try metadata.rotary(sizes, turning: metadata.optionalSize("rope.dimension_count") ?? sizes.headSize))
        return sizes
    }

    /// Queries of all heads, then keys, then values there; here those of one head after the other.
    static func restore(
        _ values: UnsafeMutableBufferPointer<Float>, of tensor: ParameterInfo, _ sizes: ModelConfiguration
    ) {
        guard tensor.name.contains("query_key_value") else { return }
        let (heads, size) = (sizes.headCount, sizes.headSize)
        order(values, rows: 3 * heads * size) { row in
            let (head, inside) = row.quotientAndRemainder(dividingBy: 3 * size)
            return inside / size * heads * size + head * size + inside % size
        }
    }
}

extension BLOOM: GGUFFamily {
    static let architectures: [String: ModelType] = ["bloom": .bloom]

    static func configuration(_ metadata: GGUFMetadata, _ type: ModelType) throws -> ModelConfiguration {
        try metadata.sizes(type)
    }

    static func restore(
        _ values: UnsafeMutableBufferPointer<Float>, of tensor: ParameterInfo, _ sizes: ModelConfiguration
    ) { GPTNeoX.restore(values, of: tensor, sizes) }
}
