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

        let scatter = Scatter(
            input, usable: usable, means: (singles.meanBefore, singles.meanAfter))
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
    private static func debiased(
        _ scatter: Scatter, sizes: (Double, Double, Double), count n: Double
    ) -> Double? {
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
        // Sums of a block's own, added in order, so that threads do not matter.
        var parts = [Double](repeating: 0, count: blocks * 4 * width)
        var angles = [Double](repeating: 0, count: usable.count)
        parts.withUnsafeMutableBufferPointer { parts in
            angles.withUnsafeMutableBufferPointer { angles in
                nonisolated(unsafe) let (parts, angles) = (parts, angles)  // a block writes what is its own
                parallelFor(blocks) { range in
                    var (x, y) = ([Double](repeating: 0, count: width), [Double](repeating: 0, count: width))
                    for index in range {
                        let sums = parts.baseAddress.map { $0 + index * 4 * width }
                        guard let sums else { continue }
                        for position in index * block..<min(usable.count, (index + 1) * block) {
                            let start = usable[position] * width
                            var (sizeX, sizeY) = (0.0, 0.0)
                            for i in 0..<width {
                                x[i] = Double(input.before.elements[start + i])
                                y[i] = Double(input.after.elements[start + i])
                                sizeX += x[i] * x[i]
                                sizeY += y[i] * y[i]
                            }
                            (sizeX, sizeY) = (sizeX.squareRoot(), sizeY.squareRoot())
                            var (minus, plus) = (0.0, 0.0)
                            for i in 0..<width {
                                let (u, v) = (x[i] / sizeX, y[i] / sizeY)
                                minus += (u - v) * (u - v)
                                plus += (u + v) * (u + v)
                                sums[i] += x[i]
                                sums[width + i] += y[i]
                                sums[2 * width + i] += u
                                sums[3 * width + i] += v
                            }
                            angles[position] = 2 * atan2(minus.squareRoot(), plus.squareRoot())
                        }
                    }
                }
            }
        }
        func total(_ part: Int) -> [Double] {
            (0..<width).map { i in
                (0..<blocks).reduce(0) { $0 + parts[$1 * 4 * width + part * width + i] }
            }
        }
        let n = Double(max(1, usable.count))
        meanBefore = total(0).map { $0 / n }
        meanAfter = total(1).map { $0 / n }
        unitsBefore = total(2)
        unitsAfter = total(3)
        self.angles = angles
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
        let height = min(block, usable.count)
        var x = Matrix<Double>(rows: height, columns: width)
        var (y, d) = (x, x)
        var norms = [Double](repeating: 0, count: 2 * height)
        for start in stride(from: 0, to: usable.count, by: block) {
            let count = min(block, usable.count - start)
            Self.load(input, usable[start..<start + count], means, &x, &y, &d, &norms)
            for row in 0..<count {
                squares.xx += norms[2 * row] * norms[2 * row]
                squares.yy += norms[2 * row + 1] * norms[2 * row + 1]
                squares.xy += norms[2 * row] * norms[2 * row + 1]
            }
            Self.accumulate(x, x, count, into: &xx)
            Self.accumulate(y, y, count, into: &yy)
            Self.accumulate(x, y, count, into: &xy)
            Self.accumulate(d, d, count, into: &dd)
        }
    }

    private static func load(
        _ input: DriftInput, _ rows: ArraySlice<Int>, _ means: ([Double], [Double]), _ x: inout Matrix<Double>,
        _ y: inout Matrix<Double>, _ d: inout Matrix<Double>, _ norms: inout [Double]
    ) {
        let width = input.before.columns
        x.elements.withUnsafeMutableBufferPointer { x in
            y.elements.withUnsafeMutableBufferPointer { y in
                d.elements.withUnsafeMutableBufferPointer { d in
                    norms.withUnsafeMutableBufferPointer { norms in
                        nonisolated(unsafe) let (x, y, d, norms) = (x, y, d, norms)  // a row belongs to one block
                        parallelFor(rows.count, grain: 64) { block in
                            for row in block {
                                let source = rows[rows.startIndex + row] * width
                                var (sizeX, sizeY) = (0.0, 0.0)
                                for i in 0..<width {
                                    let before = Double(input.before.elements[source + i])
                                    let after = Double(input.after.elements[source + i])
                                    let (a, b) = (before - means.0[i], after - means.1[i])
                                    x[row * width + i] = a
                                    y[row * width + i] = b
                                    d[row * width + i] = after - before
                                    sizeX += a * a
                                    sizeY += b * b
                                }
                                (norms[2 * row], norms[2 * row + 1]) = (sizeX, sizeY)
                            }
                        }
                    }
                }
            }
        }
    }

    /// out += aᵀ b over the first `count` rows.
    private static func accumulate(
        _ a: Matrix<Double>, _ b: Matrix<Double>, _ count: Int, into out: inout Matrix<Double>
    ) {
        let width = a.columns
        out.elements.withUnsafeMutableBufferPointer { c in
            a.elements.withUnsafeBufferPointer { pa in
                b.elements.withUnsafeBufferPointer { pb in
                    guard let ca = pa.baseAddress, let cb = pb.baseAddress, let cc = c.baseAddress else { return }
                    BLAS.gemm(
                        transposeA: true, m: width, n: width, k: count, ca, lda: width, cb, ldb: width, beta: 1, cc,
                        ldc: width)
                }
            }
        }
    }
}
