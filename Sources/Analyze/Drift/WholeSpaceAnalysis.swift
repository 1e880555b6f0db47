import Foundation
import LinearAlgebra
import Statistics

/// Measures over a seeded sample of usable rows.
enum WholeSpaceAnalysis {
    /// The measures over at most `limit` rows; those that need more than one row or a movement are nil without.
    static func measure(
        _ input: DriftInput, rows: SpaceRows, settings: AnalysisSettings, limit: Int = 2_000
    ) throws -> WholeSpace {
        let usable = rows.usable.indices.filter { rows.usable[$0] }
        var stream = RandomStream(seed: settings.seed, label: "analyze/\(input.space)/whole space")
        let sample = stream.sample(min(limit, usable.count), below: usable.count).map { usable[$0] }.sorted()
        let before = input.before.gathering(sample).double
        let after = input.after.gathering(sample).double
        let angles = (0..<sample.count).compactMap { Vector.angle(Array(before.row($0)), Array(after.row($0))) }
        var out = WholeSpace(
            sampledRows: sample.count, meanDisplacement: Summary.mean(sample.map { rows.displacement[$0] }),
            meanAngle: Summary.mean(angles))
        guard sample.count > 1 else { return out }
        out.anisotropyBefore = anisotropy(before)
        out.anisotropyAfter = anisotropy(after)

        let (x, y) = (centred(before), centred(after))
        let cross = Matrix.product(x, transposeA: true, y)
        let (xx, yy) = (Matrix.product(x, transposeA: true, x), Matrix.product(y, transposeA: true, y))
        let sizes = (Vector.norm(xx.elements), Vector.norm(yy.elements))
        if sizes.0 > 0, sizes.1 > 0 {
            let size = Vector.norm(cross.elements)
            out.linearCKA = size * size / (sizes.0 * sizes.1)
        }
        let (squareX, squareY) = (Vector.dot(x.elements, x.elements), Vector.dot(y.elements, y.elements))
        if squareY > 0 {
            // min over rotations of ‖X R − Y‖² is ‖X‖² + ‖Y‖² − 2 Σ singular values of XᵀY (Schönemann 1966).
            let nuclear = try cross.thinSVD(vectors: false).singularValues.reduce(0, +)
            out.procrustesResidual = (max(0, squareX + squareY - 2 * nuclear) / squareY).squareRoot()
            out.unrotatedResidual = Vector.norm(Vector.difference(x.elements, y.elements)) / squareY.squareRoot()
        }
        out.topVarianceBefore = try topShare(xx)
        out.topVarianceAfter = try topShare(yy)
        let delta = Matrix(
            rows: before.rows, columns: before.columns, elements: zip(before.elements, after.elements).map { $1 - $0 })
        out.updateRank = try effectiveRank(delta)
        return out
    }

    /// Mean cosine between different rows: (‖Σ u‖² − n) / (n (n − 1)) over unit rows.
    private static func anisotropy(_ matrix: Matrix<Double>) -> Double {
        var sum = [Double](repeating: 0, count: matrix.columns)
        for row in 0..<matrix.rows {
            let values = Array(matrix.row(row))
            let norm = Vector.norm(values)
            for i in sum.indices { sum[i] += values[i] / norm }
        }
        let n = Double(matrix.rows)
        return (Vector.dot(sum, sum) - n) / (n * (n - 1))
    }

    private static func centred(_ matrix: Matrix<Double>) -> Matrix<Double> {
        var mean = [Double](repeating: 0, count: matrix.columns)
        for row in 0..<matrix.rows { for i in mean.indices { mean[i] += matrix[row, i] } }
        for i in mean.indices { mean[i] /= Double(matrix.rows) }
        var out = matrix
        for row in 0..<matrix.rows { for i in mean.indices { out[row, i] -= mean[i] } }
        return out
    }

    private static func topShare(_ scatter: Matrix<Double>) throws -> Double? {
        let values = try scatter.symmetricEigen(vectors: false).values
        let total = values.reduce(0, +)
        return total > 0 ? values[0] / total : nil
    }

    /// exp of the entropy of the shares of squared singular values (Roy and Vetterli 2007, on squares).
    private static func effectiveRank(_ delta: Matrix<Double>) throws -> Double? {
        let scatter = Matrix.product(delta, transposeA: true, delta)
        let values = try scatter.symmetricEigen(vectors: false).values.map { max(0, $0) }
        let total = values.reduce(0, +)
        guard total > 0 else { return nil }
        var entropy = 0.0
        for value in values where value > 0 { entropy -= value / total * log(value / total) }
        return exp(entropy)
    }
}
