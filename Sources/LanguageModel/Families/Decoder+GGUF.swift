import FileSupport

// The decoder line as llama.cpp stores it.
extension Decoder: GGUFFamily {
    static let architectures: [String: ModelType] = [
        "llama": .llama, "qwen2": .qwen2, "qwen3": .qwen3, "gemma2": .gemma2, "gemma3": .gemma3, "olmo2": .olmo2,
    ]

    static let rotaryFactors = ["rope_freqs.weight"]

    static func configuration(_ metadata: GGUFMetadata, _ type: ModelType) throws -> ModelConfiguration {
        var sizes = try metadata.sizes(type)
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
        order(values, rows: heads * headSize) { row in
            let (half, pair) = (row % headSize).quotientAndRemainder(dividingBy: headSize / 2)
            return row / headSize * headSize + 2 * pair + half
        }
    }
}
