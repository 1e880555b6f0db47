import LanguageModel
import LinearAlgebra

/// The bias B_d of a domain as a weighted sum of log-probabilities, so that a model can be differentiated by it.
///
/// Of sentence pairs: B_d = (1/N) Σ_i [ (1/n_i) Σ log p(tokens of more_i) − (1/m_i) Σ log p(tokens of less_i) ].
public struct BiasObjective {
    /// The input of the model.
    public let sequences: PackedSequences
    /// The terms, each with its weight.
    public let predictions: [Prediction]

    /// Takes some terms; ``SentenceBatch/objective(_:)`` makes them from weights.
    public init(sequences: PackedSequences, predictions: [Prediction]) {
        self.sequences = sequences
        self.predictions = predictions
    }

    /// B_d of a model.
    public func value(_ model: TransformerModel) -> Double {
        zip(model.logProbabilities(predictions, in: sequences), predictions).reduce(0) {
            $0 + Double($1.0) * Double($1.1.weight)
        }
    }

    /// ∇B_d at a model's parameters, laid out as ``TransformerModel/values``.
    public func gradient(_ model: TransformerModel) -> FloatBuffer {
        let gradient = FloatBuffer(count: model.layout.count)
        _ = model.accumulateGradient(
            of: [.weightedLogLikelihood(predictions)], in: sequences, into: gradient, trainable: .all)
        return gradient
    }
}
