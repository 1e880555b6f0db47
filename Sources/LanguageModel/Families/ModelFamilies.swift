import FileSupport

/// Model families, to find the one that a checkpoint is of.
public struct ModelFamilies: Sendable {
    /// The families that are read and written, a line each.
    public static let all = ModelFamilies([
        GPT2.self,
        Decoder.self,
        GPTNeoX.self,
        OPT.self,
        Phi3.self,
        GPTJ.self,
        BLOOM.self,
        BERT.self,
    ])

    package let families: [any ModelFamily.Type]

    /// A list of families, such as ``all`` with others beside them.
    package init(_ families: [any ModelFamily.Type]) { self.families = families }

    /// Every type of model, family by family.
    package var types: [ModelType] { families.flatMap { $0.types } }

    /// The types of model in prose: `GPT-2, Llama, …`.
    public var titles: String { types.map { $0.title }.joined(separator: ", ") }

    /// The sizes that `config.json` gives.
    ///
    /// - Throws: ``InputError`` for an unknown family, or a setting that changes the arithmetic and is not supported.
    package func configuration(_ config: JSONCursor) throws -> ModelConfiguration {
        let name = try config.member("model_type").string()
        guard let type = types.first(where: { $0.name == name }) else {
            throw config.error(
                "the model family is \(name)",
                remedy: "the supported ones are \(types.map(\.name).joined(separator: ", "))")
        }
        return try type.family.configuration(config, type)
    }

    /// The family of a GGUF file, and the sizes that its metadata gives.
    ///
    /// - Throws: ``InputError`` for an unknown architecture, or a setting that changes the arithmetic and is not
    ///   supported.
    package func configuration(_ file: GGUF) throws -> (family: any GGUFFamily.Type, sizes: ModelConfiguration) {
        let name = file["general.architecture"]?.string ?? "none"
        let stored = families.compactMap { $0 as? any GGUFFamily.Type }
        for family in stored {
            guard let type = family.architectures[name] else { continue }
            return (family, try family.configuration(GGUFMetadata(file: file, architecture: name), type))
        }
        let known = stored.flatMap { $0.architectures.keys }.sorted()
        throw InputError(
            "the architecture is \(name)", at: file.path,
            remedy: "the supported ones are \(known.joined(separator: ", "))")
    }
}
