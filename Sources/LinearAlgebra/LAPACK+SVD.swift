import COpenBLAS

/// `A = U · diag(s) · Vᵀ` with `k = min(m, n)` columns.
public struct ThinSVD: Sendable {
    /// Left singular vectors, `(m, k)`; empty when not asked for.
    public let u: Matrix<Double>
    /// Singular values, descending, `k` of them.
    public let singularValues: [Double]
    /// Right singular vectors as rows, `(k, n)`; empty when not asked for.
    public let vTransposed: Matrix<Double>
}

extension Matrix where Scalar == Double {
    /// Singular values of stacked unit vectors below this count a direction as one that is there already.
    private static var leastAngle: Double { 1e-3 }

    /// The subspace that some subspaces span together, as orthonormal rows; a single one as it is.
    ///
    /// A direction that several of them have, to within about a thousandth of a radian, counts once.
    ///
    /// - Parameter bases: orthonormal rows, `(k, D)` each.
    /// - Throws: ``LAPACKError`` when a basis is not finite.
    package static func span(of bases: [Matrix<Double>]) throws -> Matrix<Double> {
        let filled = bases.filter { $0.rows > 0 }
        guard let first = filled.first, filled.count > 1 else {
            return filled.first ?? Matrix(rows: 0, columns: bases.first?.columns ?? 0)
        }
        let stacked = Matrix(
            rows: filled.reduce(0) { $0 + $1.rows }, columns: first.columns, elements: filled.flatMap(\.elements))
        let decomposition = try stacked.thinSVD()
        let rank = decomposition.singularValues.prefix { $0 > leastAngle }.count
        return decomposition.vTransposed.gathering(0..<rank)
    }

    /// The thin singular value decomposition (LAPACK `dgesdd`, divide and conquer).
    ///
    /// - Parameter vectors: false computes singular values only, at about a fifth of the time.
    /// - Throws: ``LAPACKError`` when the matrix is not finite or the iteration does not converge.
    public func thinSVD(vectors: Bool = true) throws -> ThinSVD {
        let k = Swift.min(rows, columns)
        guard k > 0 else {
            return ThinSVD(
                u: Matrix(rows: rows, columns: 0), singularValues: [], vTransposed: Matrix(rows: 0, columns: columns))
        }
        try LAPACK.requireFinite(self, "dgesdd")
        // Row-major A is column-major Aᵀ = V·S·Uᵀ, so LAPACK's left vectors are our right ones, and both come out in
        // the layout that we keep: no transposition is needed.
        var a = elements
        var m = Int32(columns)
        var n = Int32(rows)
        var job = CChar(UInt8(ascii: vectors ? "S" : "N"))
        var leading = vectors ? Int32(k) : 1
        var s = [Double](repeating: 0, count: k)
        var left = [Double](repeating: 0, count: vectors ? columns * k : 1)
        var right = [Double](repeating: 0, count: vectors ? k * rows : 1)
        var integers = [Int32](repeating: 0, count: 8 * k)
        var info: Int32 = 0
        var size: Int32 = -1
        var best = 0.0
        var lda = m
        var ldu = m
        dgesdd_(&job, &m, &n, &a, &lda, &s, &left, &ldu, &right, &leading, &best, &size, &integers, &info)
        try LAPACK.require(info, "dgesdd")
        size = Int32(best)
        var work = [Double](repeating: 0, count: Int(size))
        dgesdd_(&job, &m, &n, &a, &lda, &s, &left, &ldu, &right, &leading, &work, &size, &integers, &info)
        try LAPACK.require(info, "dgesdd")
        guard vectors else {
            return ThinSVD(
                u: Matrix(rows: rows, columns: 0), singularValues: s, vTransposed: Matrix(rows: 0, columns: columns))
        }
        return ThinSVD(
            u: Matrix(rows: rows, columns: k, elements: right), singularValues: s,
            vTransposed: Matrix(rows: k, columns: columns, elements: left))
    }
}
