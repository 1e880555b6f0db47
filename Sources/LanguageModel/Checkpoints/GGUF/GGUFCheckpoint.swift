import FileSupport

/// A family that llama.cpp stores as well: sizes in the metadata, short names, some tensors changed on the way in.
package protocol GGUFFamily: ModelFamily {
    /// The types of the family by `general.architecture`.
    static var architectures: [String: ModelType] { get }

    /// Reads sizes and choices from the metadata.
    ///
    /// - Throws: ``InputError`` for a missing key, or a setting that changes the arithmetic and is not supported.
    static func configuration(_ metadata: GGUFMetadata, _ type: ModelType) throws -> ModelConfiguration
    /// The tensors with a factor for each rotary frequency; empty where llama.cpp knows none of them.
    static var rotaryFactors: [String] { get }
    /// The name in the file of a tensor of the layout.
    static func storedName(_ name: String, _ sizes: ModelConfiguration) -> String
    /// Its shape there.
    static func storedShape(_ tensor: ParameterInfo) -> [Int]
    /// Turns a tensor's values as the file holds them into those of the layout.
    static func restore(
        _ values: UnsafeMutableBufferPointer<Float>, of tensor: ParameterInfo, _ sizes: ModelConfiguration)
}

extension GGUFFamily {
    package static var rotaryFactors: [String] { [] }
    package static func storedShape(_ tensor: ParameterInfo) -> [Int] { tensor.shape }
    package static func restore(
        _ values: UnsafeMutableBufferPointer<Float>, of tensor: ParameterInfo, _ sizes: ModelConfiguration
    ) {}

    /// Puts rows of a tensor in another order: each gets the values of its source.
    package static func order(
        _ values: UnsafeMutableBufferPointer<Float>, rows: Int, from source: (Int) -> Int
    ) {
        let (columns, copy) = (values.count / rows, Array(values))
        for row in 0..<rows {
            let first = source(row) * columns
            for c in 0..<columns { values[row * columns + c] = copy[first + c] }
        }
    }

    /// Reads the weights of a file, each in single precision.
    ///
    /// - Throws: ``InputError`` for a missing or foreign tensor, or one of another shape.
    package static func model(_ file: GGUF, _ sizes: ModelConfiguration) throws -> TransformerModel {
        let model = TransformerModel(zeroed: sizes)
        var found = Dictionary(uniqueKeysWithValues: file.tensors.map { ($0.name, $0) })
        for tensor in model.layout.tensors {
            let name = storedName(tensor.name, sizes)
            guard let source = found.removeValue(forKey: name) else {
                throw InputError("the tensor \(name) is missing", at: file.path, remedy: GGUFCursor.again)
            }
            guard source.shape == storedShape(tensor) else {
                throw InputError(
                    "the tensor \(name) has shape \(source.shape), and the metadata asks for \(storedShape(tensor))",
                    at: file.path, remedy: GGUFCursor.again)
            }
            try file.read(source, into: model.tensor(tensor))
            restore(model.tensor(tensor), of: tensor, sizes)
        }
        // The factors are in the sizes already.
        let hasFactors = sizes.layers.contains { if case .longRope? = $0.rotary?.scaling { true } else { false } }
        if hasFactors { for name in rotaryFactors { found[name] = nil } }
        if let foreign = found.keys.min() {
            throw InputError(
                "the tensor \(foreign) is not part of \(sizes.type.title)", at: file.path,
                remedy: "take a file of a plain language model")
        }
        return model
    }
}

/// The metadata of a GGUF file below the name of its architecture.
package struct GGUFMetadata {
    let file: GGUF
    /// `general.architecture`.
    let architecture: String

    /// The value of `architecture.key`.
    subscript(key: String) -> GGUFValue? { file[architecture + "." + key] }

    /// A size: 1 to `limit`.
    func size(_ key: String, atMost limit: Int = ModelLimits.other) throws -> Int {
        guard let value = try optionalSize(key, atMost: limit) else {
            throw error("the key \(architecture).\(key) is missing", remedy: GGUFCursor.again)
        }
        return value
    }

    /// A size that may be left out.
    func optionalSize(_ key: String, atMost limit: Int = ModelLimits.other) throws -> Int? {
        guard let value = self[key] else { return nil }
        guard let number = value.integer, 1...limit ~= number else {
            throw error("\(architecture).\(key) is \(value)", remedy: "a positive size is wanted, at most \(limit)")
        }
        return number
    }

    /// A number that may be left out.
    func number(_ key: String, _ usual: Double) -> Float { Float(self[key]?.number ?? usual) }

    /// Whether the file holds a tensor of a name.
    func holds(_ tensor: String) -> Bool { file.tensors.contains { $0.name == tensor } }

    /// How rotary frequencies were stretched: by `rope.scaling`, and each by its own factor where the file has factors.
    ///
    /// llama.cpp's converter writes the factors for rotary positions of type `llama3`. llama.cpp divides each frequency by
    /// its factor whatever the length of the text, which is LongRoPE with one set for all lengths.
    ///
    /// - Parameters:
    ///   - size: D, how many values of a head turn; factors are `(D/2)`.
    ///   - hasFactors: whether llama.cpp knows the architecture with factors.
    func rotaryScaling(size: Int, context: Int, hasFactors: Bool) throws -> RotaryFrequencies.Scaling {
        let factor: Float?
        switch self["rope.scaling.type"]?.string ?? "none" {
        case "none": factor = nil
        case "linear": factor = number("rope.scaling.factor", 1)
        case let other:
            throw error("\(architecture).rope.scaling.type is \(other)", remedy: "none and linear are supported")
        }
        guard hasFactors, let factors = try factors("rope_freqs.weight", size: size) else {
            return factor.map { .linear(factor: $0) } ?? .none
        }
        let all = factors.map { $0 * (factor ?? 1) }
        return .longRope(.init(short: all, long: all, original: context, amplitude: 1))
    }

    /// A tensor of factors for the frequencies of `size` values that turn, `(D/2)`; nil where there is none.
    func factors(_ name: String, size: Int) throws -> [Float]? {
        guard let tensor = file.tensors.first(where: { $0.name == name }) else { return nil }
        guard tensor.shape == [size / 2] else {
            throw error(
                "the tensor \(tensor.name) has shape \(tensor.shape) for \(size) values that turn",
                remedy: GGUFCursor.again)
        }
        var factors = [Float](repeating: 0, count: tensor.count)
        try factors.withUnsafeMutableBufferPointer { try file.read(tensor, into: $0) }
        guard factors.allSatisfy({ $0 > 0 }) else {
            throw error("\(tensor.name) holds a factor of \(factors.min() ?? 0)", remedy: GGUFCursor.again)
        }
        return factors
    }

    func error(_ what: String, remedy: String) -> InputError { InputError(what, at: file.path, remedy: remedy) }
}
