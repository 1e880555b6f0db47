import FileSupport

/// BERT and RoBERTa with their heads for masked tokens as Hugging Face stores them: `config.json` and the names of the tensors.
enum BERTCheckpoint {
    /// Reads sizes and choices.
    ///
    /// - Throws: ``InputError`` for a setting that changes the arithmetic and is not supported.
    static func configuration(_ config: JSONCursor) throws -> BERTConfiguration {
        let type = try config.member("model_type").string()
        guard let family = BERTConfiguration.Family(rawValue: type) else {
            throw config.error("the model family is \(type)", remedy: "it is neither bert nor roberta")
        }
        for key in ["is_decoder", "add_cross_attention"] { try config.refuse(key, unless: false) }
        // An untied head has a bias beside the one that is stored, and one of the two goes unused.
        try config.refuse("tie_word_embeddings", unless: true)
        if let kind = try config.optional("position_embedding_type")?.string(), kind != "absolute" {
            throw config.error("position_embedding_type is \(kind)", remedy: "only absolute positions are supported")
        }
        let (width, heads) = try config.widthAndHeads()
        let offset = family == .bert ? 0 : (try config.optional("pad_token_id")?.int() ?? 1) + 1
        let positions = try config.size("max_position_embeddings")
        guard 0..<positions ~= offset else {
            throw config.error(
                "max_position_embeddings \(positions) leaves no place behind pad_token_id \(offset - 1)",
                remedy: "correct config.json")
        }
        return BERTConfiguration(
            family: family, vocabularySize: try config.size("vocab_size"), contextLength: positions - offset,
            hiddenSize: width, layerCount: try config.size("num_hidden_layers"), headCount: heads,
            innerSize: try config.size("intermediate_size"), normEpsilon: try config.epsilon("layer_norm_eps", 1e-12),
            activation: try config.activation("hidden_act", usual: "gelu"),
            tokenTypeCount: try config.optional("type_vocab_size") == nil ? 2 : config.size("type_vocab_size"),
            positionOffset: offset)
    }

    /// The canonical name of a tensor: BERT's first files call a norm's gain `gamma` and its bias `beta`.
    static func canonicalName(_ name: String) -> String {
        for (old, new) in [(".gamma", ".weight"), (".beta", ".bias")] where name.hasSuffix("LayerNorm" + old) {
            return name.dropLast(old.count) + new
        }
        return name
    }

    /// Whether a canonical name is a buffer, or belongs to what stands beside the head for masked tokens: the pooler and the head
    /// for next sentences.
    static func isBuffer(_ name: String) -> Bool {
        name.hasSuffix(".embeddings.position_ids") || name.hasSuffix(".embeddings.token_type_ids")
            || ["bert.pooler.", "roberta.pooler.", "cls.seq_relationship."].contains { name.hasPrefix($0) }
    }

    /// `config.json` of a model that came without one.
    static func config(_ sizes: BERTConfiguration) -> JSON {
        [
            "architectures": [.string(sizes.family.architecture)], "model_type": .string(sizes.family.rawValue),
            "vocab_size": .integer(sizes.vocabularySize),
            "max_position_embeddings": .integer(sizes.contextLength + sizes.positionOffset),
            "hidden_size": .integer(sizes.hiddenSize), "num_hidden_layers": .integer(sizes.layerCount),
            "num_attention_heads": .integer(sizes.headCount), "intermediate_size": .integer(sizes.innerSize),
            "hidden_act": .string(sizes.activation.configName), "layer_norm_eps": .single(sizes.normEpsilon),
            "type_vocab_size": .integer(sizes.tokenTypeCount),
            // BERT pads with 0; RoBERTa's positions begin behind its padding token.
            "pad_token_id": .integer(sizes.family == .bert ? 0 : sizes.positionOffset - 1),
            "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0,
            "tie_word_embeddings": .bool(sizes.tiedHead), "dtype": "float32",
        ]
    }
}
