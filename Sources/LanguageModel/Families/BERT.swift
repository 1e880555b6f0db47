import FileSupport
import LinearAlgebra

/// The sizes and choices of a BERT or RoBERTa model, in the words of its `config.json`.
public struct BERTConfiguration: ModelConfiguration, Equatable {
    /// The family, `model_type`.
    public enum Family: String, ModelType {
        case bert
        case roberta

        /// Its name in prose.
        public var title: String { self == .bert ? "BERT" : "RoBERTa" }

        /// The class of transformers, as `architectures` names it.
        public var architecture: String { self == .bert ? "BertForMaskedLM" : "RobertaForMaskedLM" }
    }

    /// The family.
    public var family: Family
    /// `vocab_size`, V.
    public var vocabularySize: Int
    /// Most tokens in a sequence: `max_position_embeddings` without ``positionOffset``.
    public var contextLength: Int
    /// `hidden_size`, C.
    public var hiddenSize: Int
    /// `num_hidden_layers`, L.
    public var layerCount: Int
    /// `num_attention_heads`, H; divides C.
    public var headCount: Int
    /// `intermediate_size`, I.
    public var innerSize: Int
    /// `layer_norm_eps`.
    public var normEpsilon: Float
    /// `hidden_act`; RoBERTa's head has GELU whatever this says.
    public var activation: ActivationFunction
    /// `type_vocab_size`: rows of the token type table, of which every sequence uses the first.
    public var tokenTypeCount: Int
    /// Row of the position table for the first token: 0, in RoBERTa `pad_token_id + 1`.
    public var positionOffset: Int
    /// Whether the head is the token embedding.
    public var tiedHead: Bool

    /// The network.
    public var network: ModelNetwork { ModelNetwork(BERT(self)) }

    /// Makes a configuration; the defaults are those of BERT base.
    public init(
        family: Family = .bert, vocabularySize: Int = 30522, contextLength: Int = 512, hiddenSize: Int = 768,
        layerCount: Int = 12, headCount: Int = 12, innerSize: Int? = nil, normEpsilon: Float = 1e-12,
        activation: ActivationFunction = .gelu, tokenTypeCount: Int = 2, positionOffset: Int = 0, tiedHead: Bool = true
    ) {
        precondition(hiddenSize % headCount == 0, "\(headCount) heads do not divide \(hiddenSize)")
        self.family = family
        self.vocabularySize = vocabularySize
        self.contextLength = contextLength
        self.hiddenSize = hiddenSize
        self.layerCount = layerCount
        self.headCount = headCount
        self.innerSize = innerSize ?? 4 * hiddenSize
        self.normEpsilon = normEpsilon
        self.activation = activation
        self.tokenTypeCount = tokenTypeCount
        self.positionOffset = positionOffset
        self.tiedHead = tiedHead
    }
}

/// BERT (Devlin et al. 2019) and RoBERTa (Liu et al. 2019) with their heads for masked tokens, as in Hugging Face's
/// `BertForMaskedLM` and `RobertaForMaskedLM`: every token sees every other, norms stand after what they add to.
///
/// Weights keep PyTorch's orientation `(out, in)`. All tokens are of type 0.
struct BERT: ModelFamily {
    static let isMasked = true

    let sizes: BERTConfiguration
    let layout: ParameterLayout
    let tokenEmbedding: ParameterInfo
    private let positionEmbedding: ParameterInfo
    private let typeEmbedding: ParameterInfo
    private let embeddingNorm: NormTensors
    let blocks: [Block]
    private let transform: LinearTensors
    private let transformNorm: NormTensors
    private let bias: ParameterInfo
    let head: ParameterInfo

    var headBias: ParameterInfo? { bias }
}

// MARK: - Parameters

extension BERT {
    /// The tensors of one block, below `encoder.layer`.
    struct Block {
        /// `attention.self.query`, `key`, `value`, `(C, C)`.
        let attentionInputs: [LinearTensors]
        /// `attention.output.dense`, `(C, C)`.
        let attentionOutput: LinearTensors
        /// `attention.output.LayerNorm`, `(C)`.
        let attentionNorm: NormTensors
        /// `intermediate.dense`, `(I, C)`.
        let mlpInput: LinearTensors
        /// `output.dense`, `(C, I)`.
        let mlpOutput: LinearTensors
        /// `output.LayerNorm`, `(C)`.
        let mlpNorm: NormTensors
    }

    init(_ sizes: BERTConfiguration) {
        let (v, c, inner) = (sizes.vocabularySize, sizes.hiddenSize, sizes.innerSize)
        let isBERT = sizes.family == .bert
        let root = sizes.family.rawValue + "."
        var layout = ParameterLayout()
        tokenEmbedding = layout.append(root + "embeddings.word_embeddings.weight", [v, c], .embeddings)
        positionEmbedding = layout.append(
            root + "embeddings.position_embeddings.weight", [sizes.contextLength + sizes.positionOffset, c], .positions)
        // One row for all tokens: a constant, like that of a position.
        typeEmbedding = layout.append(
            root + "embeddings.token_type_embeddings.weight", [sizes.tokenTypeCount, c], .positions)
        embeddingNorm = layout.appendNorm(root + "embeddings.LayerNorm", c)
        blocks = (0..<sizes.layerCount).map { i in
            let name = root + "encoder.layer.\(i)."
            return Block(
                attentionInputs: ["query", "key", "value"].map {
                    layout.appendLinear(name + "attention.self.\($0)", [c, c], .attention, layer: i)
                },
                attentionOutput: layout.appendLinear(name + "attention.output.dense", [c, c], .attention, layer: i),
                attentionNorm: layout.appendNorm(name + "attention.output.LayerNorm", c, layer: i),
                mlpInput: layout.appendLinear(name + "intermediate.dense", [inner, c], .mlp, layer: i),
                mlpOutput: layout.appendLinear(name + "output.dense", [c, inner], .mlp, layer: i),
                mlpNorm: layout.appendNorm(name + "output.LayerNorm", c, layer: i))
        }
        // The head's own layer counts as a feed-forward network after the blocks, its bias as the head.
        transform = layout.appendLinear(isBERT ? "cls.predictions.transform.dense" : "lm_head.dense", [c, c], .mlp)
        transformNorm = layout.appendNorm(
            isBERT ? "cls.predictions.transform.LayerNorm" : "lm_head.layer_norm", c)
        bias = layout.append(isBERT ? "cls.predictions.bias" : "lm_head.bias", [v], .embeddings)
        head = layout.appendHead(Self.headName(sizes.family), unlessTied: sizes.tiedHead, to: tokenEmbedding)
        self.sizes = sizes
        self.layout = layout
    }

    /// What reads, and the attention's outputs. Embeddings and feed-forward networks write to sums that no site holds:
    /// what reads them next receives them normed.
    var residualWeights: [ResidualWeight] {
        var out: [ResidualWeight] = []
        for (i, block) in blocks.enumerated() {
            for layer in block.attentionInputs { out += layer.reading(at: .attentionInput(i)) }
            out += block.attentionOutput.writing(at: .attentionOutput(i))
            out += block.mlpInput.reading(at: .mlpInput(i))
        }
        out += transform.reading(at: .stream(sizes.layerCount))
        return out + headWeights
    }
}

// MARK: - Network

extension BERT {
    func embed(_ tape: Tape, _ batch: Batch) -> Activation {
        let sum = tape.embedding(
            tokens: batch.tokens, positions: batch.positions, tokenWeight: tape.parameter(tokenEmbedding),
            positionWeight: tape.parameter(positionEmbedding).rows(from: sizes.positionOffset),
            everywhere: tape.parameter(typeEmbedding))
        return norm(tape, embeddingNorm, sum)
    }

    /// `y = norm(x + attention.output.dense(attention(q, k, v)))`, then `norm(y +
    /// output.dense(f(intermediate.dense(y))))`.
    func run(_ block: Block, _ x: Activation, _ pass: BlockPass) -> Activation {
        let tape = pass.tape
        pass.observe(.attentionInput(pass.index), x)
        let mixed = pass.attention(
            tape.projection(x, block.attentionInputs),
            AttentionShape(
                heads: sizes.headCount, keyValueHeads: sizes.headCount, headSize: headSize, isCausal: false))
        let change = tape.projection(mixed, [block.attentionOutput])
        let changed = tape.add(pass.kept(x), change)
        pass.observe(.attentionOutput(pass.index), changed)
        let read = norm(tape, block.attentionNorm, changed)
        pass.observe(.mlpInput(pass.index), read)
        return norm(
            tape, block.mlpNorm, tape.add(read, tape.mlp(read, block.mlpInput, sizes.activation, block.mlpOutput)))
    }

    /// The head's own layer: that of BERT goes through `hidden_act`, that of RoBERTa through GELU.
    func finish(_ tape: Tape, _ x: Activation) -> Activation {
        let function = sizes.family == .bert ? sizes.activation : .gelu
        return norm(tape, transformNorm, tape.activation(tape.projection(x, [transform]), function))
    }

    private func norm(_ tape: Tape, _ norm: NormTensors, _ x: Activation) -> Activation {
        tape.layerNorm(x, norm, epsilon: sizes.normEpsilon)
    }
}

// MARK: - Checkpoints

extension BERT {
    static func sizes(_ config: JSONCursor, _ family: BERTConfiguration.Family) throws -> BERTConfiguration {
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
                "max_position_embeddings \(positions) leaves no place after pad_token_id \(offset - 1)",
                remedy: "correct config.json")
        }
        return BERTConfiguration(
            family: family, vocabularySize: try config.size("vocab_size"), contextLength: positions - offset,
            hiddenSize: width, layerCount: try config.size("num_hidden_layers"), headCount: heads,
            innerSize: try config.size("intermediate_size"), normEpsilon: try config.epsilon("layer_norm_eps", 1e-12),
            activation: try config.activation("hidden_act", usual: "gelu"),
            tokenTypeCount: try config.optionalSize("type_vocab_size") ?? 2,
            positionOffset: offset)
    }

    func config(beginToken: Int32?) -> JSON {
        [
            "vocab_size": .integer(sizes.vocabularySize),
            "max_position_embeddings": .integer(sizes.contextLength + sizes.positionOffset),
            "hidden_size": .integer(sizes.hiddenSize), "num_hidden_layers": .integer(sizes.layerCount),
            "num_attention_heads": .integer(sizes.headCount), "intermediate_size": .integer(sizes.innerSize),
            "hidden_act": .string(sizes.activation.configName), "layer_norm_eps": .single(sizes.normEpsilon),
            "type_vocab_size": .integer(sizes.tokenTypeCount),
            // BERT pads with 0; RoBERTa's positions begin after its padding token.
            "pad_token_id": .integer(sizes.family == .bert ? 0 : sizes.positionOffset - 1),
            "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0,
            "tie_word_embeddings": .bool(sizes.tiedHead), "dtype": "float32",
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

    static func headName(_ family: BERTConfiguration.Family) -> String {
        family == .bert ? "cls.predictions.decoder.weight" : "lm_head.decoder.weight"
    }

    var copies: [String: ParameterInfo] {
        let biasName = sizes.family == .bert ? "cls.predictions.decoder.bias" : "lm_head.decoder.bias"
        return tiedHeadCopy.merging([biasName: bias]) { $1 }
    }
}
