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
    private func release(_ range: Range<Int>) {
        for model in [before, after] { model.values.release(range) }
    }

    /// ‖Δθ‖ of each tensor, in the order of the layout.
    package func norms() -> [Double] { sums { difference, _ in difference * difference }.map { $0.squareRoot() } }

    /// ⟨gradient, Δθ⟩ of each tensor, in the order of the layout.
    package func products(with gradient: FloatBuffer) -> [Double] {
        precondition(gradient.count == before.values.count)
        return sums { $0 * Double(gradient.pointer[$1]) }
    }

    /// The sum of a term over each tensor; it gets an element of Δθ and its place.
    private func sums(_ term: (Double, Int) -> Double) -> [Double] {
        before.layout.tensors.map { tensor in
            defer { release(tensor.range) }
            return tensor.range.reduce(0) { sum, i in
                sum + term(Double(after.values.pointer[i]) - Double(before.values.pointer[i]), i)
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
