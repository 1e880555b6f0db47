import Attribution
import LanguageModel
import LinearAlgebra

extension ParameterUpdate {
    /// ⟨gradient, PΔθ⟩ by site for several projections P, without making any PΔθ: with Q the orthonormal rows of a subspace,
    /// ⟨G, ΔQᵀQ⟩ = ⟨GQᵀ, ΔQᵀ⟩, and all subspaces' rows stand in one matrix.
    ///
    /// - Parameters:
    ///   - bases: orthonormal rows by site, a dictionary a projection.
    ///   - gradient: laid out as the models; nil for Δθ itself, which gives ‖PΔθ‖².
    /// - Returns: a dictionary a projection.
    /// - Throws: `LAPACKError` when a decomposition does not converge.
    package func products(
        on bases: [[ResidualSite: Matrix<Double>]], with gradient: FloatBuffer?
    ) throws -> [[ResidualSite: Double]] {
        var products = [[ResidualSite: Double]](repeating: [:], count: bases.count)
        for weight in before.residualWeights {
            let directions = try bases.map { basis in
                try basis[weight.site].flatMap { $0.rows > 0 ? try before.directions($0, for: weight) : nil }
            }
            let rows = directions.flatMap { $0?.elements.map(Float.init) ?? [] }
            guard !rows.isEmpty else { continue }
            let sums = coordinateProducts(weight, rows, gradient)
            var place = 0
            for (index, directions) in directions.enumerated() {
                guard let directions else { continue }
                products[index][weight.site, default: 0] += sums[place..<place + directions.rows].reduce(0, +)
                place += directions.rows
            }
        }
        return products
    }

    /// ⟨Gq, Δq⟩ of every row q of `rows`, with G and Δ taken along the residual side of one weight.
    private func coordinateProducts(_ weight: ResidualWeight, _ rows: [Float], _ gradient: FloatBuffer?) -> [Double] {
        let (width, tensor) = (weight.width, weight.tensor)
        let (others, count) = (tensor.count / width, rows.count / width)
        let block = 4_096
        let (left, right) = (FloatBuffer(count: count * block), FloatBuffer(count: count * block))
        let delta = difference(tensor)
        defer {
            withExtendedLifetime((left, right, delta)) {}
            gradient?.release(tensor.range)
        }
        // Rows of the weight lie one after the other, columns side by side.
        let isRows = weight.side == .rows
        let (step, stride) = isRows ? (width, width) : (1, others)
        var sums = [Double](repeating: 0, count: count)
        for start in Swift.stride(from: 0, to: others, by: block) {
            let length = min(block, others - start)
            /// Coordinates along every row, `(count, length)`.
            func coordinates(_ source: UnsafePointer<Float>, into out: UnsafeMutablePointer<Float>) {
                BLAS.gemm(
                    transposeB: isRows, m: count, n: length, k: width, rows, lda: width, source + start * step,
                    ldb: stride, out, ldc: length)
            }
            coordinates(delta.pointer, into: left.pointer)
            if let gradient { coordinates(gradient.pointer + tensor.offset, into: right.pointer) }
            let other = gradient == nil ? left : right
            for row in 0..<count {
                sums[row] += blockSum(row * length..<(row + 1) * length, left.pointer, other.pointer)
            }
        }
        return sums
    }
}
