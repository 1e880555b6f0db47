import FileSupport

extension ModelType {
    /// GPT-J.
    public static let gptj = ModelType("gptj", title: "GPT-J", architecture: "GPTJForCausalLM", GPTJ.self)
}

/// GPT-J (Wang and Komatsuzaki 2021), as in Hugging Face's `GPTJForCausalLM`: attention and feed-forward network side by side
/// after one norm, rotary positions of neighbouring pairs on the front of each head, a head with a bias.
enum GPTJ: TransformerFamily {
    static let types = [ModelType.gptj]
    static let keys = SizeKeys(
        contextLength: "n_positions", hiddenSize: "n_embd", layerCount: "n_layer", headCount: "n_head",
        innerSize: "n_inner", innerSizeIsOptional: true, normEpsilon: "layer_norm_epsilon",
        activation: "activation_function")

    /// Other families' names beside its own win over them.
    static func spelled(_ config: JSONCursor, _ type: ModelType) -> JSONCursor { GPT2.spelled(config, type) }

    static func prepare(_ sizes: inout ModelConfiguration) {
        sizes.activation = .tanhGELU
        sizes.tiedHead = false
        sizes.attentionBias = .none
        sizes.parallelResidual = true
        sizes.rotatesNeighbours = true
        sizes.setRotary(rotary(min(64, sizes.headSize / 2 * 2)))
    }

    /// The base is the model's own: `create_sinusoidal_positions`.
    private static func rotary(_ turning: Int) -> RotaryFrequencies {
        RotaryFrequencies(base: 10_000, headSize: turning)
    }

    static func names(_ sizes: ModelConfiguration) -> TransformerNames {
        TransformerNames(
            tokens: "transformer.wte", blocks: "transformer.h.",
            block: [
                (.attentionNorm, "ln_1"), (.query, "attn.q_proj"), (.key, "attn.k_proj"), (.value, "attn.v_proj"),
                (.attentionOutput, "attn.out_proj"), (.mlpInput, "mlp.fc_in"), (.mlpOutput, "mlp.fc_out"),
            ], finalNorm: "transformer.ln_f", headBias: ("lm_head.bias", nil))
    }

    static func read(_ config: JSONCursor, into sizes: inout ModelConfiguration) throws {
        try config.refuseNull("rotary_dim")
        let turning = try config.optionalSize("rotary_dim") ?? 64
        guard turning <= sizes.headSize, turning % 2 == 0 else {
            throw config.error(
                "rotary_dim \(turning) of a head of \(sizes.headSize)",
                remedy: "rotary positions need an even number that a head has")
        }
        sizes.setRotary(rotary(turning))
    }

    static func ownConfig(_ sizes: ModelConfiguration, beginToken: JSON) -> JSON {
        [
            "n_inner": sizes.innerSize == 4 * sizes.hiddenSize ? .null : .integer(sizes.innerSize),
            "rotary_dim": .integer(2 * (sizes.layers.first?.rotary?.values.count ?? 32)), "resid_pdrop": 0.0,
            "embd_pdrop": 0.0, "attn_pdrop": 0.0, "dtype": "float32", "bos_token_id": beginToken,
            "eos_token_id": beginToken,
        ]
    }

    /// As GPT-2's: `transformer.` may lack, masks may be stored.
    static func canonicalName(_ stored: String) -> String? { GPT2.canonicalName(stored) }
}
