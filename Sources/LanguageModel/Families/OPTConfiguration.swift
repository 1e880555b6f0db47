/// The sizes and choices of an OPT model, in the words of its `config.json`.
public struct OPTConfiguration: ModelConfiguration, FamilyConfiguration, Equatable {
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
    /// `do_layer_norm_before`: norms stand before attention and feed-forward network, else behind what they add to.
    public var normsBefore: Bool
    /// Whether a norm stands before the head: with ``normsBefore``, unless `_remove_final_layer_norm` says otherwise.
    public var finalNorm: Bool
    /// `enable_bias`: layers other than norms have biases.
    public var biases: Bool
    /// `tie_word_embeddings`: the head is the token embedding.
    public var tiedHead: Bool

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
