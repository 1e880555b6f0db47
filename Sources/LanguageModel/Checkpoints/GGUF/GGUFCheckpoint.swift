import FileSupport

/// A family that llama.cpp stores as well: sizes in the metadata, short names, some tensors changed on the way in.
package protocol GGUFFamily: ModelFamily {
    /// The types of the family by `general.architecture`.
    static var architectures: [String: Sizes.Family] { get }

    /// Reads sizes and choices from the metadata.
    ///
    /// - Throws: ``InputError`` for a missing key, or a setting that changes the arithmetic and is not supported.
    static func sizes(_ metadata: GGUFMetadata, _ family: Sizes.Family) throws -> Sizes
    /// The name in the file of a tensor of the layout.
    func storedName(_ name: String) -> String
    /// Turns a tensor's values as the file holds them into those of the layout.
    func restore(_ values: UnsafeMutableBufferPointer<Float>, of tensor: ParameterInfo)
}

extension GGUFFamily {
    static var architectureNames: [String] { Array(architectures.keys) }

    /// The network that the metadata describes; nil when it is of another architecture.
    static func network(_ metadata: GGUFMetadata) throws -> (any GGUFFamily)? {
        try architectures[metadata.architecture].map { Self(try sizes(metadata, $0)) }
    }

    /// Reads the weights of a file, each in single precision.
    ///
    /// - Throws: ``InputError`` for a missing or foreign tensor, or one of another shape.
    package func model(_ file: GGUF) throws -> TransformerModel {
        let model = TransformerModel(family: self)
        var found = Dictionary(uniqueKeysWithValues: file.tensors.map { ($0.name, $0) })
        for tensor in layout.tensors {
            let name = storedName(tensor.name)
            guard let source = found.removeValue(forKey: name) else {
                throw InputError("the tensor \(name) is missing", at: file.path, remedy: GGUFCursor.again)
            }
            guard source.shape == tensor.shape else {
                throw InputError(
                    "the tensor \(name) has shape \(source.shape), and the metadata asks for \(tensor.shape)",
                    at: file.path, remedy: GGUFCursor.again)
            }
            try file.read(source, into: model.tensor(tensor))
            restore(model.tensor(tensor), of: tensor)
        }
        if let foreign = found.keys.min() {
            throw InputError(
                "the tensor \(foreign) is not part of \(title)", at: file.path,
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

    /// A size: 1 to 2³⁰.
    func size(_ key: String) throws -> Int {
        guard let value = try optionalSize(key) else {
            throw error("the key \(architecture).\(key) is missing", remedy: GGUFCursor.again)
        }
        return value
    }

    /// A size that may be left out.
    func optionalSize(_ key: String) throws -> Int? {
        guard let value = self[key] else { return nil }
        guard let number = value.integer, 1...(1 << 30) ~= number else {
            throw error("\(architecture).\(key) is \(value)", remedy: "a positive size is wanted")
        }
        return number
    }

    /// A number that may be left out.
    func number(_ key: String, _ usual: Double) -> Float { Float(self[key]?.number ?? usual) }

    /// Whether the file holds a tensor of a name.
    func holds(_ tensor: String) -> Bool { file.tensors.contains { $0.name == tensor } }

    func error(_ what: String, remedy: String) -> InputError { InputError(what, at: file.path, remedy: remedy) }
}
