import COpenBLAS
import Synchronization

/// Matrix products through CBLAS, all row-major. The only file that names the BLAS library.
public enum BLAS {
    /// `C = alpha * op(A) * op(B) + beta * C` with `op(A)` of shape `(m, k)`, `op(B)` `(k, n)`, `C` `(m, n)`.
    ///
    /// - Parameters:
    ///   - lda: row stride of `A` as stored; the same for `ldb`, `ldc`.
    @inline(__always)
    public static func gemm(
        transposeA: Bool = false, transposeB: Bool = false, m: Int, n: Int, k: Int, alpha: Float = 1,
        _ a: UnsafePointer<Float>, lda: Int, _ b: UnsafePointer<Float>, ldb: Int, beta: Float = 0,
        _ c: UnsafeMutablePointer<Float>, ldc: Int
    ) {
        guard m > 0, n > 0 else { return }
        cblas_sgemm(
            CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
            Int32(m), Int32(n), Int32(k), alpha, a, Int32(lda), b, Int32(ldb), beta, c, Int32(ldc))
    }

    /// The double-precision product; see ``gemm(transposeA:transposeB:m:n:k:alpha:_:lda:_:ldb:beta:_:ldc:)``.
    public static func gemm(
        transposeA: Bool = false, transposeB: Bool = false, m: Int, n: Int, k: Int, alpha: Double = 1,
        _ a: UnsafePointer<Double>, lda: Int, _ b: UnsafePointer<Double>, ldb: Int, beta: Double = 0,
        _ c: UnsafeMutablePointer<Double>, ldc: Int
    ) {
        guard m > 0, n > 0 else { return }
        cblas_dgemm(
            CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
            Int32(m), Int32(n), Int32(k), alpha, a, Int32(lda), b, Int32(ldb), beta, c, Int32(ldc))
    }

    /// The kernels that OpenBLAS runs, by its name for a kind of processor, such as `Haswell`; the last bits of every product
    /// depend on them, and its speed. `OPENBLAS_CORETYPE` chooses others.
    public static var kernels: String { String(cString: openblas_get_corename()) }

    /// Sections that hold OpenBLAS at one thread: nested ones, and those of several callers at once.
    private static let sections = Mutex(0)

    /// Holds OpenBLAS at one thread while `body` runs its own parallel loop; the last such section to end gives the
    /// threads back, since the number belongs to the whole process and changes the order of sums.
    public static func singleThreaded<T>(_ body: () throws -> T) rethrows -> T {
        sections.withLock { count in
            count += 1
            if count == 1 { openblas_set_num_threads(1) }
        }
        defer {
            sections.withLock { count in
                count -= 1
                if count == 0 { openblas_set_num_threads(Int32(Threads.count)) }
            }
        }
        return try body()
    }
}

extension Matrix where Scalar == Double {
    /// The product of two matrices, either transposed first.
    public static func product(
        _ a: Matrix, transposeA: Bool = false, _ b: Matrix, transposeB: Bool = false
    ) -> Matrix {
        let (m, k) = transposeA ? (a.columns, a.rows) : (a.rows, a.columns)
        let (k2, n) = transposeB ? (b.columns, b.rows) : (b.rows, b.columns)
        precondition(k == k2, "inner sizes \(k) and \(k2)")
        var out = Matrix(rows: m, columns: n)
        out.elements.withUnsafeMutableBufferPointer { c in
            a.elements.withUnsafeBufferPointer { pa in
                b.elements.withUnsafeBufferPointer { pb in
                    guard let ca = pa.baseAddress, let cb = pb.baseAddress, let cc = c.baseAddress else { return }
                    BLAS.gemm(
                        transposeA: transposeA, transposeB: transposeB, m: m, n: n, k: k, ca, lda: a.columns, cb,
                        ldb: b.columns, cc, ldc: n)
                }
            }
        }
        return out
    }
}
