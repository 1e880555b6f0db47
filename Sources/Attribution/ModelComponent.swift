import LanguageModel

/// The components into which a model's parameters fall for attribution.
///
/// Input and output side of the embeddings are two components, which a tied model has only after
/// ``LanguageModel/TransformerModel/untied()``.
package enum ModelComponent: String, Codable, Sendable, Equatable, CaseIterable {
    /// Token embeddings as they enter the network.
    case inputEmbeddings = "input embeddings"
    /// Token embeddings as they make logits, and what is added to these.
    case outputEmbeddings = "output embeddings"
    case positions
    case attention
    /// Feed-forward networks, and the layer in the head of a masked model.
    case mlp
    /// Gains and biases of norms.
    case norms

    /// The component that a tensor of a model belongs to; the one matrix of a tied model counts as input.
    package init(_ tensor: ParameterInfo, of model: TransformerModel) {
        switch tensor.module {
        case .embeddings: self = tensor.offset == model.inputEmbedding.offset ? .inputEmbeddings : .outputEmbeddings
        case .positions: self = .positions
        case .attention: self = .attention
        case .mlp: self = .mlp
        case .norms: self = .norms
        }
    }
}
