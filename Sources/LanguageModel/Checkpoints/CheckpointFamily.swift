import Files

/// What a family's checkpoints are like: the model that `config.json` describes, and how its tensors are called.
struct CheckpointFamily {
    /// The family, for messages.
    let title: String
    /// An empty model.
    let family: any CausalFamily
    /// The name in the layout of a tensor as it is stored.
    var canonicalName: (String) -> String = { $0 }
    /// Whether a canonical name is a buffer that holds no parameter.
    var isBuffer: (String) -> Bool = { _ in false }

    var layout: ParameterLayout { family.layout }

    /// Reads `config.json`.
    ///
    /// - Throws: ``InputError`` for an unknown family, or a setting that changes the arithmetic and is not supported.
    init(_ config: JSONCursor) throws {
        let type = try config.member("model_type").string()
        if type == "gpt2" {
            title = "GPT-2"
            family = GPT2(try GPT2Checkpoint.configuration(config))
            canonicalName = GPT2Checkpoint.canonicalName
            isBuffer = GPT2Checkpoint.isBuffer
        } else if let known = DecoderConfiguration.Family(rawValue: type) {
            title = known.title
            family = Decoder(try DecoderCheckpoint.configuration(config))
        } else {
            let names = ["gpt2"] + DecoderConfiguration.Family.allCases.map(\.rawValue)
            throw config.error(
                "the model family is \(type)", remedy: "the supported ones are \(names.joined(separator: ", "))")
        }
    }
}
