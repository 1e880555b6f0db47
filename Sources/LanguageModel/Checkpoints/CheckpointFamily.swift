import FileSupport

/// What a family's checkpoints are like: the model that `config.json` describes, and how its tensors are called.
struct CheckpointFamily {
    /// The family, for messages.
    let title: String
    /// An empty model.
    let family: any ModelFamily
    /// The name in the layout of a tensor as it is stored.
    var canonicalName: (String) -> String = { $0 }
    /// Whether a canonical name holds no parameter of this model: a buffer, or a part that it does without.
    var isBuffer: (String) -> Bool = { _ in false }
    /// Canonical names under which a file may hold a tensor once more, and that tensor.
    private(set) var copies: [String: ParameterInfo] = [:]

    var layout: ParameterLayout { family.layout }

    /// Every `model_type` that is read.
    private static let types =
        ["gpt2"] + DecoderConfiguration.Family.allCases.map(\.rawValue) + ["gpt_neox", "opt"]
        + BERTConfiguration.Family.allCases.map(\.rawValue)

    /// Reads `config.json`.
    ///
    /// - Throws: ``InputError`` for an unknown family, or a setting that changes the arithmetic and is not supported.
    init(_ config: JSONCursor) throws {
        let type = try config.member("model_type").string()
        var headName = "lm_head.weight"
        if type == "gpt2" {
            title = "GPT-2"
            family = GPT2(try GPT2Checkpoint.configuration(config))
            canonicalName = GPT2Checkpoint.canonicalName
            isBuffer = GPT2Checkpoint.isBuffer
        } else if let known = DecoderConfiguration.Family(rawValue: type) {
            title = known.title
            family = Decoder(try DecoderCheckpoint.configuration(config))
        } else if type == "gpt_neox" {
            title = "GPT-NeoX"
            family = GPTNeoX(try GPTNeoXCheckpoint.configuration(config))
            canonicalName = GPTNeoXCheckpoint.canonicalName
            isBuffer = GPTNeoXCheckpoint.isBuffer
            headName = "embed_out.weight"
        } else if type == "opt" {
            title = "OPT"
            family = OPT(try OPTCheckpoint.configuration(config))
            canonicalName = OPTCheckpoint.canonicalName
        } else if let known = BERTConfiguration.Family(rawValue: type) {
            title = known.title
            family = BERT(try BERTCheckpoint.configuration(config))
            canonicalName = BERTCheckpoint.canonicalName
            isBuffer = BERTCheckpoint.isBuffer
            let name = known == .bert ? "cls.predictions.decoder." : "lm_head.decoder."
            headName = name + "weight"
            copies[name + "bias"] = family.headBias
        } else {
            throw config.error(
                "the model family is \(type)",
                remedy: "the supported ones are \(Self.types.joined(separator: ", "))")
        }
        if layout[headName] == nil { copies[headName] = family.tokenEmbedding }
    }

    /// `config.json` of a model as it is saved: the one that it was read with, but for what saving changes, or a new one.
    static func config(_ model: TransformerModel, beginToken: Int32?, original: JSON?) -> JSON {
        if let sizes = model.configuration as? GPT2Configuration {
            return GPT2Checkpoint.config(sizes, beginToken: beginToken, original: original)
        }
        if let original {
            return original.inSinglePrecision.setting("tie_word_embeddings", to: .bool(model.hasTiedEmbeddings))
        }
        switch model.configuration {
        case let sizes as DecoderConfiguration: return DecoderCheckpoint.config(sizes, beginToken: beginToken)
        case let sizes as GPTNeoXConfiguration: return GPTNeoXCheckpoint.config(sizes, beginToken: beginToken)
        case let sizes as OPTConfiguration: return OPTCheckpoint.config(sizes, beginToken: beginToken)
        case let sizes as BERTConfiguration: return BERTCheckpoint.config(sizes)
        default: preconditionFailure("a family whose configuration cannot be written")
        }
    }
}
