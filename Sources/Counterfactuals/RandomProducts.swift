import Attribution
import LanguageModel
import LinearAlgebra

/// The joint law of ⟨g_d, Δ⟩ over gradients g_d, for a random update Δ as ``RandomDirection`` draws it.
///
/// In a tensor of n elements such an update is uniform on the sphere of the update's norm, so its inner products with the
/// gradients depend on nothing but their Gram matrix G there: with G = V Λ Vᵀ they are norm · V Λ^½ x / √(‖x‖² + χ²), x
/// standard normal in as many dimensions as there are gradients and χ² of the n minus as many degrees of freedom that are
/// left. A draw therefore costs a few numbers a tensor in the place of one an element, and needs no model.
package struct RandomProducts {
    private struct Tensor {
        let norm: Double
        /// Rows: √λ v, `(dimensions, gradients)`.
        let root: Matrix<Double>
        /// Degrees of freedom outside of the gradients.
        let rest: Int
    }

    private let gradients: Int
    private let tensors: [Tensor]

    /// - Parameter norms: the norm of the update in each tensor, in the order of the layout.
    /// - Throws: `LAPACKError` when a decomposition does not converge.
    package init(layout: ParameterLayout, norms: [Double], gradients: [FloatBuffer]) throws {
        self.gradients = gradients.count
        tensors = try zip(layout.tensors, norms).compactMap { tensor, norm -> Tensor? in
            guard norm > 0 else { return nil }
            let eigen = try Self.gram(gradients, tensor.range).symmetricEigen()
            let dimensions = min(gradients.count, tensor.count)
            var root = Matrix<Double>(rows: dimensions, columns: gradients.count)
            for k in 0..<dimensions {
                let scale = max(0, eigen.values[k]).squareRoot()
                for g in 0..<gradients.count { root[k, g] = scale * eigen.vectors[k, g] }
            }
            return Tensor(norm: norm, root: root, rest: tensor.count - dimensions)
        }
    }

    /// The inner products of one random update with each gradient.
    package func draw(_ stream: inout RandomStream) -> [Double] {
        var products = [Double](repeating: 0, count: gradients)
        for tensor in tensors {
            let x = (0..<tensor.root.rows).map { _ in stream.normal() }
            let square = x.reduce(0) { $0 + $1 * $1 } + stream.chiSquare(degrees: tensor.rest)
            guard square > 0 else { continue }
            for (k, value) in x.enumerated() {
                let factor = tensor.norm * value / square.squareRoot()
                for g in 0..<gradients { products[g] += factor * tensor.root[k, g] }
            }
        }
        return products
    }

    /// Inner products of all pairs of gradients within one tensor.
    private static func gram(_ gradients: [FloatBuffer], _ range: Range<Int>) -> Matrix<Double> {
        var gram = Matrix<Double>(rows: gradients.count, columns: gradients.count)
        for i in gradients.indices {
            for j in i..<gradients.count {
                gram[i, j] = blockSum(range, gradients[i].pointer, gradients[j].pointer)
                gram[j, i] = gram[i, j]
                gradients[j].release(range)
            }
            gradients[i].release(range)
        }
        return gram
    }
}
