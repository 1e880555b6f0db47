import FileSupport

// Keys of `config.json` that several families spell alike.
extension JSONCursor {
    /// A size of `config.json`: 1 to 2³⁰.
    package func size(_ key: String) throws -> Int {
        let value = try member(key).int()
        guard 1...(1 << 30) ~= value else { throw error("\(key) is \(value)", remedy: "a positive size is wanted") }
        return value
    }

    /// A size that may be left out or null.
    package func optionalSize(_ key: String) throws -> Int? { try optional(key) == nil ? nil : size(key) }

    /// A choice that may be left out.
    package func flag(_ key: String, _ usual: Bool) throws -> Bool { try optional(key)?.bool() ?? usual }

    /// The width of the residual stream and the number of heads, which divides it unless the width of a head is given.
    func widthAndHeads(_ widthKey: String, _ headsKey: String, mustDivide: Bool) throws -> (width: Int, heads: Int) {
        let (width, heads) = (try size(widthKey), try size(headsKey))
        guard !mustDivide || width % heads == 0 else {
            throw error("\(headsKey) \(heads) does not divide \(widthKey) \(width)", remedy: "correct config.json")
        }
        return (width, heads)
    }

    /// What a norm adds to the variance.
    func epsilon(_ key: String, _ usual: Double) throws -> Float {
        let value = try optional(key)?.double() ?? usual
        guard value > 0, value.isFinite else {
            throw error("\(key) is \(value)", remedy: "a small positive number is wanted")
        }
        return Float(value)
    }

    /// The non-linearity of the feed-forward networks.
    func activation(_ key: String, usual: String) throws -> ActivationFunction {
        let name = try optional(key)?.string() ?? usual
        guard let function = ActivationFunction(configName: name) else {
            throw error("\(key) is \(name)", remedy: "gelu, gelu_new and relu are supported")
        }
        return function
    }

    /// Refuses a model in which a choice is made that is not supported.
    func refuse(_ key: String, unless usual: Bool) throws {
        if let value = try optional(key)?.bool(), value != usual {
            throw error("\(key) is \(value)", remedy: "only models with \(usual) are supported")
        }
    }

    /// Refuses a model in which a key is set.
    func refuse(_ key: String) throws {
        if let value = try optional(key) {
            throw error("\(key) is \(value.value.compact)", remedy: "only models without it are supported")
        }
    }

    /// The non-linearity of gated feed-forward networks.
    func gate(_ key: String, usual: String) throws -> GateFunction {
        let name = try optional(key)?.string() ?? usual
        switch name {
        case "silu", "swish": return .silu
        case "gelu_pytorch_tanh", "gelu_new": return .gelu
        default: throw error("\(key) is \(name)", remedy: "silu and gelu_pytorch_tanh are supported")
        }
    }

    /// Which blocks see a window alone, where `layer_types` says so.
    func slidingLayers(_ count: Int) throws -> [Bool]? {
        guard let types = try optional("layer_types") else { return nil }
        let names = try types.elements().map { try $0.string() }
        guard names.count == count else {
            throw types.error("\(names.count) entries for \(count) layers", remedy: "correct config.json")
        }
        return try names.map { name in
            switch name {
            case "sliding_attention": return true
            case "full_attention": return false
            default: throw types.error("a layer of type \(name)", remedy: "sliding and full attention are supported")
            }
        }
    }

    /// Frequencies from `rope_parameters`, one set or one for each kind of layer, or from the keys of older files: a
    /// base of their own for some layers, else `rope_theta` and `rope_scaling`.
    func rotary(
        _ kind: String, headSize: Int, baseKey: String = "rope_theta", usualBase: Double
    ) throws -> RotaryFrequencies {
        let all = try optional("rope_parameters")
        let parameters = try all?.optional(kind) ?? all
        let base = try parameters.map { try $0.optional("rope_theta") } ?? optional(baseKey)
        let scaling = try parameters ?? (baseKey == "rope_theta" ? optional("rope_scaling") : nil)
        return RotaryFrequencies(
            base: Float(try base?.double() ?? usualBase), headSize: headSize,
            scaling: try scaling?.rotaryScaling() ?? .none)
    }

    /// How rotary frequencies are stretched, from `rope_parameters` or the older `rope_scaling`.
    func rotaryScaling() throws -> RotaryFrequencies.Scaling {
        func number(_ key: String) throws -> Float { Float(try member(key).double()) }
        let type = try optional("rope_type")?.string() ?? optional("type")?.string() ?? "default"
        switch type {
        case "default": return .none
        case "linear": return .linear(factor: try number("factor"))
        case "llama3":
            return .llama3(
                factor: try number("factor"), low: try number("low_freq_factor"),
                high: try number("high_freq_factor"), original: try number("original_max_position_embeddings"))
        default:
            throw error("rotary positions of type \(type)", remedy: "default, linear and llama3 are supported")
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

extension JSON {
    /// `config.json` of weights that are written in single precision, whatever they were read from.
    var inSinglePrecision: JSON {
        ["dtype", "torch_dtype"].reduce(self) { $0[$1] == nil ? $0 : $0.setting($1, to: "float32") }
    }
}
