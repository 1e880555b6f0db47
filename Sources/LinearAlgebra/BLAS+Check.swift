/// A product that a library got wrong.
public struct WrongProduct: Error, CustomStringConvertible {
    /// Libraries and kernels, as ``BLAS/kernels``.
    public let kernels: String
    /// What was multiplied, such as `17 × 31 × 13`.
    public let shape: String

    /// What is wrong, and what to do.
    public var description: String {
        "\(kernels) multiplies wrongly on this processor (a product of \(shape)) - choose other kernels with "
            + "DNNL_MAX_CPU_ISA=AVX2 or OPENBLAS_CORETYPE=Haswell, or install another version of the library"
    }
}

extension BLAS {
    /// Sizes that fill no vector and no tile of a kernel.
    private static let awkward = [(1, 1, 1), (1, 33, 7), (5, 3, 17), (17, 31, 13), (34, 2, 65), (7, 49, 64)]

    /// Holds small products of awkward shapes against a plain loop: kernels have been wrong on processors that were
    /// newer than they.
    ///
    /// Single precision through oneDNN, double through OpenBLAS, every way of transposing.
    ///
    /// - Throws: ``WrongProduct`` for the first that is wrong.
    public static func check() throws {
        for (m, n, k) in awkward {
            for (transposeA, transposeB) in [(false, false), (false, true), (true, false), (true, true)] {
                // Small whole numbers: every order of summing gives the same.
                let a = (0..<m * k).map { Double($0 * 7 % 11 - 5) }
                let b = (0..<k * n).map { Double($0 * 5 % 13 - 6) }
                let start = (0..<m * n).map { Double($0 % 3) }
                let (lda, ldb) = (transposeA ? m : k, transposeB ? k : n)
                var (single, double) = (start.map(Float.init), start)
                gemm(
                    transposeA: transposeA, transposeB: transposeB, m: m, n: n, k: k, alpha: 2, a.map(Float.init),
                    lda: lda, b.map(Float.init), ldb: ldb, beta: 1, &single, ldc: n)
                gemm(
                    transposeA: transposeA, transposeB: transposeB, m: m, n: n, k: k, alpha: 2, a, lda: lda, b,
                    ldb: ldb, beta: 1, &double, ldc: n)
                for place in 0..<m * n {
                    let (i, j) = (place / n, place % n)
                    var want = start[place]
                    for l in 0..<k {
                        want += 2 * a[transposeA ? l * m + i : i * k + l] * b[transposeB ? j * k + l : l * n + j]
                    }
                    guard single[place] == Float(want), double[place] == want else {
                        throw WrongProduct(kernels: kernels, shape: "\(m) × \(n) × \(k)")
                    }
                }
            }
        }
    }
}
