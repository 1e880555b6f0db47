import FileSupport
import LinearAlgebra

/// The sizes and choices of an OPT model, in the words of its `config.json`.
public struct OPTConfiguration: ModelConfiguration, Equatable {
    /// OPT in every size.
    public enum Family: String, ModelType {
        case opt

        /// Its name in prose.
        public var title: String { "OPT" }
        /// The class of transformers, as `architectures` names it.
        public var architecture: String { "OPTForCausalLM" }
    }

    /// The family.
    public var family: Family { .opt }
    /// `vocab_size`, V.
    public var vocabularySize: Int
    /// `max_position_embeddings`.
    public var contextLength: Int
    /// `hidden_size`, C.
    public var hiddenSize: Int
    /// `num_hidden_layers`, L.
    public var layerCount: Int
    /// `num_attention_heads`, H; divides C.
    public var headCount: Int
    /// `ffn_dim`, I.
    public var innerSize: Int
    /// `activation_function`.
    public var activation: ActivationFunction
    /// `do_layer_norm_before`: norms stand before attention and feed-forward network, else after what they add to.
    public var normsBefore: Bool
    /// Whether a norm stands before the head: with ``normsBefore``, unless `_remove_final_layer_norm` says otherwise.
    public var finalNorm: Bool
    /// `enable_bias`: layers other than norms have biases.
    public var biases: Bool
    /// `tie_word_embeddings`: the head is the token embedding.
    public var tiedHead: Bool

    /// The network.
    public var network: ModelNetwork { ModelNetwork(OPT(self)) }

    /// Makes a configuration; the defaults are those of OPT 125M.
    public init(
        vocabularySize: Int = 50272, contextLength: Int = 2048, hiddenSize: Int = 768, layerCount: Int = 12,
        headCount: Int = 12, innerSize: Int? = nil, activation: ActivationFunction = .relu, normsBefore: Bool = true,
        finalNorm: Bool? = nil, biases: Bool = true, tiedHead: Bool = true
    ) {
        precondition(hiddenSize % headCount == 0, "\(headCount) heads do not divide \(hiddenSize)")
        self.vocabularySize = vocabularySize
        self.contextLength = contextLength
        self.hiddenSize = hiddenSize
        self.layerCount = layerCount
        self.headCount = headCount
        self.innerSize = innerSize ?? 4 * hiddenSize
        self.activation = activation
        self.normsBefore = normsBefore
        self.finalNorm = finalNorm ?? normsBefore
        self.biases = biases
        self.tiedHead = tiedHead
    }
}

/// OPT (Zhang et al. 2022), as in Hugging Face's `OPTForCausalLM`: learned positions, ReLU, norms before attention and
/// feed-forward network or after them.
///
/// Weights keep PyTorch's orientation `(out, in)`.
struct OPT: ModelFamily {
    static let isMasked = false

    let sizes: OPTConfiguration
    let layout: ParameterLayout
    let tokenEmbedding: ParameterInfo
    private let positionEmbedding: ParameterInfo
    private let finalNorm: NormTensors?
    let blocks: [Block]
    let head: ParameterInfo

    /// Rows of the position table before that of the first token (`OPTLearnedPositionalEmbedding`).
    private static let positionOffset = 2
    /// What `OPTForCausalLM` adds to the variance in every norm.
    private static let normEpsilon: Float = 1e-5
}

// MARK: - Parameters

extension OPT {
    /// The tensors of one block.
    struct Block {
        /// `self_attn.q_proj`, `k_proj`, `v_proj`, `(C, C)`.
        let attentionInputs: [LinearTensors]
        /// `self_attn.out_proj`, `(C, C)`.
        let attentionOutput: LinearTensors
        /// `self_attn_layer_norm`, `(C)`.
        let attentionNorm: NormTensors
        /// `fc1`, `(I, C)`.
        let mlpInput: LinearTensors
        /// `fc2`, `(C, I)`.
        let mlpOutput: LinearTensors
        /// `final_layer_norm`, `(C)`.
        let mlpNorm: NormTensors
    }

    init(_ sizes: OPTConfiguration) {
        let (v, c, inner) = (sizes.vocabularySize, sizes.hiddenSize, sizes.innerSize)
        var layout = ParameterLayout()
        tokenEmbedding = layout.append("model.decoder.embed_tokens.weight", [v, c], .embeddings)
        positionEmbedding = layout.append(
            "model.decoder.embed_positions.weight", [sizes.contextLength + Self.positionOffset, c], .positions)
        blocks = (0..<sizes.layerCount).map { i in
            let name = "model.decoder.layers.\(i)."
            func layer(_ own: String, _ shape: [Int], _ module: ParameterModule) -> LinearTensors {
                layout.appendLinear(name + own, shape, module, layer: i, bias: sizes.biases)
            }
            return Block(
                attentionInputs: ["q", "k", "v"].map { layer("self_attn.\($0)_proj", [c, c], .attention) },
                attentionOutput: layer("self_attn.out_proj", [c, c], .attention),
                attentionNorm: layout.appendNorm(name + "self_attn_layer_norm", c, layer: i),
                mlpInput: layer("fc1", [inner, c], .mlp), mlpOutput: layer("fc2", [c, inner], .mlp),
                mlpNorm: layout.appendNorm(name + "final_layer_norm", c, layer: i))
        }
        finalNorm = sizes.finalNorm ? layout.appendNorm("model.decoder.final_layer_norm", c) : nil
        head = layout.appendHead(Self.headName(sizes.family), unlessTied: sizes.tiedHead, to: tokenEmbedding)
        self.sizes = sizes
        self.layout = layout
    }

    var residualWeights: [ResidualWeight] {
        var out = [tokenEmbedding, positionEmbedding].map { ResidualWeight($0, at: .stream(0), .rows) }
        for (i, block) in blocks.enumerated() {
            for layer in block.attentionInputs { out += layer.reading(at: .attentionInput(i)) }
            out += block.attentionOutput.writing(at: .attentionOutput(i))
            out += block.mlpInput.reading(at: .mlpInput(i))
            // With norms after, it writes to a sum that no site holds: the next block receives it normed.
            if sizes.normsBefore { out += block.mlpOutput.writing(at: .stream(i + 1)) }
        }
        return out + headWeights
    }
}

// MARK: - Network

extension OPT {
    func embed(_ tape: Tape, _ batch: Batch) -> Activation {
        tape.embedding(
            tokens: batch.tokens, positions: batch.positions, tokenWeight: tape.parameter(tokenEmbedding),
            positionWeight: tape.parameter(positionEmbedding).rows(from: Self.positionOffset))
    }

    /// `y = x + out_proj(attention(q, k, v))`, then `y + fc2(f(fc1(y)))`, each with its norm before or after.
    func run(_ block: Block, _ x: Activation, _ pass: BlockPass) -> Activation {
        let tape = pass.tape
        let attended = norm(tape, block.attentionNorm, x, before: true)
        pass.observe(.attentionInput(pass.index), attended)
        let mixed = pass.attention(
            tape.projection(attended, block.attentionInputs),
            AttentionShape(heads: sizes.headCount, keyValueHeads: sizes.headCount, headSize: headSize))
        let change = tape.projection(mixed, [block.attentionOutput])
        let changed = tape.add(pass.kept(x), change)
        pass.observe(.attentionOutput(pass.index), changed)
        let stream = norm(tape, block.attentionNorm, changed, before: false)
        let read = norm(tape, block.mlpNorm, stream, before: true)
        pass.observe(.mlpInput(pass.index), read)
        let output = tape.mlp(read, block.mlpInput, sizes.activation, block.mlpOutput)
        return norm(tape, block.mlpNorm, tape.add(stream, output), before: false)
    }

    func finish(_ tape: Tape, _ x: Activation) -> Activation {
        finalNorm.map { tape.layerNorm(x, $0, epsilon: Self.normEpsilon) } ?? x
    }

    /// `x` through a norm if the model has its norms at this side, else `x` itself.
    private func norm(_ tape: Tape, _ norm: NormTensors, _ x: Activation, before: Bool) -> Activation {
        before == sizes.normsBefore ? tape.layerNorm(x, norm, epsilon: Self.normEpsilon) : x
    }
}

// MARK: - Checkpoints

extension OPT {
    static func sizes(_ config: JSONCursor, _ family: OPTConfiguration.Family) throws -> OPTConfiguration {
        let (width, heads) = try config.widthAndHeads()
        let embedded = try config.optionalSize("word_embed_proj_dim") ?? width
        guard embedded == width else {
            throw config.error(
                "word_embed_proj_dim is \(embedded) and hidden_size \(width)",
                remedy: "only models whose embeddings are as wide as their blocks are supported, as all of OPT but 350M"
            )
        }
        try config.refuse("layer_norm_elementwise_affine", unless: true)
        let normsBefore = try config.flag("do_layer_norm_before", true)
        let hasFinalNorm = try !config.flag("_remove_final_layer_norm", false)
        return OPTConfiguration(
            vocabularySize: try config.size("vocab_size"), contextLength: try config.size("max_position_embeddings"),
            hiddenSize: width, layerCount: try config.size("num_hidden_layers"), headCount: heads,
            innerSize: try config.size("ffn_dim"),
            activation: try config.activation("activation_function", usual: "relu"),
            normsBefore: normsBefore, finalNorm: normsBefore && hasFinalNorm,
            biases: try config.flag("enable_bias", true),
            tiedHead: try config.flag("tie_word_embeddings", true))
    }

    func config(beginToken: Int32?) -> JSON {
        [
            "vocab_size": .integer(sizes.vocabularySize),
            "max_position_embeddings": .integer(sizes.contextLength), "hidden_size": .integer(sizes.hiddenSize),
            "word_embed_proj_dim": .integer(sizes.hiddenSize), "num_hidden_layers": .integer(sizes.layerCount),
            "num_attention_heads": .integer(sizes.headCount), "ffn_dim": .integer(sizes.innerSize),
            "activation_function": .string(sizes.activation.configName),
            "do_layer_norm_before": .bool(sizes.normsBefore),
            "_remove_final_layer_norm": .bool(sizes.normsBefore && !sizes.finalNorm),
            "enable_bias": .bool(sizes.biases), "layer_norm_elementwise_affine": true,
            "dropout": 0.0, "attention_dropout": 0.0, "layerdrop": 0.0,
            "tie_word_embeddings": .bool(sizes.tiedHead), "dtype": "float32",
            "bos_token_id": .token(beginToken),
            "eos_token_id": .token(beginToken), "pad_token_id": .null,
        ]
    }

    /// The network without its head is stored without `model.`.
    static func canonicalName(_ stored: String) -> String? {
        stored.hasPrefix("decoder.") ? "model." + stored : stored
    }

    static func headName(_ family: OPTConfiguration.Family) -> String { "lm_head.weight" }
}
