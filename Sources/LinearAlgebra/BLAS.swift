import CKernels
import COpenBLAS
import Synchronization

/// Matrix products, all row-major. The only file that names the libraries that multiply.
///
/// Single precision, which models use, goes to oneDNN (Accelerate on a Mac): it chooses its kernels by the instructions
/// that the processor has, not by a list of processors that were known when it was made. Double precision, which the
/// analysis uses, goes to OpenBLAS beside its LAPACK.
public enum BLAS {
    /// `C = alpha * op(A) * op(B) + beta * C` with `op(A)` of shape `(m, k)`, `op(B)` `(k, n)`, `C` `(m, n)`.
    ///
    /// Shared over ``Threads/available`` threads, each with a one-threaded product: on small shapes this beats the
    /// library's own threads, and on large ones it equals them. The cut, and so the last bits, depend on the number of
    /// threads.
    ///
    /// - Parameters:
    ///   - lda: row stride of `A` as stored; the same for `ldb`, `ldc`.
    public static func gemm(
        transposeA: Bool = false, transposeB: Bool = false, m: Int, n: Int, k: Int, alpha: Float = 1,
        _ a: UnsafePointer<Float>, lda: Int, _ b: UnsafePointer<Float>, ldb: Int, beta: Float = 0,
        _ c: UnsafeMutablePointer<Float>, ldc: Int
    ) {
        guard m > 0, n > 0 else { return }
        guard k > 0 else {  // oneDNN leaves C as it is
            for i in 0..<m {
                for j in 0..<n { c[i * ldc + j] = beta == 0 ? 0 : beta * c[i * ldc + j] }
            }
            return
        }
        func multiply(
            m: Int, n: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>
        ) {
            let status = ds_sgemm(
                transposeA ? 1 : 0, transposeB ? 1 : 0, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
            precondition(status == 0, "\(kernels): a product of \(m) × \(n) × \(k) failed with \(status)")
        }
        let parts = m * n * k < 1 << 17 ? 1 : Threads.available
        guard parts > 1 else {
            if Threads.isInLoop { return multiply(m: m, n: n, a, b, c) }  // the loop holds signals back
            return holdingSignals { multiply(m: m, n: n, a, b, c) }
        }
        // Each part packs the whole of the operand that is not cut, so the longer side is cut.
        let length = max(m, n)
        let step = ((length + parts - 1) / parts + 15) / 16 * 16
        parallelFor(parts) { range in
            for part in range {
                let start = part * step
                let size = min(step, length - start)
                guard size > 0 else { continue }
                if m >= n {
                    multiply(m: size, n: n, a + (transposeA ? start : start * lda), b, c + start * ldc)
                } else {
                    multiply(m: m, n: size, a, b + (transposeB ? start * ldb : start), c + start)
                }
            }
        }
    }

    /// The double-precision product, on OpenBLAS's own threads where it runs alone; see
    /// ``gemm(transposeA:transposeB:m:n:k:alpha:_:lda:_:ldb:beta:_:ldc:)-(_,_,_,_,_,Float,_,_,_,_,_,_,_)``.
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

    /// The libraries that multiply, with the vector instructions or processor that their kernels are made for, such as
    /// `oneDNN 2.6.3 AVX-512, OpenBLAS Cooperlake`. The last bits of every product depend on them, and its speed.
    public static let kernels: String = {
        let instructions = String(cString: ds_sgemm_instructions())
        return String(cString: ds_sgemm_library()) + (instructions.isEmpty ? "" : " " + instructions) + ", OpenBLAS "
            + String(cString: openblas_get_corename())
    }()

    /// Floats in a vector of the kernels in use and of this processor, where both are known.
    public static var lanes: (used: Int, offered: Int)? {
        let lanes = (Int(ds_sgemm_lanes()), Int(ds_processor_lanes()))
        return lanes.0 > 0 && lanes.1 > 0 ? lanes : nil
    }

    /// Sections that hold OpenBLAS at one thread: nested ones, and those of several callers at once.
    private static let sections = Mutex(0)

    /// Holds OpenBLAS at one thread while `body` runs its own parallel loop; the last such section to end gives the
    /// threads back, since the number belongs to the whole process and changes the order of sums.
    static func singleThreaded<T>(_ body: () throws -> T) rethrows -> T {
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
