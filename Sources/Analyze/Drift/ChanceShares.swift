import LinearAlgebra
import Statistics

/// Shares of variance that vectors without relation have: the yardstick of parallel analysis (Horn 1965).
///
/// A draw gives every vector its length and a direction drawn evenly over all directions. That is the same in every
/// orthonormal basis, which random signs of coordinates are not.
struct ChanceShares {
    let seed: UInt64

    /// 95 % quantiles of the shares of the first ten components, over 200 draws, for vectors of these lengths.
    func quantiles(lengths: [Double], width: Int) throws -> [Double] {
        var stream = RandomStream(seed: seed, label: "analyze/parallel analysis")
        var shares: [[Double]] = []
        for _ in 0..<200 {
            var vectors = Matrix(
                rows: lengths.count, columns: width, elements: (0..<lengths.count * width).map { _ in stream.normal() })
            for row in lengths.indices {
                let scale = lengths[row] / Vector.norm(Array(vectors.row(row)))
                for i in 0..<width { vectors[row, i] *= scale }
            }
            // The smaller Gram matrix has the same nonzero eigenvalues.
            let gram =
                lengths.count <= width
                ? Matrix.product(vectors, vectors, transposeB: true)
                : Matrix.product(vectors, transposeA: true, vectors)
            let values = try gram.symmetricEigen(vectors: false).values
            let total = values.reduce(0, +)
            shares.append(values.map { total > 0 ? $0 / total : 0 })
        }
        return (0..<min(lengths.count, width, 10)).map { j in Summary.quantiles(shares.map { $0[j] }, [0.95])[0] }
    }
}
