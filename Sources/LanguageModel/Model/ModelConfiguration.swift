import LinearAlgebra

/// The sizes that every causal language model has; a family's own configuration adds to them.
public protocol ModelConfiguration: Sendable {
    /// Number of tokens in the vocabulary, V.
    var vocabularySize: Int { get }
    /// Most tokens in a sequence.
    var contextLength: Int { get }
    /// Width of the residual stream, C.
    var hiddenSize: Int { get }
    /// Number of blocks, L.
    var layerCount: Int { get }
    /// Attention heads a block, H.
    var headCount: Int { get }
}
