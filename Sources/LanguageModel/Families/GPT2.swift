import FileSupport

extension ModelType {
    /// GPT-2 and what has its shape.
    public static let gpt2 = ModelType("gpt2", title: "GPT-2", architecture: "GPT2LMHeadModel", GPT2.self)
}

/// GPT-2 (Radford et al. 2019), as in Hugging Face's `GPT2LMHeadModel`: learned positions, norms before attention
/// and MLP, tanh GELU, the head tied to the token embedding.
enum GPT2: TransformerFamily {
    static let types = [ModelType.gpt2]
    static let keys = SizeKeys(
        contextLength: "n_positions", hiddenSize: "n_embd", layerCount: "n_layer", headCount: "n_head",
        innerSize: "n_inner", innerSizeIsOptional: true, normEpsilon: "layer_norm_epsilon",
        activation: "activation_function")

    /// Other families' names beside its own win over them.
    static func spelled(_ config: JSONCursor, _ type: ModelType) -> JSONCursor {
        config.spelled(with: [
            ("hidden_size", "n_embd"), ("num_hidden_layers", "n_layer"), ("num_attention_heads", "n_head"),
            ("max_position_embeddings", "n_positions"),
        ])
    }

    static func prepare(_ sizes: inout ModelConfiguration) { sizes.activation = .tanhGELU }

    static func names(_ sizes: ModelConfiguration) -> TransformerNames {
        TransformerNames(
            tokens: "transformer.wte", positions: "transformer.wpe", blocks: "transformer.h.",
            block: [
                (.attentionNorm, "ln_1"), (.queryKeyValue, "attn.c_attn"), (.attentionOutput, "attn.c_proj"),
                (.mlpNorm, "ln_2"), (.mlpInput, "mlp.c_fc"), (.mlpOutput, "mlp.c_proj"),
            ], finalNorm: "transformer.ln_f", inputsFirst: true)
    }

    /// 0.02, of weights that write to the residual stream `0.02 / √(2L)` (GPT-2 paper, section 2.3, and
    /// `GPT2PreTrainedModel._init_weights`).
    static func deviation(of tensor: ParameterInfo, _ sizes: ModelConfiguration) -> Double {
        0.02 / (tensor.name.hasSuffix("c_proj.weight") ? (2 * Double(sizes.layerCount)).squareRoot() : 1)
    }

    static func read(_ config: JSONCursor, into sizes: inout ModelConfiguration) throws {
        if try !config.flag("scale_attn_weights", true) { sizes.attentionScale = 1 }
        if try config.flag("scale_attn_by_inverse_layer_idx", false) {
            for i in sizes.layers.indices { sizes.layers[i].scale = 1 / Float(i + 1) }
        }
        try config.refuse("add_cross_attention", unless: false)
    }

    static func ownConfig(_ sizes: ModelConfiguration, beginToken: JSON) -> JSON {
        [
            "n_inner": sizes.innerSize == 4 * sizes.hiddenSize ? .null : .integer(sizes.innerSize),
            "scale_attn_weights": .bool(sizes.attentionScale != 1 || sizes.headSize == 1),
            "scale_attn_by_inverse_layer_idx": .bool(sizes.layers.contains { $0.scale != 1 }),
            "resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0,
            "bos_token_id": beginToken, "eos_token_id": beginToken,
        ]
    }

    /// Hugging Face writes `transformer.h.0…` for the model with its head and `h.0…` for the one without. Old versions
    /// stored the causal mask and its filler as well.
    static func canonicalName(_ stored: String) -> String? {
        let name =
            stored.hasPrefix("transformer.") || stored.hasPrefix("lm_head.") ? stored : "transformer." + stored
        let words = name.split(separator: ".")
        let isMask =
            words.count == 5 && words[0] == "transformer" && words[1] == "h" && Int(words[2]) != nil
            && words[3] == "attn" && (words[4] == "bias" || words[4] == "masked_bias")
        return isMask ? nil : name
    }
}
