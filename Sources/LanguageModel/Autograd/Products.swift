import LinearAlgebra

/// Matrix products cut across our own threads; OpenBLAS must be held at one thread meanwhile.
///
/// Two threads that each call a one-threaded product beat OpenBLAS's own two threads on small shapes and equal them
/// on large ones, and need no switching between phases.
enum Products {
    /// As ``BLAS/gemm(transposeA:transposeB:m:n:k:alpha:_:lda:_:ldb:beta:_:ldc:)-(_,_,_,_,_,Float,_,_,_,_,_,_,_)``.
    static func gemm(
        transposeA: Bool = false, transposeB: Bool = false, m: Int, n: Int, k: Int, alpha: Float = 1,
        _ a: UnsafePointer<Float>, lda: Int, _ b: UnsafePointer<Float>, ldb: Int, beta: Float = 0,
        _ c: UnsafeMutablePointer<Float>, ldc: Int
    ) {
        let parts = m * n * k < 1 << 17 ? 1 : Threads.available
        // Each part packs the whole of the operand that is not cut, so the longer side is cut.
        let length = max(m, n)
        let step = ((length + parts - 1) / parts + 15) / 16 * 16
        parallelFor(parts) { range in
            for part in range {
                let start = part * step
                let size = min(step, length - start)
                guard size > 0 else { continue }
                if m >= n {
                    BLAS.gemm(
                        transposeA: transposeA, transposeB: transposeB, m: size, n: n, k: k, alpha: alpha,
                        a + (transposeA ? start : start * lda), lda: lda, b, ldb: ldb, beta: beta, c + start * ldc,
                        ldc: ldc)
                } else {
                    BLAS.gemm(
                        transposeA: transposeA, transposeB: transposeB, m: m, n: size, k: k, alpha: alpha, a,
                        lda: lda, b + (transposeB ? start * ldb : start), ldb: ldb, beta: beta, c + start, ldc: ldc)
                }
            }
        }
    }
}
