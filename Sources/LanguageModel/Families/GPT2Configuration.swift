/// The sizes of a GPT-2 model, in the words of its `config.json`.
public struct GPT2Configuration: ModelConfiguration, FamilyConfiguration, Equatable {
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
