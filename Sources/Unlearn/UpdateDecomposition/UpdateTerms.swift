import LanguageModel
import LinearAlgebra

/// A run's update by the terms that made it: Δθ = ``forget`` + ``retain`` + ``decay``.
///
/// Each is what its term's gradients did through the optimiser: AdamW's first moments are kept apart under the
/// second moment and the clip factor that all terms share, SGD's momentum likewise, so the split is additive. Weight
/// decay is a term of its own, also where it shrinks what the other terms had done.
public final class UpdateTerms {
    /// The steps that were taken again.
    public let steps: Int
    /// The tensors, as in the model before.
    public let layout: ParameterLayout
    /// What the forget term did, in the order of ``layout``.
    public let forget: FloatBuffer
    /// What the retain term did; nil where the loss has none.
    public let retain: FloatBuffer?
    /// What weight decay did; nil where there is none.
    public let decay: FloatBuffer?
    /// Of ``forget``, what came to the token embedding matrix through its output side (logits), `(V, D)`; the rest came
    /// through its input side (lookups). Nil where the output embedding is a matrix of its own.
    public let output: FloatBuffer?
    /// The token embedding matrix.
    public let embedding: ParameterInfo

    init(
        steps: Int, before: TransformerModel, forget: FloatBuffer, retain: FloatBuffer?, decay: FloatBuffer?,
        output: FloatBuffer?
    ) {
        self.steps = steps
        layout = before.layout
        embedding = before.inputEmbedding
        self.forget = forget
        self.retain = retain
        self.decay = decay
        self.output = output
    }

    /// Some rows of the token embedding matrix, by term, `(tokens, D)` each; a term that is not there is zero.
    public func rows(_ tokens: [Int]) -> (
        output: Matrix<Float>, input: Matrix<Float>, retain: Matrix<Float>, decay: Matrix<Float>
    ) {
        let width = embedding.shape[1]
        func gather(_ buffer: FloatBuffer?, from offset: Int) -> Matrix<Float> {
            var out = Matrix<Float>(rows: tokens.count, columns: width)
            guard let buffer else { return out }
            for (row, token) in tokens.enumerated() {
                for i in 0..<width { out[row, i] = buffer.pointer[offset + token * width + i] }
            }
            return out
        }
        let output = gather(self.output, from: 0)
        var input = gather(forget, from: embedding.offset)
        for i in input.elements.indices { input.elements[i] -= output.elements[i] }
        return (output, input, gather(retain, from: embedding.offset), gather(decay, from: embedding.offset))
    }

    /// ‖Σ terms − Δθ‖/‖Δθ‖; nil for an update of zero.
    ///
    /// Rounding alone: the decomposition adds the two sides of a tied matrix in another order than the run did.
    public func relativeError(from before: TransformerModel, to after: TransformerModel) -> Double? {
        precondition(before.layout == layout && after.layout == layout, "models of different shapes")
        var error = 0.0
        var size = 0.0
        for i in 0..<layout.count {
            let moved = Double(after.values.pointer[i]) - Double(before.values.pointer[i])
            var sum = Double(forget.pointer[i])
            if let retain { sum += Double(retain.pointer[i]) }
            if let decay { sum += Double(decay.pointer[i]) }
            error += (sum - moved) * (sum - moved)
            size += moved * moved
        }
        return size > 0 ? (error / size).squareRoot() : nil
    }
}
