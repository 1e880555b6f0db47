import FileSupport

extension ModelType {
    /// BERT.
    public static let bert = ModelType("bert", title: "BERT", architecture: "BertForMaskedLM", BERT.self)
    /// RoBERTa.
    public static let roberta = ModelType(
        "roberta", title: "RoBERTa", architecture: "RobertaForMaskedLM", BERT.self)
}

/// BERT (Devlin et al. 2019) and RoBERTa (Liu et al. 2019) with their heads for masked tokens, as in Hugging Face's
/// `BertForMaskedLM` and `RobertaForMaskedLM`: every token sees every other, norms stand after what they add to. All
/// tokens are of type 0.
enum BERT: TransformerFamily {
    static let types = [ModelType.bert, .roberta]
    static let keys = SizeKeys()

    static func prepare(_ sizes: inout ModelConfiguration) {
        sizes.isMasked = true
        sizes.isCausal = false
        sizes.normsAfterSum = true
        sizes.normEpsilon = 1e-12
        sizes.tokenTypeCount = 2
    }

    static func names(_ sizes: ModelConfiguration) -> TransformerNames {
        let isBERT = sizes.type == .bert
        let (root, head) = (sizes.type.name + ".", isBERT ? "cls.predictions." : "lm_head.")
        return TransformerNames(
            tokens: root + "embeddings.word_embeddings", positions: root + "embeddings.position_embeddings",
            tokenTypes: root + "embeddings.token_type_embeddings", embeddingNorm: root + "embeddings.LayerNorm",
            blocks: root + "encoder.layer.",
            block: [
                (.query, "attention.self.query"), (.key, "attention.self.key"), (.value, "attention.self.value"),
                (.attentionOutput, "attention.output.dense"), (.attentionNorm, "attention.output.LayerNorm"),
                (.mlpInput, "intermediate.dense"), (.mlpOutput, "output.dense"), (.mlpNorm, "output.LayerNorm"),
            ],
            headLayer: isBERT
                ? (head + "transform.dense", sizes.activation, head + "transform.LayerNorm")
                : (head + "dense", .gelu, head + "layer_norm"),
            // An untied head has a bias of its own, and the other goes unused.
            headBias: sizes.tiedHead ? (head + "bias", head + "decoder.bias") : (head + "decoder.bias", head + "bias"),
            head: head + "decoder")
    }

    static func read(_ config: JSONCursor, into sizes: inout ModelConfiguration) throws {
        for key in ["is_decoder", "add_cross_attention"] { try config.refuse(key, unless: false) }
        if let kind = try config.optional("position_embedding_type")?.string(), kind != "absolute" {
            throw config.error("position_embedding_type is \(kind)", remedy: "only absolute positions are supported")
        }
        if sizes.type == .roberta {
            let padding = try config.present("pad_token_id")?.int(-1...ModelLimits.other) ?? 1
            sizes.positionOffset = padding + 1
            sizes.uncountedToken = Int32(exactly: padding)
        }
        guard 0..<sizes.contextLength ~= sizes.positionOffset else {
            throw config.error(
                "max_position_embeddings \(sizes.contextLength) leaves no place after pad_token_id "
                    + "\(sizes.positionOffset - 1)", remedy: "correct config.json")
        }
        sizes.contextLength -= sizes.positionOffset
        sizes.tokenTypeCount = try config.optionalSize("type_vocab_size") ?? 2
    }

    static func ownConfig(_ sizes: ModelConfiguration, beginToken: JSON) -> JSON {
        [
            "max_position_embeddings": .integer(sizes.contextLength + sizes.positionOffset),
            "type_vocab_size": .integer(sizes.tokenTypeCount),
            // BERT pads with 0; RoBERTa's positions begin after its padding token.
            "pad_token_id": .integer(sizes.type == .bert ? 0 : sizes.positionOffset - 1),
            "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0, "dtype": "float32",
        ]
    }

    /// BERT's first files call a norm's gain `gamma` and its bias `beta`. The pooler and the head for next sentences
    /// stand beside the head for masked tokens.
    static func canonicalName(_ stored: String) -> String? {
        var name = stored
        for (old, new) in [(".gamma", ".weight"), (".beta", ".bias")] where stored.hasSuffix("LayerNorm" + old) {
            name = stored.dropLast(old.count) + new
        }
        let isLeftOut =
            name.hasSuffix(".embeddings.position_ids") || name.hasSuffix(".embeddings.token_type_ids")
            || ["bert.pooler.", "roberta.pooler.", "cls.seq_relationship."].contains { name.hasPrefix($0) }
        return isLeftOut ? nil : name
    }
}
