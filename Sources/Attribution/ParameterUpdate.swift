import LanguageModel
import LinearAlgebra

/// The update Δθ = θ1 − θ0 that a run made, to be applied in part, in full or beyond.
///
/// Holds the two models and no third copy; Δθ is taken where it is needed.
package final class ParameterUpdate {
    package let before: TransformerModel
    package let after: TransformerModel

    /// The update from one model to another of the same shape.
    package init(from before: TransformerModel, to after: TransformerModel) {
        precondition(before.layout == after.layout, "models of different shapes")
        self.before = before
        self.after = after
    }

    /// Sets `scratch` to θ0 + α·Δθ.
    ///
    /// Computed as (1 − α)·θ0 + α·θ1, so that α = 0 and α = 1 give both models bit for bit.
    package func apply(_ alpha: Double, to scratch: TransformerModel) {
        precondition(scratch.layout == before.layout, "models of different shapes")
        let (x, y, out) = (before.values.buffer, after.values.buffer, scratch.values.buffer)
        FloatBuffer.walk(0..<x.count) { range in
            for i in range { out[i] = x[i] == y[i] ? x[i] : Float((1 - alpha) * Double(x[i]) + alpha * Double(y[i])) }
        } then: { range in
            release(range)
        }
    }

    /// Takes both models out of memory until they are looked at again, where they lie in a file.
    package func release(_ range: Range<Int>? = nil) {
        for model in [before, after] { model.values.release(range) }
    }

    /// ‖Δθ‖ of each tensor, in the order of the layout.
    package func norms() -> [Double] {
        let (x, y) = (before.values.pointer, after.values.pointer)
        return sums { (y[$0], x[$0], y[$0], x[$0]) }.map { $0.squareRoot() }
    }

    /// ⟨gradient, Δθ⟩ of each tensor, in the order of the layout.
    package func products(with gradient: FloatBuffer) -> [Double] {
        precondition(gradient.count == before.values.count)
        let (x, y, g) = (before.values.pointer, after.values.pointer, gradient.pointer)
        return sums(with: gradient) { (y[$0], x[$0], g[$0], 0) }
    }

    /// ``blockSum(_:_:)-(_,(Int)->(Float,Float,Float,Float))`` of each tensor, a stretch of it at a time.
    private func sums(with gradient: FloatBuffer? = nil, _ term: (Int) -> (Float, Float, Float, Float)) -> [Double] {
        let stretch = 1 << 22
        return before.layout.tensors.map { tensor in
            stride(from: tensor.range.lowerBound, to: tensor.range.upperBound, by: stretch).reduce(0) { sum, start in
                let part = start..<min(start + stretch, tensor.range.upperBound)
                defer {
                    release(part)
                    gradient?.release(part)
                }
                return sum + blockSum(part, term)
            }
        }
    }

    /// Δθ of some rows of the input embeddings, `(tokens, D)`.
    package func inputRows(_ tokens: [Int]) -> Matrix<Float> {
        var rows = after.inputRows(tokens)
        let start = before.inputRows(tokens)
        for i in rows.elements.indices { rows.elements[i] -= start.elements[i] }
        return rows
    }
}
