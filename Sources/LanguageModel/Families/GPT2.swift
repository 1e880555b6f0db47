import FileSupport
import Foundation
import LinearAlgebra

/// The sizes of a GPT-2 model, in the words of its `config.json`.
public struct GPT2Configuration: ModelConfiguration, Equatable {
    /// GPT-2 and what has its shape.
    public enum Family: String, ModelType {
        case gpt2

        /// Its name in prose.
        public var title: String { "GPT-2" }
        /// The class of transformers, as `architectures` names it.
        public var architecture: String { "GPT2LMHeadModel" }
    }

    /// The family.
    public var family: Family { .gpt2 }
    /// `vocab_size`, V.
    public var vocabularySize: Int
    /// `n_positions`.
    public var contextLength: Int
    /// `n_embd`, C.
    public var hiddenSize: Int
    /// `n_layer`, L.
    public var layerCount: Int
    /// `n_head`, H; divides C.
    public var headCount: Int
    /// `n_inner`, 4C unless given.
    public var innerSize: Int
    /// `layer_norm_epsilon`.
    public var normEpsilon: Float
    /// `tie_word_embeddings`: the head is the token embedding.
    public var tiedHead: Bool

    /// The network.
    public var network: ModelNetwork { ModelNetwork(GPT2(self)) }

    /// Makes a configuration; the defaults are those of GPT-2.
    public init(
        vocabularySize: Int = 50257, contextLength: Int = 1024, hiddenSize: Int = 768, layerCount: Int = 12,
        headCount: Int = 12, innerSize: Int? = nil, normEpsilon: Float = 1e-5, tiedHead: Bool = true
    ) {
        precondition(hiddenSize % headCount == 0, "\(headCount) heads do not divide \(hiddenSize)")
        self.vocabularySize = vocabularySize
        self.contextLength = contextLength
        self.hiddenSize = hiddenSize
        self.layerCount = layerCount
        self.headCount = headCount
        self.innerSize = innerSize ?? 4 * hiddenSize
        self.normEpsilon = normEpsilon
        self.tiedHead = tiedHead
    }
}

/// GPT-2 (Radford et al. 2019), as in Hugging Face's `GPT2LMHeadModel`: learned positions, norms before attention
/// and MLP, tanh GELU, the head tied to the token embedding.
///
/// Weights keep the checkpoint's Conv1D orientation `(in, out)`.
struct GPT2: ModelFamily {
    static let isMasked = false

    let sizes: GPT2Configuration
    let layout: ParameterLayout
    let tokenEmbedding: ParameterInfo
    private let positionEmbedding: ParameterInfo
    let blocks: [Block]
    private let finalNorm: Affine
    let head: ParameterInfo
}

// MARK: - Parameters

extension GPT2 {
    /// A weight or gain, and its bias.
    struct Affine {
        let weight: ParameterInfo
        let bias: ParameterInfo
    }

    /// The tensors of one block; I is the inner size.
    struct Block {
        /// `ln_1`, `(C)`.
        let attentionNorm: Affine
        /// `attn.c_attn`, `(C, 3C)`: queries, keys, values.
        let queryKeyValue: Affine
        /// `attn.c_proj`, `(C, C)`.
        let attentionOutput: Affine
        /// `ln_2`, `(C)`.
        let mlpNorm: Affine
        /// `mlp.c_fc`, `(C, I)`.
        let mlpInput: Affine
        /// `mlp.c_proj`, `(I, C)`.
        let mlpOutput: Affine
    }

    init(_ sizes: GPT2Configuration) {
        let (v, c, inner) = (sizes.vocabularySize, sizes.hiddenSize, sizes.innerSize)
        var layout = ParameterLayout()
        func affine(_ name: String, _ shape: [Int], _ module: ParameterModule, _ layer: Int? = nil) -> Affine {
            Affine(
                weight: layout.append("transformer.\(name).weight", shape, module, layer: layer),
                bias: layout.append("transformer.\(name).bias", [shape[shape.count - 1]], module, layer: layer))
        }
        tokenEmbedding = layout.append("transformer.wte.weight", [v, c], .embeddings)
        positionEmbedding = layout.append("transformer.wpe.weight", [sizes.contextLength, c], .positions)
        blocks = (0..<sizes.layerCount).map { i in
            Block(
                attentionNorm: affine("h.\(i).ln_1", [c], .norms, i),
                queryKeyValue: affine("h.\(i).attn.c_attn", [c, 3 * c], .attention, i),
                attentionOutput: affine("h.\(i).attn.c_proj", [c, c], .attention, i),
                mlpNorm: affine("h.\(i).ln_2", [c], .norms, i),
                mlpInput: affine("h.\(i).mlp.c_fc", [c, inner], .mlp, i),
                mlpOutput: affine("h.\(i).mlp.c_proj", [inner, c], .mlp, i))
        }
        finalNorm = affine("ln_f", [c], .norms)
        head = layout.appendHead(Self.headName(sizes.family), unlessTied: sizes.tiedHead, to: tokenEmbedding)
        self.sizes = sizes
        self.layout = layout
    }

    var residualWeights: [ResidualWeight] {
        var out = [tokenEmbedding, positionEmbedding].map { ResidualWeight($0, at: .stream(0), .rows) }
        for (i, block) in blocks.enumerated() {
            out += [
                ResidualWeight(block.queryKeyValue.weight, at: .attentionInput(i), .columns),
                ResidualWeight(block.attentionOutput.weight, at: .attentionOutput(i), .rows),
                ResidualWeight(block.attentionOutput.bias, at: .attentionOutput(i), .rows),
                ResidualWeight(block.mlpInput.weight, at: .mlpInput(i), .columns),
                ResidualWeight(block.mlpOutput.weight, at: .stream(i + 1), .rows),
                ResidualWeight(block.mlpOutput.bias, at: .stream(i + 1), .rows),
            ]
        }
        return out + headWeights
    }

    /// Weights normal with deviation 0.02, those that write to the residual stream with `0.02 / √(2L)`, gains 1,
    /// biases 0 (GPT-2 paper, section 2.3, and `GPT2PreTrainedModel._init_weights`).
    func initialize(_ values: FloatBuffer, seed: UInt64) {
        fill(values, seed: seed) { tensor in
            0.02 / (tensor.name.hasSuffix("c_proj.weight") ? (2 * Double(sizes.layerCount)).squareRoot() : 1)
        }
    }
}

// MARK: - Network

extension GPT2 {
    func embed(_ tape: Tape, _ batch: Batch) -> Activation {
        tape.embedding(
            tokens: batch.tokens, positions: batch.positions, tokenWeight: tape.parameter(tokenEmbedding),
            positionWeight: tape.parameter(positionEmbedding))
    }

    /// `y = x + c_proj(attention(c_attn(ln_1(x))))`, then `y + c_proj(gelu(c_fc(ln_2(y))))`.
    func run(_ block: Block, _ x: Activation, _ pass: BlockPass) -> Activation {
        let tape = pass.tape
        let attended = norm(tape, block.attentionNorm, x)
        pass.observe(.attentionInput(pass.index), attended)
        let mixed = pass.attention(
            linear(tape, block.queryKeyValue, attended),
            AttentionShape(heads: sizes.headCount, keyValueHeads: sizes.headCount, headSize: headSize))
        let changed = linear(tape, block.attentionOutput, mixed, residual: pass.kept(x))
        pass.observe(.attentionOutput(pass.index), changed)
        let read = norm(tape, block.mlpNorm, changed)
        pass.observe(.mlpInput(pass.index), read)
        let inner = tape.activation(linear(tape, block.mlpInput, read), .tanhGELU)
        return linear(tape, block.mlpOutput, inner, residual: changed)
    }

    func finish(_ tape: Tape, _ x: Activation) -> Activation { norm(tape, finalNorm, x) }

    private func norm(_ tape: Tape, _ norm: Affine, _ x: Activation) -> Activation {
        tape.layerNorm(
            x, gain: tape.parameter(norm.weight), bias: tape.parameter(norm.bias), epsilon: sizes.normEpsilon)
    }

    private func linear(
        _ tape: Tape, _ layer: Affine, _ x: Activation, residual: Activation? = nil
    ) -> Activation {
        tape.linear(
            x, weight: tape.parameter(layer.weight), bias: tape.parameter(layer.bias), residual: residual)
    }
}

// MARK: - Checkpoints

extension GPT2 {
    static func sizes(_ config: JSONCursor, _ family: GPT2Configuration.Family) throws -> GPT2Configuration {
        let (width, heads) = try config.widthAndHeads("n_embd", "n_head")
        let activation = try config.optional("activation_function")?.string() ?? "gelu_new"
        guard activation == "gelu_new" else {
            throw config.error("activation_function is \(activation)", remedy: "only gelu_new is supported")
        }
        try config.refuse("scale_attn_weights", unless: true)
        try config.refuse("scale_attn_by_inverse_layer_idx", unless: false)
        try config.refuse("add_cross_attention", unless: false)
        return GPT2Configuration(
            vocabularySize: try config.size("vocab_size"), contextLength: try config.size("n_positions"),
            hiddenSize: width, layerCount: try config.size("n_layer"), headCount: heads,
            innerSize: try config.optionalSize("n_inner"),
            normEpsilon: try config.epsilon("layer_norm_epsilon", 1e-5),
            tiedHead: try config.flag("tie_word_embeddings", true))
    }

    func config(beginToken: Int32?) -> JSON {
        [
            "vocab_size": .integer(sizes.vocabularySize), "n_positions": .integer(sizes.contextLength),
            "n_embd": .integer(sizes.hiddenSize), "n_layer": .integer(sizes.layerCount),
            "n_head": .integer(sizes.headCount),
            "n_inner": sizes.innerSize == 4 * sizes.hiddenSize ? .null : .integer(sizes.innerSize),
            "activation_function": "gelu_new", "layer_norm_epsilon": .single(sizes.normEpsilon),
            "tie_word_embeddings": .bool(sizes.tiedHead),
            "resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0,
            "bos_token_id": .token(beginToken), "eos_token_id": .token(beginToken),
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

    static func headName(_ family: GPT2Configuration.Family) -> String { "lm_head.weight" }
}
