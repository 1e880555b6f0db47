import Foundation
import LinearAlgebra
import Statistics

/// Measures over all usable rows.
enum WholeSpaceAnalysis {
    /// The measures; those that need more than one row or a movement are nil without.
    static func measure(_ input: DriftInput, rows: SpaceRows) throws -> WholeSpace {
        let usable = rows.usable.indices.filter { rows.usable[$0] }
        let width = input.before.columns
        let singles = RowSums(input, usable: usable)
        var out = WholeSpace(
            rows: usable.count, meanDisplacement: Summary.mean(usable.map { rows.displacement[$0] }),
            meanAngle: Summary.mean(singles.angles))
        guard usable.count > 1 else { return out }
        let n = Double(usable.count)
        // Mean cosine between different rows: (‖Σ u‖² − n) / (n (n − 1)) over unit rows.
        out.anisotropyBefore = (Vector.dot(singles.unitsBefore, singles.unitsBefore) - n) / (n * (n - 1))
        out.anisotropyAfter = (Vector.dot(singles.unitsAfter, singles.unitsAfter) - n) / (n * (n - 1))

        let scatter = Scatter(input, usable: usable, means: (singles.meanBefore, singles.meanAfter))
        let (squareX, squareY) = (trace(scatter.xx), trace(scatter.yy))
        let sizes = (Vector.norm(scatter.xx.elements), Vector.norm(scatter.yy.elements))
        if sizes.0 > 0, sizes.1 > 0 {
            let size = Vector.norm(scatter.xy.elements)
            out.linearCKA = size * size / (sizes.0 * sizes.1)
            out.debiasedCKA = debiased(scatter, sizes: (sizes.0, sizes.1, size), count: n)
        }
        if squareY > 0 {
            // min over rotations of ‖X R − Y‖² is ‖X‖² + ‖Y‖² − 2 Σ singular values of XᵀY (Schönemann 1966).
            let nuclear = try scatter.xy.thinSVD(vectors: false).singularValues.reduce(0, +)
            out.procrustesResidual = (max(0, squareX + squareY - 2 * nuclear) / squareY).squareRoot()
            // ‖X − Y‖² of the centred rows is that of the rows less the part of their mean.
            let shift = Vector.difference(singles.meanAfter, singles.meanBefore)
            let moved = max(0, trace(scatter.dd) - n * Vector.dot(shift, shift))
            out.unrotatedResidual = (moved / squareY).squareRoot()
        }
        out.topVarianceBefore = try topShare(scatter.xx)
        out.topVarianceAfter = try topShare(scatter.yy)
        out.updateRank = width > 0 ? try effectiveRank(scatter.dd) : nil
        return out
    }

    /// CKA from unbiased estimates of HSIC (Song et al. 2012, equation 5; Nguyen et al. 2021), from sums over rows instead
    /// of n × n kernels: with K̃ the kernel of x without its diagonal, tr K̃L̃ = ‖XᵀY‖² − Σ‖x‖²‖y‖², and with centred rows
    /// 1ᵀK̃1 = −Σ‖x‖², 1ᵀK̃L̃1 = Σ‖x‖²‖y‖².
    private static func debiased(_ scatter: Scatter, sizes: (Double, Double, Double), count n: Double) -> Double? {
        guard n > 3 else { return nil }
        func estimate(_ square: Double, _ joint: Double, _ x: Double, _ y: Double) -> Double {
            (square - joint + x * y / ((n - 1) * (n - 2)) - 2 / (n - 2) * joint) / (n * (n - 3))
        }
        let (x, y) = (trace(scatter.xx), trace(scatter.yy))
        let xy = estimate(sizes.2 * sizes.2, scatter.squares.xy, x, y)
        let xx = estimate(sizes.0 * sizes.0, scatter.squares.xx, x, x)
        let yy = estimate(sizes.1 * sizes.1, scatter.squares.yy, y, y)
        return xx > 0 && yy > 0 ? xy / (xx * yy).squareRoot() : nil
    }

    private static func trace(_ matrix: Matrix<Double>) -> Double {
        (0..<matrix.rows).reduce(0) { $0 + matrix[$1, $1] }
    }

    private static func topShare(_ scatter: Matrix<Double>) throws -> Double? {
        let values = try scatter.symmetricEigen(vectors: false).values
        let total = values.reduce(0, +)
        return total > 0 ? values[0] / total : nil
    }

    /// exp of the entropy of the shares of squared singular values (Roy and Vetterli 2007, on squares).
    private static func effectiveRank(_ scatter: Matrix<Double>) throws -> Double? {
        let values = try scatter.symmetricEigen(vectors: false).values.map { max(0, $0) }
        let total = values.reduce(0, +)
        guard total > 0 else { return nil }
        var entropy = 0.0
        for value in values where value > 0 { entropy -= value / total * log(value / total) }
        return exp(entropy)
    }
}

/// Sums over rows that a first pass takes.
private struct RowSums {
    var meanBefore: [Double]
    var meanAfter: [Double]
    var unitsBefore: [Double]
    var unitsAfter: [Double]
    /// Angle between before and after, by usable row.
    var angles: [Double]

    init(_ input: DriftInput, usable: [Int]) {
        let width = input.before.columns
        let block = 1_024
        let blocks = (usable.count + block - 1) / block
        // Of a block its own sums, added in order, so that threads do not matter, and its angles.
        let size = 4 * width + block
        var parts = [Double](repeating: 0, count: blocks * size)
        let (before, after) = (input.before.elements, input.after.elements)
        fillRows(blocks, size: size, grain: 1, of: &parts) { index, out in
            var (x, y) = ([Double](repeating: 0, count: width), [Double](repeating: 0, count: width))
            for (place, row) in usable[index * block..<min(usable.count, (index + 1) * block)].enumerated() {
                var (sizeX, sizeY) = (0.0, 0.0)
                for i in 0..<width {
                    (x[i], y[i]) = (Double(before[row * width + i]), Double(after[row * width + i]))
                    sizeX += x[i] * x[i]
                    sizeY += y[i] * y[i]
                }
                (sizeX, sizeY) = (sizeX.squareRoot(), sizeY.squareRoot())
                var (minus, plus) = (0.0, 0.0)
                for i in 0..<width {
                    let (u, v) = (x[i] / sizeX, y[i] / sizeY)
                    minus += (u - v) * (u - v)
                    plus += (u + v) * (u + v)
                    out[i] += x[i]
                    out[width + i] += y[i]
                    out[2 * width + i] += u
                    out[3 * width + i] += v
                }
                out[4 * width + place] = 2 * atan2(minus.squareRoot(), plus.squareRoot())
            }
        }
        func total(_ part: Int) -> [Double] {
            (0..<width).map { i in (0..<blocks).reduce(0) { $0 + parts[$1 * size + part * width + i] } }
        }
        let n = Double(max(1, usable.count))
        (meanBefore, meanAfter) = (total(0).map { $0 / n }, total(1).map { $0 / n })
        (unitsBefore, unitsAfter) = (total(2), total(3))
        angles = usable.indices.map { parts[$0 / block * size + 4 * width + $0 % block] }
    }
}

/// Products of the centred rows before (x) and after (y), and of the movement (d, not centred), each `(D, D)`.
///
/// Rows are taken 1,024 at a time in double precision, so that all rows cost no second copy of the matrices.
private struct Scatter {
    var xx: Matrix<Double>
    var yy: Matrix<Double>
    var xy: Matrix<Double>
    var dd: Matrix<Double>
    /// Σ‖x‖⁴, Σ‖y‖⁴, Σ‖x‖²‖y‖² over rows.
    var squares = (xx: 0.0, yy: 0.0, xy: 0.0)

    init(_ input: DriftInput, usable: [Int], means: ([Double], [Double])) {
        let width = input.before.columns
        let block = 1_024
        xx = Matrix(rows: width, columns: width)
        (yy, xy, dd) = (xx, xx, xx)
        // Of a row x, y and d, then ‖x‖² and ‖y‖².
        let size = 3 * width + 2
        var rows = [Double](repeating: 0, count: min(block, usable.count) * size)
        let (before, after) = (input.before.elements, input.after.elements)
        for start in stride(from: 0, to: usable.count, by: block) {
            let count = min(block, usable.count - start)
            fillRows(count, size: size, grain: 64, of: &rows) { row, out in
                let source = usable[start + row] * width
                var (sizeX, sizeY) = (0.0, 0.0)
                for i in 0..<width {
                    let (old, new) = (Double(before[source + i]), Double(after[source + i]))
                    let (x, y) = (old - means.0[i], new - means.1[i])
                    (out[i], out[width + i], out[2 * width + i]) = (x, y, new - old)
                    sizeX += x * x
                    sizeY += y * y
                }
                (out[3 * width], out[3 * width + 1]) = (sizeX, sizeY)
            }
            for row in 0..<count {
                let (x, y) = (rows[row * size + 3 * width], rows[row * size + 3 * width + 1])
                squares.xx += x * x
                squares.yy += y * y
                squares.xy += x * y
            }
            Self.accumulate(rows[..<(count * size)], size, (0, 0), into: &xx)
            Self.accumulate(rows[..<(count * size)], size, (width, width), into: &yy)
            Self.accumulate(rows[..<(count * size)], size, (0, width), into: &xy)
            Self.accumulate(rows[..<(count * size)], size, (2 * width, 2 * width), into: &dd)
        }
    }

    /// out += aᵀ b over rows of `size` numbers, in which a and b begin at two places.
    private static func accumulate(
        _ rows: ArraySlice<Double>, _ size: Int, _ places: (Int, Int), into out: inout Matrix<Double>
    ) {
        let width = out.columns
        out.elements.withUnsafeMutableBufferPointer { out in
            rows.withUnsafeBufferPointer { rows in
                guard let row = rows.baseAddress, let sum = out.baseAddress else { return }
                BLAS.gemm(
                    transposeA: true, m: width, n: width, k: rows.count / size, row + places.0, lda: size,
                    row + places.1, ldb: size, beta: 1, sum, ldc: width)
            }
        }
    }
}
