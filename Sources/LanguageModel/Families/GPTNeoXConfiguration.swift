/// The sizes and choices of a GPT-NeoX model, in the words of its `config.json`.
public struct GPTNeoXConfiguration: ModelConfiguration, FamilyConfiguration, Equatable {
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
