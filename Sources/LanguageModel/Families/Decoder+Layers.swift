import FileSupport

// Windows and rotary positions of the decoder line, layer by layer.
extension Decoder {
    static func layers(_ config: JSONCursor, _ sizes: ModelConfiguration) throws -> [ModelConfiguration.Layer] {
        let window = try window(config, sizes)
        let slides = try sliding(config, sizes, hasWindow: window != nil)
        let (full, local) = try rotary(config, sizes)
        return slides.map { ModelConfiguration.Layer(window: $0 ? window : nil, rotary: $0 ? local : full) }
    }

    /// Which rotary keys a layer that sees everything has, and one that slides.
    private static func rotary(
        _ config: JSONCursor, _ sizes: ModelConfiguration
    ) throws -> (full: RotaryFrequencies, local: RotaryFrequencies) {
        let (size, context) = (sizes.headSize, sizes.contextLength)
        guard sizes.type == .gemma3 else {
            let rotary = try RotaryKeys(config).frequencies(size: size, contextLength: context)
            return (rotary, rotary)
        }
        // Two sets, each of the default type where it is missing. `rope_scaling` is laid over that of full attention, and a
        // `type` in it is not seen beside the default's `rope_type`.
        let (sets, scaling) = (try config.optional("rope_parameters"), try config.optional("rope_scaling"))
        var full = try sets?.optional("full_attention")
        if let scaling {
            guard sets == nil || full != nil else {
                throw config.error(
                    "rope_scaling beside rope_parameters without full_attention", remedy: "take one of them out")
            }
            let under: JSON = full?.value ?? ["rope_type": "default"]
            full = JSONCursor(under.setting(scaling.value), place: config.place)
        }
        return (
            try RotaryKeys(config, set: full).frequencies(size: size, contextLength: context, usualBase: 1e6),
            try RotaryKeys(config, set: sets?.optional("sliding_attention")).frequencies(
                size: size, contextLength: context, baseKey: "rope_local_base_freq")
        )
    }

    /// How many tokens a token of a sliding layer sees, itself included; nil where no layer may slide.
    private static func window(_ config: JSONCursor, _ sizes: ModelConfiguration) throws -> Int? {
        func size() throws -> Int? {
            try config.value["sliding_window"] == nil ? 4096 : config.optionalSize("sliding_window")
        }
        let window: Int?
        switch sizes.type {
        case .llama, .olmo2: return nil
        case .qwen2, .qwen3: window = try config.flag("use_sliding_window", false) ? size() : nil
        default: window = try size()
        }
        guard let window else {
            if sizes.type.isGemma || isMinistral(config, sizes) { try config.refuseNull("sliding_window") }
            return nil
        }
        if sizes.type == .gemma3, try config.flag("use_bidirectional_attention", false) { return window / 2 + 1 }
        // Without a causal mask the token at either end is seen too.
        return sizes.isCausal ? window : window + 1
    }

    /// Which blocks see a window alone: named by `layer_types`, else by the family's rule.
    private static func sliding(
        _ config: JSONCursor, _ sizes: ModelConfiguration, hasWindow: Bool
    ) throws -> [Bool] {
        let count = sizes.layerCount
        let listed = try config.slidingLayers(count)
        switch sizes.type {
        case .llama, .olmo2: return Array(repeating: false, count: count)
        case .mistral where !isMinistral(config, sizes): return Array(repeating: hasWindow, count: count)
        default: break
        }
        if let listed {
            guard hasWindow || !listed.contains(true) else {
                throw config.error("layer_types names sliding layers", remedy: "use_sliding_window gives no window")
            }
            return listed
        }
        switch sizes.type {
        case .gemma2: return (0..<count).map { $0 % 2 == 0 }
        case .gemma3:
            let pattern = try config.present("sliding_window_pattern")?.int() ?? 6
            guard pattern > 0 else { throw config.error("sliding_window_pattern is \(pattern)", remedy: "6 is usual") }
            return (1...count).map { $0 % pattern != 0 }
        case .qwen2, .qwen3:
            let first = try config.present("max_window_layers")?.int() ?? 28
            return (0..<count).map { hasWindow && $0 >= first }
        default: return Array(repeating: true, count: count)
        }
    }

    /// Transformers takes a Mistral whose file has the key `layer_types`, null too, for Ministral, which honours it.
    private static func isMinistral(_ config: JSONCursor, _ sizes: ModelConfiguration) -> Bool {
        sizes.type == .mistral && config.value["layer_types"] != nil
    }
}
