/// The sizes and choices of a BERT or RoBERTa model, in the words of its `config.json`.
public struct BERTConfiguration: ModelConfiguration, FamilyConfiguration, Equatable {
    /// The family, `model_type`.
    public enum Family: String, Sendable, CaseIterable {
        case bert
        case roberta

        /// Its name in prose.
        var title: String { self == .bert ? "BERT" : "RoBERTa" }

        /// The class of transformers, as `architectures` names it.
        var architecture: String { self == .bert ? "BertForMaskedLM" : "RobertaForMaskedLM" }
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
