import FileSupport
import LinearAlgebra

/// The sizes and choices of a GPT-NeoX model, in the words of its `config.json`.
public struct GPTNeoXConfiguration: ModelConfiguration, Equatable {
    /// GPT-NeoX and Pythia.
    public enum Family: String, ModelType {
        case neox = "gpt_neox"

        /// Its name in prose.
        public var title: String { "GPT-NeoX" }
        /// The class of transformers, as `architectures` names it.
        public var architecture: String { "GPTNeoXForCausalLM" }
    }

    /// The family.
    public var family: Family { .neox }
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
    /// `intermediate_size`, I.
    public var innerSize: Int
    /// `layer_norm_eps`.
    public var normEpsilon: Float
    /// `tie_word_embeddings`: the head is the token embedding.
    public var tiedHead: Bool
    /// `hidden_act`.
    public var activation: ActivationFunction
    /// `use_parallel_residual`: attention and feed-forward network read the same stream and are added together.
    public var parallelResidual: Bool
    /// `attention_bias`.
    public var attentionBias: Bool
    /// Frequencies of the first `rotary_pct` of each head; the rest of a head does not turn.
    public var rotary: RotaryFrequencies

    /// Width of a head, D.
    public var headSize: Int { hiddenSize / headCount }

    /// The network.
    public var network: ModelNetwork { ModelNetwork(GPTNeoX(self)) }

    /// Makes a configuration; the defaults are those of Pythia.
    public init(
        vocabularySize: Int = 50304, contextLength: Int = 2048, hiddenSize: Int = 768, layerCount: Int = 12,
        headCount: Int = 12, innerSize: Int? = nil, normEpsilon: Float = 1e-5, tiedHead: Bool = false,
        activation: ActivationFunction = .gelu, parallelResidual: Bool = true, attentionBias: Bool = true,
        rotary: RotaryFrequencies? = nil
    ) {
        precondition(hiddenSize % headCount == 0, "\(headCount) heads do not divide \(hiddenSize)")
        let headSize = hiddenSize / headCount
        self.vocabularySize = vocabularySize
        self.contextLength = contextLength
        self.hiddenSize = hiddenSize
        self.layerCount = layerCount
        self.headCount = headCount
        self.innerSize = innerSize ?? 4 * hiddenSize
        self.normEpsilon = normEpsilon
        self.tiedHead = tiedHead
        self.activation = activation
        self.parallelResidual = parallelResidual
        self.attentionBias = attentionBias
        self.rotary = rotary ?? RotaryFrequencies(base: 10_000, headSize: headSize / 8 * 2)
        precondition(2 * self.rotary.values.count <= headSize, "more values turn than a head of \(headSize) has")
    }
}

/// GPT-NeoX (Black et al. 2022), as in Hugging Face's `GPTNeoXForCausalLM`, the family of Pythia: layer norms, rotary
/// positions on a part of each head, and attention and feed-forward network side by side.
///
/// Weights keep PyTorch's orientation `(out, in)`.
struct GPTNeoX: ModelFamily {
    static let isMasked = false

    let sizes: GPTNeoXConfiguration
    let layout: ParameterLayout
    let tokenEmbedding: ParameterInfo
    let blocks: [Block]
    private let finalNorm: NormTensors
    let head: ParameterInfo
}

// MARK: - Parameters

extension GPTNeoX {
    /// The tensors of one block.
    struct Block {
        /// `input_layernorm`, `(C)`.
        let attentionNorm: NormTensors
        /// `attention.query_key_value`, `(3C, C)`: query, key and value of each head, head by head.
        let queryKeyValue: LinearTensors
        /// `attention.dense`, `(C, C)`.
        let attentionOutput: LinearTensors
        /// `post_attention_layernorm`, `(C)`.
        let mlpNorm: NormTensors
        /// `mlp.dense_h_to_4h`, `(I, C)`.
        let mlpInput: LinearTensors
        /// `mlp.dense_4h_to_h`, `(C, I)`.
        let mlpOutput: LinearTensors
    }

    init(_ sizes: GPTNeoXConfiguration) {
        let (v, c, inner) = (sizes.vocabularySize, sizes.hiddenSize, sizes.innerSize)
        var layout = ParameterLayout()
        tokenEmbedding = layout.append("gpt_neox.embed_in.weight", [v, c], .embeddings)
        blocks = (0..<sizes.layerCount).map { i in
            let name = "gpt_neox.layers.\(i)."
            return Block(
                attentionNorm: layout.appendNorm(name + "input_layernorm", c, layer: i),
                queryKeyValue: layout.appendLinear(
                    name + "attention.query_key_value", [3 * c, c], .attention, layer: i, bias: sizes.attentionBias),
                attentionOutput: layout.appendLinear(
                    name + "attention.dense", [c, c], .attention, layer: i, bias: sizes.attentionBias),
                mlpNorm: layout.appendNorm(name + "post_attention_layernorm", c, layer: i),
                mlpInput: layout.appendLinear(name + "mlp.dense_h_to_4h", [inner, c], .mlp, layer: i),
                mlpOutput: layout.appendLinear(name + "mlp.dense_4h_to_h", [c, inner], .mlp, layer: i))
        }
        finalNorm = layout.appendNorm("gpt_neox.final_layer_norm", c)
        head = layout.appendHead(Self.headName(sizes.family), unlessTied: sizes.tiedHead, to: tokenEmbedding)
        self.sizes = sizes
        self.layout = layout
    }

    var residualWeights: [ResidualWeight] {
        var out = [ResidualWeight(tokenEmbedding, at: .stream(0), .rows)]
        for (i, block) in blocks.enumerated() {
            out += block.queryKeyValue.reading(at: .attentionInput(i))
            // Side by side, nothing reads the stream between attention and feed-forward network.
            out += block.attentionOutput.writing(at: sizes.parallelResidual ? .stream(i + 1) : .attentionOutput(i))
            out += block.mlpInput.reading(at: .mlpInput(i))
            out += block.mlpOutput.writing(at: .stream(i + 1))
        }
        return out + headWeights
    }
}

// MARK: - Network

extension GPTNeoX {
    func embed(_ tape: Tape, _ batch: Batch) -> Activation {
        tape.embedding(tokens: batch.tokens, weight: tape.parameter(tokenEmbedding), scale: 1)
    }

    /// `y = x + dense(attention(rotary(query_key_value(norm(x)))))`, then `y + mlp(norm(x))`, or one after the other
    /// `y + mlp(norm(y))`.
    func run(_ block: Block, _ x: Activation, _ pass: BlockPass) -> Activation {
        let tape = pass.tape
        let shape = AttentionShape(
            heads: sizes.headCount, keyValueHeads: sizes.headCount, headSize: sizes.headSize, packing: .byHead)
        let attended = tape.layerNorm(x, block.attentionNorm, epsilon: sizes.normEpsilon)
        pass.observe(.attentionInput(pass.index), attended)
        let packed = tape.rotary(
            tape.projection(attended, [block.queryKeyValue]), positions: pass.batch.positions, sizes.rotary, shape)
        let change = tape.projection(pass.attention(packed, shape), [block.attentionOutput])
        let kept = pass.kept(x)
        let changed = tape.add(kept, change)
        pass.observe(.attentionOutput(pass.index), changed)
        let read = tape.layerNorm(
            sizes.parallelResidual ? kept : changed, block.mlpNorm, epsilon: sizes.normEpsilon)
        pass.observe(.mlpInput(pass.index), read)
        return tape.add(changed, tape.mlp(read, block.mlpInput, sizes.activation, block.mlpOutput))
    }

    func finish(_ tape: Tape, _ x: Activation) -> Activation {
        tape.layerNorm(x, finalNorm, epsilon: sizes.normEpsilon)
    }
}

// MARK: - Checkpoints

extension GPTNeoX {
    static func sizes(_ config: JSONCursor, _ family: GPTNeoXConfiguration.Family) throws -> GPTNeoXConfiguration {
        let (width, heads) = try config.widthAndHeads()
        return GPTNeoXConfiguration(
            vocabularySize: try config.size("vocab_size"), contextLength: try config.size("max_position_embeddings"),
            hiddenSize: width, layerCount: try config.size("num_hidden_layers"), headCount: heads,
            innerSize: try config.size("intermediate_size"), normEpsilon: try config.epsilon("layer_norm_eps", 1e-5),
            tiedHead: try config.flag("tie_word_embeddings", false),
            activation: try config.activation("hidden_act", usual: "gelu"),
            parallelResidual: try config.flag("use_parallel_residual", true),
            attentionBias: try config.flag("attention_bias", true),
            rotary: try rotary(config, headSize: width / heads))
    }

    /// From `rope_parameters`, or `rotary_pct`, `rotary_emb_base` and `rope_scaling` as files before transformers 5
    /// spell them.
    private static func rotary(_ config: JSONCursor, headSize: Int) throws -> RotaryFrequencies {
        let parameters = try config.optional("rope_parameters")
        let base =
            try parameters?.optional("rope_theta")?.double() ?? config.optional("rotary_emb_base")?.double() ?? 10_000
        let share =
            try parameters?.optional("partial_rotary_factor")?.double() ?? config.optional("rotary_pct")?.double()
            ?? 0.25
        let turning = 0...1 ~= share ? Int(Double(headSize) * share) : 0
        guard turning > 0, turning % 2 == 0 else {
            throw config.error(
                "rotary_pct \(share) of a head of \(headSize) is \(turning) values",
                remedy: "rotary positions need an even number of them")
        }
        guard base > 0, base.isFinite else {
            throw config.error("rotary_emb_base is \(base)", remedy: "10000 is usual")
        }
        let scaling = try (parameters ?? config.optional("rope_scaling"))?.rotaryScaling()
        return RotaryFrequencies(base: Float(base), headSize: turning, scaling: scaling ?? .none)
    }

    /// In the spelling of transformers 5 with the older keys beside it.
    func config(beginToken: Int32?) -> JSON {
        let turning = Double(2 * sizes.rotary.values.count) / Double(sizes.headSize)
        return [
            "vocab_size": .integer(sizes.vocabularySize), "max_position_embeddings": .integer(sizes.contextLength),
            "hidden_size": .integer(sizes.hiddenSize), "num_hidden_layers": .integer(sizes.layerCount),
            "num_attention_heads": .integer(sizes.headCount), "intermediate_size": .integer(sizes.innerSize),
            "hidden_act": .string(sizes.activation.configName), "layer_norm_eps": .single(sizes.normEpsilon),
            "use_parallel_residual": .bool(sizes.parallelResidual), "attention_bias": .bool(sizes.attentionBias),
            "rotary_pct": .number(turning), "rotary_emb_base": .single(sizes.rotary.base),
            "rope_parameters": sizes.rotary.json.setting("partial_rotary_factor", to: .number(turning)),
            "hidden_dropout": 0.0, "attention_dropout": 0.0,
            "tie_word_embeddings": .bool(sizes.tiedHead), "dtype": "float32",
            "bos_token_id": .token(beginToken),
            "eos_token_id": .token(beginToken),
        ]
    }

    /// The network without its head is stored without `gpt_neox.`, and transformers 5 calls the head `lm_head` in
    /// memory. Old versions stored the causal mask, its filler and the frequencies as well.
    static func canonicalName(_ stored: String) -> String? {
        if stored.hasPrefix("lm_head.") { return "embed_out." + stored.dropFirst("lm_head.".count) }
        if stored.hasPrefix("embed_out.") { return stored }
        let name = stored.hasPrefix("gpt_neox.") ? stored : "gpt_neox." + stored
        let isBuffer =
            name.hasPrefix("gpt_neox.layers.")
            && [".attention.bias", ".attention.masked_bias", ".attention.rotary_emb.inv_freq"].contains {
                name.hasSuffix($0)
            }
        return isBuffer ? nil : name
    }

    static func headName(_ family: GPTNeoXConfiguration.Family) -> String { "embed_out.weight" }
}
