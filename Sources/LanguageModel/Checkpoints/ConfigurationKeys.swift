import FileSupport

// Keys of `config.json` that several families spell alike.
extension JSONCursor {
    /// A size of `config.json`: 1 to 2³⁰.
    func size(_ key: String) throws -> Int {
        let value = try member(key).int()
        guard 1...(1 << 30) ~= value else { throw error("\(key) is \(value)", remedy: "a positive size is wanted") }
        return value
    }

    /// `hidden_size` and `num_attention_heads`, which divides it.
    func widthAndHeads() throws -> (width: Int, heads: Int) {
        let (width, heads) = (try size("hidden_size"), try size("num_attention_heads"))
        guard width % heads == 0 else {
            throw error(
                "num_attention_heads \(heads) does not divide hidden_size \(width)", remedy: "correct config.json")
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
}

extension JSON {
    /// `config.json` of weights that are written in single precision, whatever they were read from.
    var inSinglePrecision: JSON {
        ["dtype", "torch_dtype"].reduce(self) { $0[$1] == nil ? $0 : $0.setting($1, to: "float32") }
    }
}
