import LinearAlgebra
import Records
import Statistics

extension Array {
    /// Every two elements, the earlier one first.
    var pairs: [(Element, Element)] { indices.flatMap { i in self[(i + 1)...].map { (self[i], $0) } } }
}

extension Double? {
    /// The number; nil also where it is not finite.
    var finite: Double? { flatMap { $0.isFinite ? $0 : nil } }
}

extension Bootstrap {
    /// The interval of a column's mean.
    func interval(column: Int = 0, level: Double) -> Interval {
        Interval(acceleratedInterval(column: column, level: level))
    }
}

/// Fills `size` numbers for each row, rows side by side on all threads.
///
/// - Parameter grain: the fewest rows worth a thread.
func fillRows(
    _ rows: Int, size: Int, grain: Int, of out: inout [Double],
    _ body: (_ row: Int, _ out: UnsafeMutableBufferPointer<Double>) -> Void
) {
    out.withUnsafeMutableBufferPointer { out in
        nonisolated(unsafe) let out = out  // a row is written by one block
        parallelFor(rows, grain: grain) { block in
            for row in block { body(row, UnsafeMutableBufferPointer(rebasing: out[row * size..<(row + 1) * size])) }
        }
    }
}
