import FileSupport

/// OPT as Hugging Face stores it: `config.json` and the names of the tensors.
enum OPTCheckpoint {
    /// Reads sizes and choices.
    ///
    /// - Throws: ``InputError`` for a setting that changes the arithmetic and is not supported.
    static func configuration(_ config: JSONCursor) throws -> OPTConfiguration {
        let (width, heads) = try config.widthAndHeads()
        if try config.optional("word_embed_proj_dim") != nil {
            let embedded = try config.size("word_embed_proj_dim")
            guard embedded == width else {
                throw config.error(
                    "word_embed_proj_dim is \(embedded) and hidden_size \(width)",
                    remedy:
                        "only models whose embeddings are as wide as their blocks are supported, as all of OPT but 350M"
                )
            }
        }
        try config.refuse("layer_norm_elementwise_affine", unless: true)
        let normsBefore = try config.optional("do_layer_norm_before")?.bool() ?? true
        let hasFinalNorm = try config.optional("_remove_final_layer_norm")?.bool() != true
        return OPTConfiguration(
            vocabularySize: try config.size("vocab_size"), contextLength: try config.size("max_position_embeddings"),
            hiddenSize: width, layerCount: try config.size("num_hidden_layers"), headCount: heads,
            innerSize: try config.size("ffn_dim"),
            activation: try config.activation("activation_function", usual: "relu"),
            normsBefore: normsBefore, finalNorm: normsBefore && hasFinalNorm,
            biases: try config.optional("enable_bias")?.bool() ?? true,
            tiedHead: try config.optional("tie_word_embeddings")?.bool() ?? true)
    }

    /// The canonical name of a tensor: the network without its head is stored without `model.`.
    static func canonicalName(_ name: String) -> String { name.hasPrefix("decoder.") ? "model." + name : name }

    /// `config.json` of a model that came without one.
    static func config(_ sizes: OPTConfiguration, beginToken: Int32?) -> JSON {
        [
            "architectures": ["OPTForCausalLM"], "model_type": "opt", "vocab_size": .integer(sizes.vocabularySize),
            "max_position_embeddings": .integer(sizes.contextLength), "hidden_size": .integer(sizes.hiddenSize),
            "word_embed_proj_dim": .integer(sizes.hiddenSize), "num_hidden_layers": .integer(sizes.layerCount),
            "num_attention_heads": .integer(sizes.headCount), "ffn_dim": .integer(sizes.innerSize),
            "activation_function": .string(sizes.activation.configName),
            "do_layer_norm_before": .bool(sizes.normsBefore),
            "_remove_final_layer_norm": .bool(sizes.normsBefore && !sizes.finalNorm),
            "enable_bias": .bool(sizes.biases), "layer_norm_elementwise_affine": true,
            "dropout": 0.0, "attention_dropout": 0.0, "layerdrop": 0.0,
            "tie_word_embeddings": .bool(sizes.tiedHead), "dtype": "float32",
            "bos_token_id": beginToken.map { .integer(Int($0)) } ?? .null,
            "eos_token_id": beginToken.map { .integer(Int($0)) } ?? .null, "pad_token_id": .null,
        ]
    }
}
