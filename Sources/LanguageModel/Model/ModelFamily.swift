import FileSupport
import LinearAlgebra

/// A model family: its types of model, its network, and how its checkpoints are read and written.
///
/// A family is one file in `Families` and one line in ``ModelFamilies/all``; nothing else changes when one is added.
/// ``TransformerFamily`` does most of it where the network is a ``Transformer``.
package protocol ModelFamily: Sendable {
    /// Its types of model.
    static var types: [ModelType] { get }
    /// Sets what is usual in a type of the family.
    static func prepare(_ sizes: inout ModelConfiguration)
    /// A network of some sizes.
    static func network(_ sizes: ModelConfiguration) -> any ModelNetwork
    /// Standard deviation of a fresh weight, as in the family's reference implementation.
    static func deviation(of tensor: ParameterInfo, _ sizes: ModelConfiguration) -> Double

    /// Reads sizes and choices from `config.json`.
    ///
    /// - Throws: ``InputError`` for a setting that changes the arithmetic and is not supported.
    static func configuration(_ config: JSONCursor, _ type: ModelType) throws -> ModelConfiguration
    /// Members of `config.json` for a model that came without one; `architectures` and `model_type` come from the type.
    static func config(_ sizes: ModelConfiguration, beginToken: Int32?) -> JSON
    /// The name in the layout of a tensor as files store it; nil for what is no parameter of the model: a buffer, or a
    /// component that it does without.
    static func canonicalName(_ stored: String) -> String?
}

// What holds unless a family says otherwise.
extension ModelFamily {
    package static func prepare(_ sizes: inout ModelConfiguration) {}
    package static func deviation(of tensor: ParameterInfo, _ sizes: ModelConfiguration) -> Double { 0.02 }
    package static func canonicalName(_ stored: String) -> String? { stored }
}

/// A network of some sizes, without the values of its parameters.
package protocol ModelNetwork: Sendable {
    /// The sizes, and what sets the model apart within its family.
    var sizes: ModelConfiguration { get }
    /// Every tensor, by its canonical name.
    var layout: ParameterLayout { get }
    /// The matrix `(V, C)` that turns tokens into vectors.
    var tokenEmbedding: ParameterInfo { get }
    /// The matrix `(V, C)` that turns final hidden states into logits.
    var head: ParameterInfo { get }
    /// What is added to the logits, `(V)`.
    var headBias: ParameterInfo? { get }
    /// The weights that read from the residual stream or write to it, the head among them.
    var residualWeights: [ResidualWeight] { get }

    /// What the first block reads, `(tokens, C)`.
    func embed(_ tape: Tape, _ batch: Batch) -> Activation
    /// What a block makes of its input: `(tokens, C)` to `(tokens, C)`, or to the rows that the pass keeps.
    func run(_ x: Activation, _ pass: BlockPass) -> Activation
    /// The last block's output as the residual stream ends, row by row, `(rows, C)`.
    func finish(_ tape: Tape, _ x: Activation) -> Activation
    /// What the head reads of it, in the head's width.
    func headInput(_ tape: Tape, _ x: Activation) -> Activation
}

extension ModelNetwork {
    package var headBias: ParameterInfo? { nil }
    package func headInput(_ tape: Tape, _ x: Activation) -> Activation { x }

    /// The head's side of the residual stream. A tied matrix is listed once, as what it is at the input.
    package var headWeights: [ResidualWeight] { sizes.tiedHead ? [] : [ResidualWeight(head, at: .head, .rows)] }
}

extension ModelConfiguration {
    /// `config.json` of a model as it is saved: the one that it was read with, but for what saving changes, or a new
    /// one.
    func json(beginToken: Int32?, original: JSON?) -> JSON {
        let architectures: JSON = [.string(type.architecture)]
        if let original {
            return original.inSinglePrecision.setting("architectures", to: architectures)
                .setting("tie_word_embeddings", to: .bool(tiedHead))
        }
        let named: JSON = ["architectures": architectures, "model_type": .string(type.name)]
        return named.setting(type.family.config(self, beginToken: beginToken))
    }
}
