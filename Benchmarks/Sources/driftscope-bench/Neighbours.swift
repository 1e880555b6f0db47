import FileSupport
import Foundation
import LinearAlgebra

/// A pair of matrices of GPT-2's size: rows of different length with a few strong directions, and the same rows moved.
struct MatrixPair {
    var before: Matrix<Float>
    var after: Matrix<Float>

    init(rows: Int, columns: Int, seed: UInt64) {
        before = Matrix(rows: rows, columns: columns)
        after = before
        var stream = RandomStream(seed: seed, label: "benchmark matrices")
        let common = (0..<columns).map { _ in stream.normal() }
        for row in 0..<rows {
            let (size, along) = (0.1 * (1 + 0.2 * stream.normal()), 0.5 * stream.normal())
            for i in 0..<columns {
                let value = size * (stream.normal() + (0.6 + along) * common[i])
                before[row, i] = Float(value)
                after[row, i] = Float(value + 0.02 * stream.normal())
            }
        }
    }

    static func asked() -> MatrixPair {
        MatrixPair(
            rows: Int(options["rows"] ?? "") ?? 50_257, columns: Int(options["columns"] ?? "") ?? 768, seed: 1)
    }
}

private func timed<T>(_ body: () throws -> T) rethrows -> (T, Double) {
    let start = Date()
    let value = try body()
    return (value, Date().timeIntervalSince(start))
}

/// Neighbour overlap at 10 over all rows of a pair, and what SGEMM alone does on such products.
func neighbours() throws {
    let pair = MatrixPair.asked()
    let (n, columns) = (pair.before.rows, pair.before.columns)
    for (name, matrix) in [("before", pair.before), ("after", pair.after)] {
        guard let folder = options["out"] else { break }
        try matrix.elements.withUnsafeBytes { try Data($0).write(to: URL(fileURLWithPath: "\(folder)/\(name).f32")) }
    }
    // SGEMM alone: all threads on panels of 2,048 rows against every row, its best shape; before and after our side.
    let panel = min(2_048, n)
    let out = FloatBuffer(count: panel * n)
    func sgemm() -> Double {
        let (_, seconds) = timed {
            pair.before.elements.withUnsafeBufferPointer { elements in
                guard let base = elements.baseAddress else { return }
                for start in stride(from: 0, to: min(n, 4 * panel), by: panel) {
                    let height = min(panel, n - start)
                    BLAS.gemm(
                        transposeB: true, m: height, n: n, k: columns, base + start * columns, lda: columns, base,
                        ldb: columns, out.pointer, ldc: n)
                }
            }
        }
        return 2 * Double(min(n, 4 * panel)) * Double(n) * Double(columns) / seconds / 1e9
    }
    _ = sgemm()
    var alone = [sgemm()]
    let memory = peakMemory()
    let wanted = Int(options["neighbours"] ?? "") ?? 10
    let (overlap, seconds) = timed { () -> Double in
        let rows = Array(0..<n)
        let before = UnitRows(pair.before, rows: rows).nearest(wanted)
        let after = UnitRows(pair.after, rows: rows).nearest(wanted)
        let shared = before.shared(with: after).map(Double.init)
        return shared.reduce(0) { $0 + $1 / (2 * Double(wanted) - $1) } / Double(n)
    }
    alone.append(sgemm())
    // Each pair of rows once, in both matrices: what the task needs.
    let work = 2 * Double(n) * Double(n - 1) / 2 * Double(columns) * 2
    let line: JSON = [
        "threads": .integer(Threads.count), "rows": .integer(n), "columns": .integer(columns),
        "seconds": .number(seconds), "gigaflops": .number(work / seconds / 1e9),
        "sgemmGigaflops": .array(alone.map { .number($0) }), "overlap": .number(overlap),
        "extraMemoryMiB": .number(peakMemory() - memory),
    ]
    print(line.compact)
}
