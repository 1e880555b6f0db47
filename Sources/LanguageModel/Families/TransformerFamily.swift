import FileSupport

/// A family whose network is a ``Transformer``: it says what its keys and tensors are called, and what its types do.
protocol TransformerFamily: ModelFamily {
    /// The keys of `config.json` for what all families have.
    static var keys: SizeKeys { get }
    /// The file in the family's own spelling, with the values that transformers takes for keys that are absent and that
    /// no size of a type says.
    static func spelled(_ config: JSONCursor, _ type: ModelType) throws -> JSONCursor
    /// The names of the tensors.
    static func names(_ sizes: ModelConfiguration) -> TransformerNames
    /// Reads the keys of the family's own.
    ///
    /// - Throws: ``InputError`` for a setting that changes the arithmetic and is not supported.
    static func read(_ config: JSONCursor, into sizes: inout ModelConfiguration) throws
    /// The keys of the family's own, as ``read(_:into:)`` reads them.
    static func ownConfig(_ sizes: ModelConfiguration, beginToken: JSON) -> JSON
}

/// Keys of `config.json`; nil for what a family does not spell, or in a way of its own.
struct SizeKeys: Sendable {
    var contextLength = "max_position_embeddings"
    var hiddenSize = "hidden_size"
    var layerCount = "num_hidden_layers"
    var headCount = "num_attention_heads"
    var keyValueHeadCount: String?
    var headSize: String?
    /// Nil where it is 4 C.
    var innerSize: String? = "intermediate_size"
    /// Whether ``innerSize`` may be left out.
    var innerSizeIsOptional = false
    var normEpsilon: String? = "layer_norm_eps"
    var activation: String? = "hidden_act"
}

extension TransformerFamily {
    static func network(_ sizes: ModelConfiguration) -> any ModelNetwork { Transformer(sizes, names(sizes)) }

    static func spelled(_ config: JSONCursor, _ type: ModelType) throws -> JSONCursor { config }

    static func configuration(_ config: JSONCursor, _ type: ModelType) throws -> ModelConfiguration {
        let config = try spelled(config, type)
        let headSize = try keys.headSize.flatMap { try config.optionalSize($0, atMost: ModelLimits.headSize) }
        let (width, heads) = try config.widthAndHeads(keys.hiddenSize, keys.headCount, mustDivide: headSize == nil)
        let keyHeads =
            try keys.keyValueHeadCount.flatMap { try config.optionalSize($0, atMost: ModelLimits.heads) } ?? heads
        guard heads % keyHeads == 0 else {
            throw config.error(
                "\(keys.keyValueHeadCount ?? "") \(keyHeads) does not divide \(keys.headCount) \(heads)",
                remedy: "correct config.json")
        }
        var sizes = ModelConfiguration(
            type, vocabularySize: try config.size("vocab_size", atMost: ModelLimits.vocabulary),
            contextLength: try config.size(keys.contextLength), hiddenSize: width,
            layerCount: try config.size(keys.layerCount, atMost: ModelLimits.layers), headCount: heads,
            keyValueHeadCount: keyHeads, headSize: headSize,
            innerSize: try keys.innerSize.flatMap {
                try keys.innerSizeIsOptional
                    ? config.optionalSize($0, atMost: ModelLimits.innerSize)
                    : config.size($0, atMost: ModelLimits.innerSize)
            })
        if let key = keys.normEpsilon { sizes.normEpsilon = try config.epsilon(key, Double(sizes.normEpsilon)) }
        if let key = keys.activation {
            sizes.activation = try config.activation(key, usual: sizes.activation.configName)
        }
        sizes.tiedHead = try config.flag("tie_word_embeddings", sizes.tiedHead)
        // Of any causal model; a masked one is not asked.
        if !sizes.isMasked { sizes.isCausal = try config.flag("is_causal", true) }
        try read(config, into: &sizes)
        return sizes
    }

    static func config(_ sizes: ModelConfiguration, beginToken: Int32?) -> JSON {
        let members: [(String?, JSON)] = [
            ("vocab_size", .integer(sizes.vocabularySize)), (keys.contextLength, .integer(sizes.contextLength)),
            (keys.hiddenSize, .integer(sizes.hiddenSize)), (keys.layerCount, .integer(sizes.layerCount)),
            (keys.headCount, .integer(sizes.headCount)), (keys.keyValueHeadCount, .integer(sizes.keyValueHeadCount)),
            (keys.headSize, .integer(sizes.headSize)), (keys.innerSize, .integer(sizes.innerSize)),
            (keys.normEpsilon, .single(sizes.normEpsilon)), (keys.activation, .string(sizes.activation.configName)),
            ("tie_word_embeddings", .bool(sizes.tiedHead)),
        ]
        return JSON.object(members.compactMap { key, value in key.map { ($0, value) } })
            .setting(sizes.isCausal || sizes.isMasked ? [:] : ["is_causal": false])
            .setting(ownConfig(sizes, beginToken: beginToken.map { .integer(Int($0)) } ?? .null))
    }
}
