/// The sizes and choices of a model of the decoder line that Llama began: RMS norms, rotary positions, gated feed-forward
/// networks. The words are those of Hugging Face's `config.json`.
public struct DecoderConfiguration: ModelConfiguration, FamilyConfiguration, Equatable {
    /// The family, `model_type`.
    public enum Family: String, Sendable, CaseIterable {
        case llama
        case mistral
        case qwen2
        case qwen3
        case gemma3 = "gemma3_text"

        /// The class of transformers, as `architectures` names it.
        var architecture: String {
            switch self {
            case .llama: "LlamaForCausalLM"
            case .mistral: "MistralForCausalLM"
            case .qwen2: "Qwen2ForCausalLM"
            case .qwen3: "Qwen3ForCausalLM"
            case .gemma3: "Gemma3ForCausalLM"
            }
        }

        /// Its name in prose.
        var title: String {
            switch self {
            case .llama: "Llama"
            case .mistral: "Mistral"
            case .qwen2: "Qwen 2"
            case .qwen3: "Qwen 3"
            case .gemma3: "Gemma 3"
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
