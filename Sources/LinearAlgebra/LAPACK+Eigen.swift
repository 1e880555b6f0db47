import COpenBLAS

/// Eigenvalues and vectors of a symmetric matrix, largest value first.
public struct SymmetricEigen: Sendable {
    /// Eigenvalues, descending.
    public let values: [Double]
    /// Unit eigenvectors as rows, in the order of ``values``, `(n, n)`; empty when not asked for.
    public let vectors: Matrix<Double>
}

extension Matrix where Scalar == Double {
    /// The eigen decomposition of a symmetric matrix (LAPACK `dsyevd`); only one triangle is read.
    ///
    /// - Parameter vectors: false computes the values only.
    /// - Throws: ``LAPACKError`` when the matrix is not square, not finite, or the iteration does not converge.
    public func symmetricEigen(vectors: Bool = true) throws -> SymmetricEigen {
        guard rows == columns else { throw LAPACKError.shape(routine: "dsyevd", rows: rows, columns: columns) }
        guard rows > 0 else { return SymmetricEigen(values: [], vectors: Matrix(rows: 0, columns: 0)) }
        try LAPACK.requireFinite(self, "dsyevd")
        var a = elements
        var n = Int32(rows)
        var lda = n
        var job = CChar(UInt8(ascii: vectors ? "V" : "N"))
        var triangle = CChar(UInt8(ascii: "L"))
        var values = [Double](repeating: 0, count: rows)
        var info: Int32 = 0
        var size: Int32 = -1
        var integerSize: Int32 = -1
        var best = 0.0
        var integerBest: Int32 = 0
        dsyevd_(&job, &triangle, &n, &a, &lda, &values, &best, &size, &integerBest, &integerSize, &info)
        try LAPACK.require(info, "dsyevd")
        size = Int32(best)
        integerSize = integerBest
        var work = [Double](repeating: 0, count: Int(size))
        var integers = [Int32](repeating: 0, count: Int(integerSize))
        dsyevd_(&job, &triangle, &n, &a, &lda, &values, &work, &size, &integers, &integerSize, &info)
        try LAPACK.require(info, "dsyevd")
        // LAPACK's order is ascending, and its column-major columns are our rows.
        let ascending = vectors ? Matrix(rows: rows, columns: rows, elements: a) : Matrix(rows: 0, columns: rows)
        return SymmetricEigen(
            values: values.reversed(),
            vectors: vectors ? ascending.gathering(Array((0..<rows).reversed())) : ascending)
    }
}
