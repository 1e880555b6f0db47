import COpenBLAS

/// `A = Q · R`, `Q` with orthonormal columns, `R` upper triangular.
public struct ThinQR: Sendable {
    /// Orthonormal columns, `(m, n)`.
    public let q: Matrix<Double>
    /// Upper triangle, `(n, n)`. A diagonal element near 0 marks a column that depends on those before it; the
    /// column of `q` there is orthonormal but arbitrary.
    public let r: Matrix<Double>
}

extension Matrix where Scalar == Double {
    /// The thin QR decomposition by Householder reflections (LAPACK `dgeqrf`, `dorgqr`).
    ///
    /// - Throws: ``LAPACKError`` when there are more columns than rows or the matrix is not finite.
    public func thinQR() throws -> ThinQR {
        guard rows >= columns else { throw LAPACKError.shape(routine: "dgeqrf", rows: rows, columns: columns) }
        guard columns > 0 else {
            return ThinQR(q: Matrix(rows: rows, columns: 0), r: Matrix(rows: 0, columns: 0))
        }
        try LAPACK.requireFinite(self, "dgeqrf")
        var a = transposed.elements  // column-major A
        var m = Int32(rows)
        var n = Int32(columns)
        var k = n
        var lda = m
        var tau = [Double](repeating: 0, count: columns)
        var info: Int32 = 0
        var size = Int32(64 * columns)
        var work = [Double](repeating: 0, count: Int(size))
        dgeqrf_(&m, &n, &a, &lda, &tau, &work, &size, &info)
        try LAPACK.require(info, "dgeqrf")
        var r = Matrix(rows: columns, columns: columns)
        for row in 0..<columns {
            for column in row..<columns { r[row, column] = a[column * rows + row] }
        }
        dorgqr_(&m, &n, &k, &a, &lda, &tau, &work, &size, &info)
        try LAPACK.require(info, "dorgqr")
        return ThinQR(q: Matrix(rows: columns, columns: rows, elements: a).transposed, r: r)
    }
}
