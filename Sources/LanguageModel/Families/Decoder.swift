import FileSupport
import LinearAlgebra

/// The sizes and choices of a model of the decoder line that Llama began: RMS norms, rotary positions, gated
/// feed-forward networks. The words are those of Hugging Face's `config.json`.
public struct DecoderConfiguration: ModelConfiguration, Equatable {
    /// The family, `model_type`.
    public enum Family: String, ModelType {
        case llama
        case mistral
        case qwen2
        case qwen3
        case gemma3 = "gemma3_text"

        /// Its name in prose.
        public var title: String { names.title }
        /// The class of transformers, as `architectures` names it.
        public var architecture: String { names.architecture }

        private var names: (title: String, architecture: String) {
            switch self {
            case .llama: ("Llama", "LlamaForCausalLM")
            case .mistral: ("Mistral", "MistralForCausalLM")
            case .qwen2: ("Qwen 2", "Qwen2ForCausalLM")
            case .qwen3: ("Qwen 3", "Qwen3ForCausalLM")
            case .gemma3: ("Gemma 3", "Gemma3ForCausalLM")
            }
        }
    }

    /// Which projections of the attention have biases.
    public enum AttentionBias: Sendable {
        case none
        /// Queries, keys and values (Qwen 2).
        case inputs
        /// The output projection as well.
        case all
    }

    /// How a block attends.
    public struct Layer: Sendable, Equatable {
        /// `sliding_window`: how many tokens a token sees, itself included; nil for all before it.
        public var window: Int?
        /// Its rotary frequencies.
        public var rotary: RotaryFrequencies

        /// Makes a layer.
        public init(window: Int? = nil, rotary: RotaryFrequencies) {
            self.window = window
            self.rotary = rotary
        }
    }

    /// The family.
    public var family: Family
    /// `vocab_size`, V.
    public var vocabularySize: Int
    /// `max_position_embeddings`.
    public var contextLength: Int
    /// `hidden_size`, C.
    public var hiddenSize: Int
    /// `num_attention_heads`, H.
    public var headCount: Int
    /// `num_key_value_heads`, H_kv; divides H.
    public var keyValueHeadCount: Int
    /// `head_dim`, D.
    public var headSize: Int
    /// `intermediate_size`, I.
    public var innerSize: Int
    /// `rms_norm_eps`.
    public var normEpsilon: Float
    /// `tie_word_embeddings`: the head is the token embedding.
    public var tiedHead: Bool
    /// `hidden_act`.
    public var activation: GateFunction
    /// Biases of the attention.
    public var attentionBias = AttentionBias.none
    /// Whether queries and keys pass through norms of their own.
    public var headNorms = false
    /// Whether attention and feed-forward network are normed once more before they are added.
    public var postNorms = false
    /// What is added to the gains of all norms: 1 in Gemma.
    public var gainOffset: Float = 0
    /// Factor of the token embeddings: √C in Gemma.
    public var embeddingScale: Float = 1
    /// Factor of the attention scores, `query_pre_attn_scalar^(−1/2)` in Gemma; 1/√D unless given.
    public var attentionScale: Float
    /// The blocks.
    public var layers: [Layer]

    /// Number of blocks, L.
    public var layerCount: Int { layers.count }

    /// The network.
    public var network: ModelNetwork { ModelNetwork(Decoder(self)) }

    /// Makes a configuration.
    public init(
        family: Family, vocabularySize: Int, contextLength: Int, hiddenSize: Int, headCount: Int,
        keyValueHeadCount: Int, headSize: Int, innerSize: Int, normEpsilon: Float, tiedHead: Bool,
        activation: GateFunction, layers: [Layer]
    ) {
        precondition(
            headCount % keyValueHeadCount == 0, "\(keyValueHeadCount) heads of keys do not divide \(headCount)")
        self.family = family
        self.vocabularySize = vocabularySize
        self.contextLength = contextLength
        self.hiddenSize = hiddenSize
        self.headCount = headCount
        self.keyValueHeadCount = keyValueHeadCount
        self.headSize = headSize
        self.innerSize = innerSize
        self.normEpsilon = normEpsilon
        self.tiedHead = tiedHead
        self.activation = activation
        self.attentionScale = 1 / Float(headSize).squareRoot()
        self.layers = layers
    }
}

/// The decoder line of Llama (Touvron et al. 2023), Mistral, Qwen 2 and 3, and Gemma 3: RMS norms, rotary positions,
/// grouped queries, gated feed-forward networks; what sets a family apart is in its ``DecoderConfiguration``.
///
/// Weights keep PyTorch's orientation `(out, in)`.
struct Decoder: ModelFamily {
    static let isMasked = false

    let sizes: DecoderConfiguration
    let layout: ParameterLayout
    let tokenEmbedding: ParameterInfo
    let blocks: [Block]
    private let finalNorm: ParameterInfo
    let head: ParameterInfo
}

// MARK: - Parameters

extension Decoder {
    /// The tensors of one block.
    struct Block {
        /// `input_layernorm`, `(C)`.
        let attentionNorm: ParameterInfo
        /// `self_attn.q_proj`, `k_proj`, `v_proj`: `(H D, C)` and twice `(H_kv D, C)`.
        let attentionInputs: [LinearTensors]
        /// `self_attn.q_norm` and `k_norm`, `(D)`.
        let headNorms: (query: ParameterInfo, key: ParameterInfo)?
        /// `self_attn.o_proj`, `(C, H D)`.
        let attentionOutput: LinearTensors
        /// `post_attention_layernorm` of Gemma, `(C)`.
        let attentionPostNorm: ParameterInfo?
        /// `post_attention_layernorm`, of Gemma `pre_feedforward_layernorm`, `(C)`.
        let mlpNorm: ParameterInfo
        /// `mlp.gate_proj` and `up_proj`, `(I, C)`.
        let mlpInputs: [LinearTensors]
        /// `mlp.down_proj`, `(C, I)`.
        let mlpOutput: LinearTensors
        /// `post_feedforward_layernorm`, `(C)`.
        let mlpPostNorm: ParameterInfo?
    }

    init(_ sizes: DecoderConfiguration) {
        let (v, c, inner) = (sizes.vocabularySize, sizes.hiddenSize, sizes.innerSize)
        let (queries, keys) = (sizes.headCount * sizes.headSize, sizes.keyValueHeadCount * sizes.headSize)
        var layout = ParameterLayout()
        tokenEmbedding = layout.append("model.embed_tokens.weight", [v, c], .embeddings)
        blocks = sizes.layers.indices.map { i in
            func norm(_ name: String, _ size: Int? = nil) -> ParameterInfo {
                layout.append("model.layers.\(i).\(name).weight", [size ?? c], .norms, layer: i)
            }
            func layer(
                _ name: String, _ shape: [Int], _ module: ParameterModule, bias: Bool = false
            ) -> LinearTensors {
                layout.appendLinear("model.layers.\(i).\(name)", shape, module, layer: i, bias: bias)
            }
            let bias = sizes.attentionBias != .none
            return Block(
                attentionNorm: norm("input_layernorm"),
                attentionInputs: [
                    layer("self_attn.q_proj", [queries, c], .attention, bias: bias),
                    layer("self_attn.k_proj", [keys, c], .attention, bias: bias),
                    layer("self_attn.v_proj", [keys, c], .attention, bias: bias),
                ],
                headNorms: sizes.headNorms
                    ? (norm("self_attn.q_norm", sizes.headSize), norm("self_attn.k_norm", sizes.headSize)) : nil,
                attentionOutput: layer(
                    "self_attn.o_proj", [c, queries], .attention, bias: sizes.attentionBias == .all),
                attentionPostNorm: sizes.postNorms ? norm("post_attention_layernorm") : nil,
                mlpNorm: norm(sizes.postNorms ? "pre_feedforward_layernorm" : "post_attention_layernorm"),
                mlpInputs: [
                    layer("mlp.gate_proj", [inner, c], .mlp), layer("mlp.up_proj", [inner, c], .mlp),
                ],
                mlpOutput: layer("mlp.down_proj", [c, inner], .mlp),
                mlpPostNorm: sizes.postNorms ? norm("post_feedforward_layernorm") : nil)
        }
        finalNorm = layout.append("model.norm.weight", [c], .norms)
        head = layout.appendHead(Self.headName(sizes.family), unlessTied: sizes.tiedHead, to: tokenEmbedding)
        self.sizes = sizes
        self.layout = layout
    }

    var residualWeights: [ResidualWeight] {
        var out = [ResidualWeight(tokenEmbedding, at: .stream(0), .rows)]
        for (i, block) in blocks.enumerated() {
            out += block.attentionInputs.flatMap { $0.reading(at: .attentionInput(i)) }
            out += block.attentionOutput.writing(
                at: .attentionOutput(i), through: gain(block.attentionPostNorm))
            out += block.mlpInputs.flatMap { $0.reading(at: .mlpInput(i)) }
            out += block.mlpOutput.writing(at: .stream(i + 1), through: gain(block.mlpPostNorm))
        }
        return out + headWeights
    }

    private func gain(_ norm: ParameterInfo?) -> ResidualWeight.Gain? {
        norm.map { ResidualWeight.Gain(tensor: $0, offset: sizes.gainOffset) }
    }

    /// Gains such that norms start at 1.
    func initialize(_ values: FloatBuffer, seed: UInt64) {
        fill(values, seed: seed, gain: 1 - sizes.gainOffset)
    }
}

// MARK: - Network

extension Decoder {
    func embed(_ tape: Tape, _ batch: Batch) -> Activation {
        tape.embedding(tokens: batch.tokens, weight: tape.parameter(tokenEmbedding), scale: sizes.embeddingScale)
    }

    /// `y = x + [norm](o_proj(attention(rotary([norm](q, k)), v)))` of `norm(x)`, then
    /// `y + [norm](down_proj(f(gate_proj) · up_proj))` of `norm(y)`.
    func run(_ block: Block, _ x: Activation, _ pass: BlockPass) -> Activation {
        let (tape, layer) = (pass.tape, sizes.layers[pass.index])
        let shape = AttentionShape(
            heads: sizes.headCount, keyValueHeads: sizes.keyValueHeadCount, headSize: sizes.headSize,
            scale: sizes.attentionScale, window: layer.window)
        let attended = norm(tape, block.attentionNorm, x)
        pass.observe(.attentionInput(pass.index), attended)
        var packed = tape.projection(attended, block.attentionInputs)
        if let norms = block.headNorms {
            packed = tape.headNorms(
                packed, queryGain: tape.parameter(norms.query), keyGain: tape.parameter(norms.key),
                offset: sizes.gainOffset, epsilon: sizes.normEpsilon, shape)
        }
        packed = tape.rotary(packed, positions: pass.batch.positions, layer.rotary, shape)
        let (mixed, stream) = (pass.attention(packed, shape), pass.kept(x))
        var change = tape.projection(mixed, [block.attentionOutput])
        if let post = block.attentionPostNorm { change = norm(tape, post, change) }
        let changed = tape.add(stream, change)
        pass.observe(.attentionOutput(pass.index), changed)
        let read = norm(tape, block.mlpNorm, changed)
        pass.observe(.mlpInput(pass.index), read)
        let inner = tape.gated(tape.projection(read, block.mlpInputs), sizes.activation)
        change = tape.projection(inner, [block.mlpOutput])
        if let post = block.mlpPostNorm { change = norm(tape, post, change) }
        return tape.add(changed, change)
    }

    func finish(_ tape: Tape, _ x: Activation) -> Activation { norm(tape, finalNorm, x) }

    private func norm(_ tape: Tape, _ gain: ParameterInfo, _ x: Activation) -> Activation {
        tape.rmsNorm(x, gain: tape.parameter(gain), offset: sizes.gainOffset, epsilon: sizes.normEpsilon)
    }
}

// MARK: - Checkpoints

extension Decoder {
    static func canonicalName(_ stored: String) -> String? { stored }

    static func headName(_ family: DecoderConfiguration.Family) -> String { "lm_head.weight" }

    static func sizes(_ config: JSONCursor, _ family: DecoderConfiguration.Family) throws -> DecoderConfiguration {
        for key in ["mlp_bias", "use_bidirectional_attention"] { try config.refuse(key, unless: false) }
        for key in ["attn_logit_softcapping", "final_logit_softcapping"] { try config.refuse(key) }
        let (width, heads) = (try config.size("hidden_size"), try config.size("num_attention_heads"))
        let keyHeads = try config.optionalSize("num_key_value_heads") ?? heads
        guard heads % keyHeads == 0 else {
            throw config.error(
                "num_key_value_heads \(keyHeads) does not divide num_attention_heads \(heads)",
                remedy: "correct config.json")
        }
        let headSize = try config.optionalSize("head_dim") ?? config.widthAndHeads().width / heads
        guard headSize % 2 == 0 else {
            throw config.error("head_dim \(headSize) is odd", remedy: "rotary positions need an even one")
        }
        let isGemma = family == .gemma3
        var sizes = DecoderConfiguration(
            family: family, vocabularySize: try config.size("vocab_size"),
            contextLength: try config.size("max_position_embeddings"), hiddenSize: width, headCount: heads,
            keyValueHeadCount: keyHeads, headSize: headSize, innerSize: try config.size("intermediate_size"),
            normEpsilon: try config.epsilon("rms_norm_eps", 1e-6),
            tiedHead: try config.flag("tie_word_embeddings", isGemma),
            activation: try isGemma
                ? config.gate("hidden_activation", usual: "gelu_pytorch_tanh")
                : config.gate("hidden_act", usual: "silu"),
            layers: try layers(config, family, headSize))
        switch family {
        case .llama: sizes.attentionBias = try config.flag("attention_bias", false) ? .all : .none
        case .qwen2: sizes.attentionBias = .inputs
        case .qwen3:
            sizes.attentionBias = try config.flag("attention_bias", false) ? .all : .none
            sizes.headNorms = true
        case .gemma3:
            sizes.headNorms = true
            sizes.postNorms = true
            sizes.gainOffset = 1
            sizes.embeddingScale = Float(width).squareRoot()
            let scalar = try config.optional("query_pre_attn_scalar")?.double() ?? 256
            sizes.attentionScale = Float(1 / scalar.squareRoot())
        case .mistral: break
        }
        return sizes
    }

    /// In the spelling of transformers 5 with the older keys beside it.
    func config(beginToken: Int32?) -> JSON {
        let isGemma = sizes.family == .gemma3
        var config: JSON = [
            "vocab_size": .integer(sizes.vocabularySize),
            "max_position_embeddings": .integer(sizes.contextLength), "hidden_size": .integer(sizes.hiddenSize),
            "num_hidden_layers": .integer(sizes.layerCount), "num_attention_heads": .integer(sizes.headCount),
            "num_key_value_heads": .integer(sizes.keyValueHeadCount), "head_dim": .integer(sizes.headSize),
            "intermediate_size": .integer(sizes.innerSize), "rms_norm_eps": .single(sizes.normEpsilon),
            "tie_word_embeddings": .bool(sizes.tiedHead), "dtype": "float32",
            "attention_bias": .bool(sizes.attentionBias == .all),
            (isGemma ? "hidden_activation" : "hidden_act"): .string(
                sizes.activation == .silu ? "silu" : "gelu_pytorch_tanh"),
            "bos_token_id": .token(beginToken),
        ]
        func set(_ key: String, _ value: JSON) { config = config.setting(key, to: value) }
        let full = sizes.layers.first { $0.window == nil }?.rotary
        let local = sizes.layers.first { $0.window != nil }
        if isGemma {
            set("query_pre_attn_scalar", .integer(Int((1 / (sizes.attentionScale * sizes.attentionScale)).rounded())))
            set("rope_theta", .single(full?.base ?? 1e6))
            set("rope_local_base_freq", .single(local?.rotary.base ?? 1e4))
            set(
                "rope_parameters",
                [
                    "full_attention": full?.json ?? .null, "sliding_attention": local?.rotary.json ?? .null,
                ])
        } else if let rotary = full ?? local?.rotary {
            set("rope_theta", .single(rotary.base))
            set("rope_parameters", rotary.json)
        }
        if let window = local?.window { set("sliding_window", .integer(window)) }
        set(
            "layer_types",
            .array(sizes.layers.map { .string($0.window == nil ? "full_attention" : "sliding_attention") }))
        return config
    }

    private static func layers(
        _ config: JSONCursor, _ family: DecoderConfiguration.Family, _ headSize: Int
    ) throws -> [DecoderConfiguration.Layer] {
        let count = try config.size("num_hidden_layers")
        let slides = try sliding(config, family, count)
        let window = try slides.contains(true) ? config.size("sliding_window") : nil
        let isGemma = family == .gemma3
        let full = try config.rotary("full_attention", headSize: headSize, usualBase: isGemma ? 1e6 : 1e4)
        let local =
            try isGemma && window != nil
            ? config.rotary(
                "sliding_attention", headSize: headSize, baseKey: "rope_local_base_freq", usualBase: 1e4) : full
        return slides.map { DecoderConfiguration.Layer(window: $0 ? window : nil, rotary: $0 ? local : full) }
    }

    /// Which blocks see a window alone: named by `layer_types`, else by the family's rule.
    private static func sliding(
        _ config: JSONCursor, _ family: DecoderConfiguration.Family, _ count: Int
    ) throws -> [Bool] {
        if let listed = try config.slidingLayers(count) { return listed }
        switch family {
        case .gemma3:
            let pattern =
                try config.optional("sliding_window_pattern")?.int()
                ?? config.optional("_sliding_window_pattern")?.int() ?? 6
            guard pattern > 0 else { throw config.error("sliding_window_pattern is \(pattern)", remedy: "6 is usual") }
            return (1...count).map { $0 % pattern != 0 }
        case .mistral:
            return Array(repeating: try config.optional("sliding_window") != nil, count: count)
        case .qwen2, .qwen3:
            let slides = try config.flag("use_sliding_window", false)
            let first = try config.optional("max_window_layers")?.int() ?? count
            return (0..<count).map { slides && $0 >= first }
        case .llama: return Array(repeating: false, count: count)
        }
    }
}
