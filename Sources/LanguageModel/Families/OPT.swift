import FileSupport

extension ModelType {
    /// OPT in every size.
    public static let opt = ModelType("opt", title: "OPT", architecture: "OPTForCausalLM", OPT.self)
}

/// OPT (Zhang et al. 2022), as in Hugging Face's `OPTForCausalLM`: learned positions, ReLU, norms before attention and
/// feed-forward network or after them; embeddings of OPT-350M are narrower than its blocks.
enum OPT: TransformerFamily {
    static let types = [ModelType.opt]
    static let keys = SizeKeys(innerSize: "ffn_dim", normEpsilon: nil, activation: "activation_function")

    static func prepare(_ sizes: inout ModelConfiguration) {
        sizes.activation = .relu
        // `OPTLearnedPositionalEmbedding`
        sizes.positionOffset = 2
    }

    static func names(_ sizes: ModelConfiguration) -> TransformerNames {
        TransformerNames(
            tokens: "model.decoder.embed_tokens", positions: "model.decoder.embed_positions",
            projections: ("model.decoder.project_in", "model.decoder.project_out"),
            blocks: "model.decoder.layers.",
            block: [
                (.query, "self_attn.q_proj"), (.key, "self_attn.k_proj"), (.value, "self_attn.v_proj"),
                (.attentionOutput, "self_attn.out_proj"), (.attentionNorm, "self_attn_layer_norm"),
                (.mlpInput, "fc1"), (.mlpOutput, "fc2"), (.mlpNorm, "final_layer_norm"),
            ], finalNorm: "model.decoder.final_layer_norm")
    }

    static func read(_ config: JSONCursor, into sizes: inout ModelConfiguration) throws {
        sizes.embeddingSize =
            try config.optionalSize("word_embed_proj_dim", atMost: ModelLimits.width) ?? sizes.hiddenSize
        try config.refuse("layer_norm_elementwise_affine", unless: true)
        sizes.normsAfterSum = try !config.flag("do_layer_norm_before", true)
        sizes.finalNorm = try !config.flag("_remove_final_layer_norm", false) && !sizes.normsAfterSum
        sizes.mlpBias = try config.flag("enable_bias", true)
        sizes.attentionBias = sizes.mlpBias ? .all : .none
    }

    static func ownConfig(_ sizes: ModelConfiguration, beginToken: JSON) -> JSON {
        [
            "word_embed_proj_dim": .integer(sizes.embeddingSize), "do_layer_norm_before": .bool(!sizes.normsAfterSum),
            "_remove_final_layer_norm": .bool(!sizes.normsAfterSum && !sizes.finalNorm),
            "enable_bias": .bool(sizes.mlpBias), "layer_norm_elementwise_affine": true,
            "dropout": 0.0, "attention_dropout": 0.0, "layerdrop": 0.0, "dtype": "float32",
            "bos_token_id": beginToken, "eos_token_id": beginToken, "pad_token_id": .null,
        ]
    }

    /// The network without its head is stored without `model.`.
    static func canonicalName(_ stored: String) -> String? {
        stored.hasPrefix("decoder.") ? "model." + stored : stored
    }
}
