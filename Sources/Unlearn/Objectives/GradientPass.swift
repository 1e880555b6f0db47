import LanguageModel
import LinearAlgebra

/// One loss and its gradient over a batch, in passes of bounded size.
///
/// Activations of a pass live until its backward half has run, so a pass takes only as many sequences as fit
/// `passTokens`; every term is a sum over tokens, so the passes add up to the whole batch.
struct GradientPass {
    let model: TransformerModel
    let gradient: FloatBuffer
    let trainable: ParameterSelection
    let passTokens: Int

    /// Sets the gradient of the trained tensors to 0; that of the others is never touched.
    func clear() {
        for tensor in model.layout.tensors where trainable.contains(tensor) {
            parallelFor(tensor.count, grain: 1 << 18) { range in
                (gradient.pointer + tensor.offset + range.lowerBound).update(repeating: 0, count: range.count)
            }
        }
    }

    /// Adds the gradient of weight · Σ factor · log p.
    ///
    /// - Returns: Σ factor · log p, without `weight`.
    func logLikelihood(_ sequences: [ScoredSequence], weight: Double) -> Double {
        precondition(!model.isMasked, "a masked model gives no probability of the next token")
        var value = 0.0
        for range in passes(sequences) {
            let predictions = Self.predictions(sequences[range], scale: Float(weight))
            let packed = PackedSequences(sequences[range].map(\.inputs))
            let values = model.accumulateGradient(
                of: [.weightedLogLikelihood(predictions)], in: packed, into: gradient, trainable: trainable)
            value += values.reduce(0, +)
        }
        return value / weight
    }

    /// Adds the gradient of weight · mean over the predicted positions of KL(reference ‖ model).
    ///
    /// - Returns: the mean, without `weight`.
    func divergence(_ sequences: [ScoredSequence], from reference: TransformerModel, weight: Double) -> Double {
        let count = sequences.reduce(0) { $0 + $1.targets.count }
        var value = 0.0
        for range in passes(sequences) {
            let rows = Self.predictions(sequences[range]).map(\.row)
            let share = Float(weight * Double(rows.count) / Double(max(count, 1)))
            let values = model.accumulateGradient(
                of: [.klDivergence(from: reference, rows: rows, weight: share)],
                in: PackedSequences(sequences[range].map(\.inputs)), into: gradient, trainable: trainable)
            value += values.reduce(0, +)
        }
        return value / weight
    }

    /// The targets of some sequences as rows of their packed inputs.
    static func predictions(_ sequences: some Sequence<ScoredSequence>, scale: Float = 1) -> [Prediction] {
        var predictions: [Prediction] = []
        var start = 0
        for sequence in sequences {
            for target in sequence.targets {
                predictions.append(
                    Prediction(row: start + target.row, token: target.token, weight: scale * sequence.weight))
            }
            start += sequence.inputs.count
        }
        return predictions
    }

    private func passes(_ sequences: [ScoredSequence]) -> [Range<Int>] {
        var passes: [Range<Int>] = []
        var start = 0
        var tokens = 0
        for (index, sequence) in sequences.enumerated() {
            if index > start, tokens + sequence.inputs.count > passTokens {
                passes.append(start..<index)
                start = index
                tokens = 0
            }
            tokens += sequence.inputs.count
        }
        if start < sequences.count { passes.append(start..<sequences.count) }
        return passes
    }
}
