import LanguageModel
import LinearAlgebra

/// The bias B_d of a domain as a weighted sum of log-probabilities, so that a model can be differentiated by it.
///
/// B_d = (1/N) Σ_i [ (1/n_i) Σ log p(tokens of more_i) − (1/m_i) Σ log p(tokens of less_i) ].
public struct BiasObjective {
    /// The input of the model.
    public let sequences: PackedSequences
    /// The terms, each with its weight.
    public let predictions: [Prediction]

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

extension PairScorer {
    /// The bias of one domain as a function of the model; no terms when the domain has no pairs.
    public func biasObjective(_ domain: String) -> BiasObjective {
        var weights = [Double](repeating: 0, count: predictions.count)
        let chosen = zip(items, pairs).filter { $0.0.domain == domain }.map(\.1)
        for pair in chosen {
            for (side, sign) in [(pair.more, 1.0), (pair.less, -1.0)] {
                let weight = sign / Double(side.scored.count * chosen.count)
                for index in side.scored { weights[index] += weight }
            }
        }
        return objective(weights)
    }

    /// Packs anew only the sequences that carry a weight.
    private func objective(_ weights: [Double]) -> BiasObjective {
        var sequenceOfRow = [Int](repeating: 0, count: sequences.tokenCount)
        for s in 0..<sequences.sequenceCount { for row in sequences.range(s) { sequenceOfRow[row] = s } }
        let used = predictions.indices.filter { weights[$0] != 0 }
        let kept = Set(used.map { sequenceOfRow[predictions[$0].row] }).sorted()
        var newStart: [Int: Int] = [:]
        var tokenCount = 0
        for s in kept {
            newStart[s] = tokenCount
            tokenCount += sequences.range(s).count
        }
        let terms = used.map { index in
            let old = predictions[index]
            let s = sequenceOfRow[old.row]
            let row = old.row - sequences.starts[s] + (newStart[s] ?? 0)
            return Prediction(row: row, token: old.token, weight: Float(weights[index]))
        }
        return BiasObjective(
            sequences: PackedSequences(kept.map { Array(sequences.tokens[sequences.range($0)]) }), predictions: terms)
    }
}
