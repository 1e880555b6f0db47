import LinearAlgebra

/// Asks for log p(``token`` | its sequence up to and including ``row``); of a masked model, for log p(``token`` at
/// ``row`` | its sequence), with the mask token written at `row` by whoever asks.
public struct Prediction: Sendable, Equatable {
    /// Flat index into the packed tokens: the last token that is given, or the masked token itself.
    public var row: Int
    /// The token whose probability is asked for; for text as it stands, the one at `row + 1`.
    public var token: Int32
    /// Factor of this log-probability in a ``LossTerm/weightedLogLikelihood(_:)``.
    public var weight: Float

    /// Makes a prediction.
    public init(row: Int, token: Int32, weight: Float = 1) {
        self.row = row
        self.token = token
        self.weight = weight
    }
}

/// One summand of a loss, which is minimised as it stands.
public enum LossTerm {
    /// Σ weight · log p. Forgetting H tokens: weight `+1/|H|`; negative log-likelihood of N tokens: `-1/N`.
    case weightedLogLikelihood([Prediction])
    /// weight · mean over rows of KL(reference ‖ model), each over the whole vocabulary.
    case klDivergence(from: TransformerModel, rows: [Int], weight: Float)
    /// A loss of hidden states: of the residual stream as block `layer` receives it (`hiddenStates[layer]` of
    /// ``TransformerModel/hiddenStates(at:in:)`` below the last), at each of `rows`.
    ///
    /// `loss` gets indices into `rows` and their states, `(items, C)`, and returns its value and gradient; the value of
    /// the term is the sum over its calls, one for each batch that the input is cut into. With
    /// activation checkpointing the gradient may differ by rounding.
    case hiddenStates(
        layer: Int, rows: [Int], loss: (_ items: [Int], _ states: Matrix<Float>) -> (Double, Matrix<Float>))
}
