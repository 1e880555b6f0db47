import Evaluate
import LanguageModel
import LinearAlgebra

/// The gradient of a bias averaged along the line from θ0 to θ1.
///
/// ḡ = ∫₀¹ ∇B(θ0 + αΔθ) dα, so ⟨ḡ, Δθ⟩ = B(θ1) − B(θ0) exactly but for quadrature: ḡ shares a change out over
/// parameters without remainder (integrated gradients, Sundararajan et al. 2017, taken over parameters).
package enum PathGradient {
    /// ḡ by Gauss–Radau quadrature, laid out as the update's models are.
    ///
    /// Use models that are ``LanguageModel/TransformerModel/untied()`` to tell the two sides of a tied matrix apart. Memory:
    /// one model and one gradient beside the update's two models.
    ///
    /// - Parameters:
    ///   - nodes: gradients that it rests on; 5 leave an error far below that of float arithmetic for updates of everyday
    ///     size.
    ///   - start: the first of them, ∇B(θ0), where it is known; only read.
    ///   - progress: called with the number of nodes done.
    package static func average(
        update: ParameterUpdate, objective: BiasObjective, nodes: Int = 5, start: FloatBuffer? = nil,
        progress: (Int) throws -> Void = { _ in }
    ) rethrows -> FloatBuffer {
        let scratch = update.before.copy()
        let sum = FloatBuffer(count: update.before.layout.count)
        for (index, node) in GaussRadau.nodes(nodes).enumerated() {
            if index == 0, let start {
                let weight = Float(node.weight)
                FloatBuffer.walk(0..<sum.count) { part in
                    for i in part { sum.pointer[i] = weight * start.pointer[i] }
                } then: { part in
                    start.release(part)
                }
                continue
            }
            update.apply(node.position, to: scratch)
            let weighted = objective.predictions.map { prediction in
                Prediction(
                    row: prediction.row, token: prediction.token,
                    weight: Float(Double(prediction.weight) * node.weight))
            }
            _ = scratch.accumulateGradient(
                of: [.weightedLogLikelihood(weighted)], in: objective.sequences, into: sum, trainable: .all)
            try progress(index + 1)
        }
        scratch.releaseWorkingMemory()
        return sum
    }

    /// The gradient of the mean log-likelihood of neutral text: what any update that changes how well the model predicts
    /// is aligned with.
    ///
    /// - Parameter maximumTokens: where the text is cut, after a whole sequence.
    package static func neutral(_ text: PerplexityText, model: TransformerModel, maximumTokens: Int = 8192)
        -> FloatBuffer
    {
        let sequences = text.sequences.first(tokens: maximumTokens)
        let used = text.predictions.filter { $0.row < sequences.tokenCount }
        let scale = 1 / Float(max(1, used.count))
        let gradient = FloatBuffer(count: model.layout.count)
        _ = model.accumulateGradient(
            of: [.weightedLogLikelihood(used.map { Prediction(row: $0.row, token: $0.token, weight: scale) })],
            in: sequences, into: gradient, trainable: .all)
        return gradient
    }
}

extension PackedSequences {
    /// The first sequences, one at least, that have no more tokens than asked for.
    package func first(tokens limit: Int) -> PackedSequences {
        let kept = (0..<sequenceCount).prefix { $0 == 0 || starts[$0 + 1] <= limit }
        return PackedSequences(kept.map { Array(tokens[range($0)]) })
    }
}
