/// The sizes of a language model and the choices in which families differ, in one set of words.
///
/// A new configuration has what is usual in its family; `config.json` or a caller changes the rest.
public struct ModelConfiguration: Sendable, Equatable {
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
        /// How many tokens a token sees, itself included; nil for all before it. Where ``ModelConfiguration/isCausal`` is
        /// false, as many to either side.
        public var window: Int?
        /// Its rotary frequencies, of the front of a head where they are fewer; nil where positions are learned.
        public var rotary: RotaryFrequencies?
        /// Factor of the attention scores beside ``ModelConfiguration/attentionScale``.
        public var scale: Float = 1

        /// Makes a layer.
        public init(window: Int? = nil, rotary: RotaryFrequencies? = nil) {
            self.window = window
            self.rotary = rotary
        }
    }

    /// The type of model.
    public let type: ModelType
    /// Number of tokens in the vocabulary, V.
    public var vocabularySize: Int
    /// Most tokens in a sequence.
    public var contextLength: Int
    /// Width of the residual stream, C.
    public var hiddenSize: Int
    /// Attention heads a block, H.
    public var headCount: Int
    /// Heads of keys and values a block, H_kv; divides H.
    public var keyValueHeadCount: Int
    /// Width of a head, D.
    public var headSize: Int
    /// Width of the feed-forward networks, I.
    public var innerSize: Int
    /// The blocks.
    public var layers: [Layer]

    /// Whether the model fills in masked tokens: every token sees all of its sequence, and a row predicts the token that
    /// belongs there, not the next one.
    public var isMasked = false
    /// The token that a masked model is given in the place of a hidden one, as its tokenizer says; nil where none has said.
    public var maskToken: Int32?
    /// Whether a token sees only itself and those before it.
    public var isCausal = true
    /// Whether the head is the token embedding.
    public var tiedHead = true
    /// The non-linearity of the feed-forward networks, of their gate where they have one; RoBERTa's head has GELU whatever this says.
    public var activation = ActivationFunction.gelu

    /// Whether norms are RMS norms, else layer norms.
    public var rmsNorms = false
    /// What norms add to the variance.
    public var normEpsilon: Float = 1e-5
    /// What is added to the gains of all norms: 1 in Gemma.
    public var gainOffset: Float = 0
    /// Whether norms stand after the sum `x + f(x)`, as in BERT, and not before `f`.
    public var normsAfterSum = false
    /// Whether what is added to the stream is normed once more.
    public var postNorms = false
    /// Whether a norm stands before the head, where norms stand before what they feed.
    public var finalNorm = true
    /// Whether queries and keys pass through norms of their own.
    public var headNorms = false
    /// Whether these norms go over all heads at once, as in OLMo 2, and not over each.
    public var headNormsSpanHeads = false
    /// Whether what attention and feed-forward network add goes to what they read, after its norm, and not to the stream
    /// before it: a choice of BLOOM.
    public var normedResidual = false

    /// Biases of the attention.
    public var attentionBias = AttentionBias.all
    /// Whether feed-forward networks have biases.
    public var mlpBias = true
    /// Whether attention and feed-forward network read the same stream and are added together.
    public var parallelResidual = false
    /// Factor of the attention scores, 1/√D unless given.
    public var attentionScale: Float
    /// Soft cap of the attention scores, `cap · tanh(score / cap)`: 50 in Gemma 2.
    public var attentionCap: Float?
    /// Soft cap of the logits: 30 in Gemma 2.
    public var logitCap: Float?
    /// Whether attention scores grow with the place of the key, for each head by a slope of its own: BLOOM's positions.
    public var linearBiases = false
    /// Whether the pairs that rotary positions turn are neighbours, as in GPT-J, and not a half of a head each.
    public var rotatesNeighbours = false
    /// Factor of the token embeddings: √C in Gemma.
    public var embeddingScale: Float = 1
    /// Width of the token embeddings and of the head; where it is not C, a layer leads into the stream and one out of it.
    public var embeddingSize: Int
    /// Row of a learned position table for the first token.
    public var positionOffset = 0
    /// A token that has the row before the first token's and is not counted, as RoBERTa's padding.
    public var uncountedToken: Int32?
    /// Rows of a table of token types, of which every sequence uses the first.
    public var tokenTypeCount = 0

    /// Number of blocks, L.
    public var layerCount: Int { layers.count }

    /// Makes a configuration with what is usual in the family of a type.
    ///
    /// - Parameters:
    ///   - keyValueHeadCount: H unless given.
    ///   - headSize: C / H unless given.
    ///   - innerSize: 4 C unless given.
    public init(
        _ type: ModelType, vocabularySize: Int, contextLength: Int, hiddenSize: Int, layerCount: Int, headCount: Int,
        keyValueHeadCount: Int? = nil, headSize: Int? = nil, innerSize: Int? = nil
    ) {
        precondition(headSize != nil || hiddenSize % headCount == 0, "\(headCount) heads do not divide \(hiddenSize)")
        self.type = type
        self.vocabularySize = vocabularySize
        self.contextLength = contextLength
        self.hiddenSize = hiddenSize
        embeddingSize = hiddenSize
        self.headCount = headCount
        self.keyValueHeadCount = keyValueHeadCount ?? headCount
        self.headSize = headSize ?? hiddenSize / headCount
        self.innerSize = innerSize ?? 4 * hiddenSize
        layers = Array(repeating: Layer(), count: layerCount)
        attentionScale = 1 / Float(self.headSize).squareRoot()
        type.family.prepare(&self)
    }

    /// Gives all blocks the same rotary frequencies.
    mutating func setRotary(_ rotary: RotaryFrequencies?) {
        layers = Array(repeating: Layer(rotary: rotary), count: layerCount)
    }

    /// Positions whose base grows with the sequence are made for sequences longer than the context of the training, by
    /// their factor.
    mutating func stretchContext() {
        guard case .dynamic(let factor, let context) = layers.first?.rotary?.scaling, factor > 1 else { return }
        contextLength = Int(min(Double(1 << 30), Double(context) * Double(factor)))
    }

    /// Whether what a token becomes depends on what stands after it: on those tokens, or on how many they are.
    func looksAhead(in packed: PackedSequences) -> Bool {
        guard isCausal else { return true }
        guard let limit = layers.compactMap({ $0.rotary?.limit }).min() else { return false }
        return (0..<packed.sequenceCount).contains { packed.range($0).count > limit }
    }
}

/// A type of model, as `config.json` names it; its family knows how it is read and written.
public struct ModelType: Sendable, Equatable {
    /// `model_type`.
    public let name: String
    /// Its name in prose.
    public let title: String
    /// The class of transformers, as `architectures` names it.
    public let architecture: String
    package let family: any ModelFamily.Type

    package init(_ name: String, title: String, architecture: String, _ family: any ModelFamily.Type) {
        self.name = name
        self.title = title
        self.architecture = architecture
        self.family = family
    }

    /// Whether the names are the same.
    public static func == (a: ModelType, b: ModelType) -> Bool { a.name == b.name }
}
