import FileSupport

/// The largest sizes of a model that are read, beyond any that there is: what lies between needs no memory before the
/// shapes of the tensors are compared, and no product of sizes leaves 64 bits.
package enum ModelLimits {
    static let layers = 1 << 12
    static let heads = 1 << 12
    static let headSize = 1 << 12
    static let width = 1 << 20
    static let innerSize = 1 << 22
    static let vocabulary = 1 << 24
    /// Contexts, windows and what is compared with another size.
    package static let other = 1 << 30
}

// Keys of `config.json` that several families spell alike.
extension JSONCursor {
    /// A size of `config.json`: 1 to `limit`, the largest of ``ModelLimits`` unless given.
    package func size(_ key: String, atMost limit: Int = ModelLimits.other) throws -> Int {
        let value = try member(key).int()
        guard 1...limit ~= value else {
            throw error("\(key) is \(value)", remedy: "a positive size is wanted, at most \(limit)")
        }
        return value
    }

    /// A size that may be left out or null.
    package func optionalSize(_ key: String, atMost limit: Int = ModelLimits.other) throws -> Int? {
        try optional(key) == nil ? nil : size(key, atMost: limit)
    }

    /// A choice that may be left out; transformers takes null for none.
    package func flag(_ key: String, _ usual: Bool) throws -> Bool { try present(key)?.bool() ?? usual }

    /// The same file with another value of a key.
    func setting(_ key: String, to value: JSON) -> JSONCursor {
        JSONCursor(self.value.setting(key, to: value), place: place)
    }

    /// The same file with values for keys that it lacks.
    func completed(by usual: JSON) -> JSONCursor {
        guard case .object(let members) = usual else { return self }
        return JSONCursor(
            members.reduce(value) { $0[$1.0] == nil ? $0.setting($1.0, to: $1.1) : $0 }, place: place)
    }

    /// The same file with the values of keys under other names, where it has those; the other name wins.
    func spelled(with aliases: [(other: String, own: String)]) -> JSONCursor {
        JSONCursor(
            aliases.reduce(value) { config, alias in
                config[alias.other].map { config.setting(alias.own, to: $0) } ?? config
            }, place: place)
    }

    /// Refuses null where transformers does.
    func refuseNull(_ keys: String...) throws {
        for key in keys where value[key] == .null {
            throw error("\(key) is null", remedy: "take the key out, or give its value")
        }
    }

    /// A cap that is usual where the key is left out and off where it is null.
    func cap(_ key: String, usual: Float?) throws -> Float? {
        guard value[key] != nil else { return usual }
        guard let cap = try optional(key)?.double() else { return nil }
        guard cap > 0, cap.isFinite else { throw error("\(key) is \(cap)", remedy: "a positive number is wanted") }
        return Float(cap)
    }

    /// The width of the residual stream and the number of heads, which divides it unless the width of a head is given.
    func widthAndHeads(_ widthKey: String, _ headsKey: String, mustDivide: Bool) throws -> (width: Int, heads: Int) {
        let (width, heads) = (
            try size(widthKey, atMost: ModelLimits.width), try size(headsKey, atMost: ModelLimits.heads)
        )
        guard !mustDivide || width % heads == 0 else {
            throw error("\(headsKey) \(heads) does not divide \(widthKey) \(width)", remedy: "correct config.json")
        }
        return (width, heads)
    }

    /// What a norm adds to the variance.
    func epsilon(_ key: String, _ usual: Double) throws -> Float {
        let value = try present(key)?.double() ?? usual
        guard value > 0, value.isFinite else {
            throw error("\(key) is \(value)", remedy: "a small positive number is wanted")
        }
        return Float(value)
    }

    /// The non-linearity of the feed-forward networks.
    func activation(_ key: String, usual: String) throws -> ActivationFunction {
        let name = try present(key)?.string() ?? usual
        guard let function = ActivationFunction(configName: name) else {
            throw error(
                "\(key) is \(name)",
                remedy: "gelu, gelu_new, gelu_10, quick_gelu, relu, relu2, silu and tanh are supported")
        }
        return function
    }

    /// Refuses a model in which a choice is made that is not supported.
    func refuse(_ key: String, unless usual: Bool) throws {
        if let value = try optional(key)?.bool(), value != usual {
            throw error("\(key) is \(value)", remedy: "only models with \(usual) are supported")
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
            case "full_attention", "attention": return false
            default: throw types.error("a layer of type \(name)", remedy: "sliding and full attention are supported")
            }
        }
    }
}

extension JSON {
    /// `config.json` of weights that are written in single precision, whatever they were read from.
    var inSinglePrecision: JSON {
        ["dtype", "torch_dtype"].reduce(self) { $0[$1] == nil ? $0 : $0.setting($1, to: "float32") }
    }
}
