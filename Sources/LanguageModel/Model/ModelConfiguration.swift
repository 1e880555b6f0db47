/// The sizes that every language model has; a family's own configuration adds to them.
public protocol ModelConfiguration: Sendable {
    /// The types of model in the family.
    associatedtype Family: ModelType

    /// Which of them this is.
    var family: Family { get }
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
    /// Whether the head is the token embedding.
    var tiedHead: Bool { get set }
    /// The family's network of these sizes.
    var network: ModelNetwork { get }
}

/// A type of model within its family; the raw value is `model_type` of `config.json`.
public protocol ModelType: RawRepresentable, CaseIterable, Sendable where RawValue == String {
    /// Its name in prose.
    var title: String { get }
    /// The class of transformers, as `architectures` names it.
    var architecture: String { get }
}

/// A family's network of some sizes, without parameters. Only the families of this package make one.
public struct ModelNetwork: Sendable {
    let family: any ModelFamily

    package init(_ family: any ModelFamily) { self.family = family }
}

extension TransformerModel {
    /// A model with fresh parameters.
    public convenience init(configuration: some ModelConfiguration, seed: UInt64) {
        self.init(zeroed: configuration)
        family.initialize(values, seed: seed)
    }

    /// A model whose parameters are all zero, for a checkpoint to fill.
    public convenience init(zeroed configuration: some ModelConfiguration) {
        self.init(family: configuration.network.family)
    }
}
