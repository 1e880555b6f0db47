import FileSupport
import Foundation
import LinearAlgebra

/// Single-precision products C = A·Bᵀ of the shapes `--shapes 256x3072x768,…` (m × n × k): GFLOP/s, the median of many.
///
/// Passes over all shapes are repeated, so that what else the machine does falls on all of them.
func products() throws {
    let shapes = try option("shapes").split(separator: ",").map { try sizes($0) }
    let passes = Int(options["passes"] ?? "") ?? 15
    var rates = shapes.map { _ in [Double]() }
    for _ in 0..<passes {
        for (index, (m, n, k)) in shapes.enumerated() {
            let (a, b, c) = (FloatBuffer(count: m * k), FloatBuffer(count: n * k), FloatBuffer(count: m * n))
            for i in 0..<a.count { a.pointer[i] = Float(i % 7) - 3 }
            for i in 0..<b.count { b.pointer[i] = Float(i % 5) - 2 }
            func multiply() {
                BLAS.gemm(transposeB: true, m: m, n: n, k: k, a.pointer, lda: k, b.pointer, ldb: k, c.pointer, ldc: n)
            }
            multiply()
            let repetitions = max(1, Int(2e9 / Double(2 * m * n * k)))
            let start = Date()
            for _ in 0..<repetitions { multiply() }
            let seconds = Date().timeIntervalSince(start) / Double(repetitions)
            rates[index].append(2 * Double(m) * Double(n) * Double(k) / seconds / 1e9)
        }
    }
    let result: JSON = [
        "kernels": .string(BLAS.kernels), "threads": .integer(Threads.count),
        "gflops": .array(rates.map { .number($0.sorted()[passes / 2]) }),
    ]
    print(result.compact)
}

private func sizes(_ text: Substring) throws -> (m: Int, n: Int, k: Int) {
    let numbers = text.split(separator: "x").compactMap { Int($0) }
    guard numbers.count == 3 else {
        throw InputError("\(text) is no shape", at: "--shapes", remedy: "write m x n x k, such as 256x3072x768")
    }
    return (numbers[0], numbers[1], numbers[2])
}
