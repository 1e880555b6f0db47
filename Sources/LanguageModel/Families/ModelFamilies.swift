import FileSupport

/// Model families, to find the one that a checkpoint is of.
public struct ModelFamilies: Sendable {
    /// The families that are read and written, a line each.
    public static let all = ModelFamilies([
        GPT2.self,
        Decoder.self,
        GPTNeoX.self,
        OPT.self,
        BERT.self,
    ])

    package let families: [any ModelFamily.Type]

    /// A list of families, such as ``all`` with others beside them.
    package init(_ families: [any ModelFamily.Type]) { self.families = families }

    /// Every type of model, family by family.
    package var types: [any ModelType] { families.flatMap { $0.types } }

    /// The types of model in prose: `GPT-2, Llama, …`.
    public var titles: String { types.map { $0.title }.joined(separator: ", ") }

    /// The network that `config.json` describes.
    ///
    /// - Throws: ``InputError`` for an unknown family, or a setting that changes the arithmetic and is not supported.
    package func network(_ config: JSONCursor) throws -> any ModelFamily {
        let type = try config.member("model_type").string()
        for family in families {
            if let network = try family.network(config, type: type) { return network }
        }
        throw config.error(
            "the model family is \(type)",
            remedy: "the supported ones are \(types.map { $0.rawValue }.joined(separator: ", "))")
    }

    /// The network that the metadata of a GGUF file describes.
    ///
    /// - Throws: ``InputError`` for an unknown architecture, or a setting that changes the arithmetic and is not
    ///   supported.
    package func network(_ file: GGUF) throws -> any GGUFFamily {
        let name = file["general.architecture"]?.string ?? "none"
        let stored = families.compactMap { $0 as? any GGUFFamily.Type }
        for family in stored {
            if let network = try family.network(GGUFMetadata(file: file, architecture: name)) { return network }
        }
        let known = stored.flatMap { $0.architectureNames }.sorted()
        throw InputError(
            "the architecture is \(name)", at: file.path,
            remedy: "the supported ones are \(known.joined(separator: ", "))")
    }
}
