import FileSupport

extension ModelType {
    /// BLOOM.
    public static let bloom = ModelType("bloom", title: "BLOOM", architecture: "BloomForCausalLM", BLOOM.self)
}

/// BLOOM (BigScience 2022, arXiv 2211.05100), as in Hugging Face's `BloomForCausalLM`: positions by linear biases of the
/// attention scores, embeddings that are normed, tanh GELU, the head tied to the token embedding.
enum BLOOM: TransformerFamily {
    static let types = [ModelType.bloom]
    static let keys = SizeKeys(
        contextLength: "seq_length", layerCount: "n_layer", headCount: "n_head", innerSize: nil,
        normEpsilon: "layer_norm_epsilon", activation: nil)

    /// Other names win over its own. How long a text may be only some files say.
    static func spelled(_ config: JSONCursor, _ type: ModelType) -> JSONCursor {
        config.spelled(with: [
            ("n_embed", "hidden_size"), ("num_hidden_layers", "n_layer"), ("num_attention_heads", "n_head"),
        ]).completed(by: ["seq_length": 2048])
    }

    static func prepare(_ sizes: inout ModelConfiguration) {
        sizes.activation = .tanhGELU
        sizes.linearBiases = true
    }

    static func names(_ sizes: ModelConfiguration) -> TransformerNames {
        TransformerNames(
            tokens: "transformer.word_embeddings", embeddingNorm: "transformer.word_embeddings_layernorm",
            blocks: "transformer.h.",
            block: [
                (.attentionNorm, "input_layernorm"), (.queryKeyValue, "self_attention.query_key_value"),
                (.attentionOutput, "self_attention.dense"), (.mlpNorm, "post_attention_layernorm"),
                (.mlpInput, "mlp.dense_h_to_4h"), (.mlpOutput, "mlp.dense_4h_to_h"),
            ], finalNorm: "transformer.ln_f", packing: .byHead)
    }

    static func read(_ config: JSONCursor, into sizes: inout ModelConfiguration) throws {
        sizes.normedResidual = try config.flag("apply_residual_connection_post_layernorm", false)
        // Products in slices leave out biases (`BloomAttention.forward`).
        if try config.optional("pretraining_tp")?.int() ?? 1 > 1 { try config.refuse("slow_but_exact", unless: false) }
    }

    static func ownConfig(_ sizes: ModelConfiguration, beginToken: JSON) -> JSON {
        [
            "apply_residual_connection_post_layernorm": .bool(sizes.normedResidual), "pretraining_tp": 1,
            "slow_but_exact": false, "hidden_dropout": 0.0, "attention_dropout": 0.0, "dtype": "float32",
            "bos_token_id": beginToken, "eos_token_id": beginToken, "pad_token_id": .null,
        ]
    }

    /// Published files hold the network without its head, whose tensors have no `transformer.`.
    static func canonicalName(_ stored: String) -> String? {
        stored.hasPrefix("transformer.") || stored.hasPrefix("lm_head.") ? stored : "transformer." + stored
    }
}
