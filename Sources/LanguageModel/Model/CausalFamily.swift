import LinearAlgebra

/// What the engine asks of a model family. A family is one file; nothing else changes when one is added.
package protocol CausalFamily: ModelConfiguration {
    /// Every tensor, by its checkpoint name.
    var layout: ParameterLayout { get }
    /// The family's own configuration, for checkpoints.
    var configuration: any ModelConfiguration { get }
    /// The matrix `(V, C)` that turns tokens into vectors.
    var tokenEmbedding: ParameterInfo { get }
    /// The matrix `(V, C)` that turns final hidden states into logits.
    var head: ParameterInfo { get }

    /// The same family with a head of its own, whatever this one has.
    var untied: any CausalFamily { get }

    /// Fills fresh parameters as the family's reference implementation does.
    func initialize(_ values: FloatBuffer, seed: UInt64)

    /// The weights that read from the residual stream or write to it, the head among them.
    var residualWeights: [ResidualWeight] { get }

    /// The network up to the head.
    ///
    /// - Parameter observe: receives the state of the residual stream at every site that ``residualWeights`` names, in the
    ///   order of the computation: at all of the batch's tokens, or where only they go on at its wanted rows.
    /// - Returns: hidden states behind the final norm at the batch's wanted rows, `(rows, C)`.
    func forward(_ tape: Tape, _ batch: Batch, observe: ((ResidualSite, Activation) -> Void)?) -> Activation
}
