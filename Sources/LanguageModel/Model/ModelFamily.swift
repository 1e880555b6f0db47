import LinearAlgebra

/// What the engine asks of a family's configuration.
package protocol FamilyConfiguration: ModelConfiguration {
    /// Whether the head is the token embedding.
    var tiedHead: Bool { get set }
}

/// What the engine asks of a model family. A family is one file; nothing else changes when one is added.
package protocol ModelFamily: ModelConfiguration {
    /// The family's own configuration.
    associatedtype Sizes: FamilyConfiguration

    /// A family's network of some sizes.
    init(_ sizes: Sizes)

    /// The sizes, and what sets the model apart within its family.
    var sizes: Sizes { get }
    /// Every tensor, by its checkpoint name.
    var layout: ParameterLayout { get }
    /// The matrix `(V, C)` that turns tokens into vectors.
    var tokenEmbedding: ParameterInfo { get }
    /// The matrix `(V, C)` that turns final hidden states into logits.
    var head: ParameterInfo { get }
    /// What is added to the logits, `(V)`.
    var headBias: ParameterInfo? { get }
    /// Whether the model fills in masked tokens: every token sees all of its sequence, and a row predicts the token that belongs
    /// there, not the next one.
    var isMasked: Bool { get }

    /// Fills fresh parameters as the family's reference implementation does.
    func initialize(_ values: FloatBuffer, seed: UInt64)

    /// The weights that read from the residual stream or write to it, the head among them.
    var residualWeights: [ResidualWeight] { get }

    /// The network up to the head.
    ///
    /// - Parameter observe: receives the state of the residual stream at every site that ``residualWeights`` names, in the
    ///   order of the computation: at all of the batch's tokens, or where only they go on at its wanted rows.
    /// - Returns: what the head reads at the batch's wanted rows, `(rows, C)`: hidden states behind the final norm.
    func forward(_ tape: Tape, _ batch: Batch, observe: ((ResidualSite, Activation) -> Void)?) -> Activation
}

extension ModelFamily {
    package var vocabularySize: Int { sizes.vocabularySize }
    package var contextLength: Int { sizes.contextLength }
    package var hiddenSize: Int { sizes.hiddenSize }
    package var layerCount: Int { sizes.layerCount }
    package var headCount: Int { sizes.headCount }
    package var headBias: ParameterInfo? { nil }
    package var isMasked: Bool { false }

    /// The same family with a head of its own, whatever this one has.
    var untied: any ModelFamily {
        var sizes = sizes
        sizes.tiedHead = false
        return Self(sizes)
    }

    /// Stops at a batch that the model cannot take.
    func requireFitting(_ batch: Batch) {
        precondition(
            (batch.positions.max() ?? 0) < contextLength && batch.tokens.allSatisfy { 0 <= $0 && $0 < vocabularySize },
            "tokens outside the vocabulary of \(vocabularySize) or the context of \(contextLength)")
    }
}
