import FileSupport

/// The decoder line as Hugging Face stores it: `config.json` of Llama, Mistral, Qwen 2, Qwen 3 and Gemma 3. The names of
/// the tensors are those of the layout.
enum DecoderCheckpoint {
    /// Reads sizes and choices.
    ///
    /// - Throws: ``InputError`` for a setting that changes the arithmetic and is not supported.
    static func configuration(_ config: JSONCursor) throws -> DecoderConfiguration {
        let type = try config.member("model_type").string()
        guard let family = DecoderConfiguration.Family(rawValue: type) else {
            throw config.error("the model family is \(type)", remedy: "it is none of the decoder line")
        }
        try requireUsual(config)
        let (width, heads) = (try config.size("hidden_size"), try config.size("num_attention_heads"))
        let keyHeads = try config.optional("num_key_value_heads") == nil ? heads : config.size("num_key_value_heads")
        guard heads % keyHeads == 0 else {
            throw config.error(
                "num_key_value_heads \(keyHeads) does not divide num_attention_heads \(heads)",
                remedy: "correct config.json")
        }
        let headSize: Int
        if try config.optional("head_dim") != nil {
            headSize = try config.size("head_dim")
        } else {
            guard width % heads == 0 else {
                throw config.error(
                    "num_attention_heads \(heads) does not divide hidden_size \(width)", remedy: "correct config.json")
            }
            headSize = width / heads
        }
        guard headSize % 2 == 0 else {
            throw config.error("head_dim \(headSize) is odd", remedy: "rotary positions need an even one")
        }
        let isGemma = family == .gemma3
        var sizes = DecoderConfiguration(
            family: family, vocabularySize: try config.size("vocab_size"),
            contextLength: try config.size("max_position_embeddings"), hiddenSize: width, headCount: heads,
            keyValueHeadCount: keyHeads, headSize: headSize, innerSize: try config.size("intermediate_size"),
            normEpsilon: Float(try config.optional("rms_norm_eps")?.double() ?? 1e-6),
            tiedHead: try config.optional("tie_word_embeddings")?.bool() ?? isGemma,
            activation: try activation(config, isGemma: isGemma), layers: try layers(config, family, headSize))
        switch family {
        case .llama: sizes.attentionBias = try config.optional("attention_bias")?.bool() == true ? .all : .none
        case .qwen2: sizes.attentionBias = .inputs
        case .qwen3:
            sizes.attentionBias = try config.optional("attention_bias")?.bool() == true ? .all : .none
            sizes.headNorms = true
        case .gemma3:
            sizes.headNorms = true
            sizes.postNorms = true
            sizes.gainOffset = 1
            sizes.embeddingScale = Float(width).squareRoot()
            let scalar = try config.optional("query_pre_attn_scalar")?.double() ?? 256
            sizes.attentionScale = Float(1 / scalar.squareRoot())
        case .mistral: break
        }
        return sizes
    }

    private static func requireUsual(_ config: JSONCursor) throws {
        for key in ["mlp_bias", "use_bidirectional_attention"] {
            if try config.optional(key)?.bool() == true {
                throw config.error("\(key) is true", remedy: "only models without it are supported")
            }
        }
        for key in ["attn_logit_softcapping", "final_logit_softcapping"] {
            if let value = try config.optional(key) {
                throw config.error("\(key) is \(try value.double())", remedy: "only models without it are supported")
            }
        }
    }

    private static func activation(_ config: JSONCursor, isGemma: Bool) throws -> GateFunction {
        let key = isGemma ? "hidden_activation" : "hidden_act"
        let name = try config.optional(key)?.string() ?? (isGemma ? "gelu_pytorch_tanh" : "silu")
        switch name {
        case "silu", "swish": return .silu
        case "gelu_pytorch_tanh", "gelu_new": return .gelu
        default: throw config.error("\(key) is \(name)", remedy: "silu and gelu_pytorch_tanh are supported")
        }
    }

    /// `config.json` of a model that came without one, in the spelling of transformers 5 with the older keys beside it.
    static func config(_ sizes: DecoderConfiguration, beginToken: Int32?) -> JSON {
        let isGemma = sizes.family == .gemma3
        var config: JSON = [
            "architectures": [.string(sizes.family.architecture)],
            "model_type": .string(sizes.family.rawValue), "vocab_size": .integer(sizes.vocabularySize),
            "max_position_embeddings": .integer(sizes.contextLength), "hidden_size": .integer(sizes.hiddenSize),
            "num_hidden_layers": .integer(sizes.layerCount), "num_attention_heads": .integer(sizes.headCount),
            "num_key_value_heads": .integer(sizes.keyValueHeadCount), "head_dim": .integer(sizes.headSize),
            "intermediate_size": .integer(sizes.innerSize), "rms_norm_eps": .single(sizes.normEpsilon),
            "tie_word_embeddings": .bool(sizes.tiedHead), "dtype": "float32",
            "attention_bias": .bool(sizes.attentionBias == .all),
            (isGemma ? "hidden_activation" : "hidden_act"): .string(
                sizes.activation == .silu ? "silu" : "gelu_pytorch_tanh"),
            "bos_token_id": beginToken.map { .integer(Int($0)) } ?? .null,
        ]
        func set(_ key: String, _ value: JSON) { config = config.setting(key, to: value) }
        let full = sizes.layers.first { $0.window == nil }?.rotary
        let local = sizes.layers.first { $0.window != nil }
        if isGemma {
            set("query_pre_attn_scalar", .integer(Int((1 / (sizes.attentionScale * sizes.attentionScale)).rounded())))
            set("rope_theta", .single(full?.base ?? 1e6))
            set("rope_local_base_freq", .single(local?.rotary.base ?? 1e4))
            set(
                "rope_parameters",
                [
                    "full_attention": full?.json ?? .null, "sliding_attention": local?.rotary.json ?? .null,
                ])
        } else if let rotary = full ?? local?.rotary {
            set("rope_theta", .single(rotary.base))
            set("rope_parameters", rotary.json)
        }
        if let window = local?.window { set("sliding_window", .integer(window)) }
        set(
            "layer_types",
            .array(sizes.layers.map { .string($0.window == nil ? "full_attention" : "sliding_attention") }))
        return config
    }

    // MARK: Layers

    private static func layers(
        _ config: JSONCursor, _ family: DecoderConfiguration.Family, _ headSize: Int
    ) throws -> [DecoderConfiguration.Layer] {
        let count = try config.size("num_hidden_layers")
        let slides = try sliding(config, family, count)
        let window = try slides.contains(true) ? config.size("sliding_window") : nil
        let full = try rotary(config, kind: "full_attention", headSize, plainBase: family == .gemma3 ? 1e6 : 1e4)
        let local =
            try slides.contains(true)
            ? rotary(config, kind: "sliding_attention", headSize, plainBase: 1e4, localBase: "rope_local_base_freq")
            : full
        let hasOwnLocal = family == .gemma3
        return slides.map {
            DecoderConfiguration.Layer(window: $0 ? window : nil, rotary: $0 && hasOwnLocal ? local : full)
        }
    }

    /// Which blocks see a window alone: named by `layer_types`, else by the family's rule.
    private static func sliding(
        _ config: JSONCursor, _ family: DecoderConfiguration.Family, _ count: Int
    ) throws -> [Bool] {
        if let types = try config.optional("layer_types") {
            let names = try types.elements().map { try $0.string() }
            guard names.count == count else {
                throw types.error("\(names.count) entries for \(count) layers", remedy: "correct config.json")
            }
            return try names.map { name in
                switch name {
                case "sliding_attention": return true
                case "full_attention": return false
                default:
                    throw types.error("a layer of type \(name)", remedy: "sliding and full attention are supported")
                }
            }
        }
        switch family {
        case .gemma3:
            let pattern =
                try config.optional("sliding_window_pattern")?.int()
                ?? config.optional("_sliding_window_pattern")?.int() ?? 6
            guard pattern > 0 else { throw config.error("sliding_window_pattern is \(pattern)", remedy: "6 is usual") }
            return (1...count).map { $0 % pattern != 0 }
        case .mistral:
            return Array(repeating: try config.optional("sliding_window") != nil, count: count)
        case .qwen2, .qwen3:
            guard try config.optional("use_sliding_window")?.bool() == true else {
                return Array(repeating: false, count: count)
            }
            let first = try config.optional("max_window_layers")?.int() ?? count
            return (0..<count).map { $0 >= first }
        case .llama: return Array(repeating: false, count: count)
        }
    }

    /// Frequencies from `rope_parameters`, one set or one for each kind of layer, or from `rope_theta` and `rope_scaling` as
    /// older files spell them.
    private static func rotary(
        _ config: JSONCursor, kind: String, _ headSize: Int, plainBase: Double, localBase: String? = nil
    ) throws -> RotaryFrequencies {
        var parameters = try config.optional("rope_parameters")
        if let inner = try parameters?.optional(kind) { parameters = inner }
        if let parameters {
            return RotaryFrequencies(
                base: Float(try parameters.optional("rope_theta")?.double() ?? plainBase), headSize: headSize,
                scaling: try scaling(parameters))
        }
        if let localBase {
            return RotaryFrequencies(
                base: Float(try config.optional(localBase)?.double() ?? plainBase), headSize: headSize)
        }
        let old = try config.optional("rope_scaling")
        return RotaryFrequencies(
            base: Float(try config.optional("rope_theta")?.double() ?? plainBase), headSize: headSize,
            scaling: try old.map(scaling) ?? .none)
    }

    /// How frequencies are stretched, from `rope_parameters` or the older `rope_scaling`.
    static func scaling(_ place: JSONCursor) throws -> RotaryFrequencies.Scaling {
        func number(_ key: String) throws -> Float { Float(try place.member(key).double()) }
        let type = try place.optional("rope_type")?.string() ?? place.optional("type")?.string() ?? "default"
        switch type {
        case "default": return .none
        case "linear": return .linear(factor: try number("factor"))
        case "llama3":
            return .llama3(
                factor: try number("factor"), low: try number("low_freq_factor"),
                high: try number("high_freq_factor"), original: try number("original_max_position_embeddings"))
        default:
            throw place.error(
                "rotary positions of type \(type)", remedy: "default, linear and llama3 are supported")
        }
    }
}

extension RotaryFrequencies {
    /// As `rope_parameters` spells them.
    var json: JSON {
        switch scaling {
        case .none: ["rope_type": "default", "rope_theta": .single(base)]
        case .linear(let factor): ["rope_type": "linear", "rope_theta": .single(base), "factor": .single(factor)]
        case .llama3(let factor, let low, let high, let original):
            [
                "rope_type": "llama3", "rope_theta": .single(base), "factor": .single(factor),
                "low_freq_factor": .single(low), "high_freq_factor": .single(high),
                "original_max_position_embeddings": .integer(Int(original)),
            ]
        }
    }
}
