import LinearAlgebra

/// A space in the form in which it is analysed: rows in the order of their keys, the output side's gauge taken out.
///
/// With rows in one order, whatever the order they came in, every sum and every draw is the same: a permuted
/// vocabulary changes no number, control bands included.
struct PreparedSpace {
    let input: DriftInput
    let gauge: GaugeSummary?

    init(_ given: DriftInput) {
        var input = Self.ordered(given)
        gauge = input.side == .output ? Self.removeGauge(&input) : nil
        self.input = input
    }

    /// Rows by key; rows of one key by what they hold, so that even then the order they came in does not matter.
    private static func ordered(_ input: DriftInput) -> DriftInput {
        let rows = input.rows
        let isOrdered = zip(rows, rows.dropFirst()).allSatisfy { $0.key < $1.key }
        guard !isOrdered else { return input }
        let order = rows.indices.sorted { a, b in
            if rows[a].key != rows[b].key { return rows[a].key < rows[b].key }
            for matrix in [input.before, input.after] {
                for (x, y) in zip(matrix.row(a), matrix.row(b)) where x != y { return x < y }
            }
            return a < b
        }
        var place = [Int](repeating: 0, count: rows.count)
        for (new, old) in order.enumerated() { place[old] = new }
        var out = input
        out.before = input.before.gathering(order)
        out.after = input.after.gathering(order)
        out.rows = order.map { rows[$0] }
        for i in out.words.indices { out.words[i].rows = input.words[i].rows.map { place[$0] }.sorted() }
        return out
    }

    /// Takes the weighted mean anchor row of each side from all its rows; see ``GaugeSummary``.
    private static func removeGauge(_ input: inout DriftInput) -> GaugeSummary? {
        let width = input.before.columns
        let concept = Set(input.words.flatMap(\.rows))
        // What decides must not change with the gauge: a row of zeros is a row like others here.
        let anchors = input.rows.indices.filter { row in
            !input.rows[row].isPadding && !concept.contains(row) && input.before.row(row).allSatisfy(\.isFinite)
                && input.after.row(row).allSatisfy(\.isFinite)
        }
        guard !anchors.isEmpty else { return nil }
        let weights = CommonShift.weights(anchors.map { input.rows[$0].frequency })
        let total = weights.reduce(0, +)
        func remove(_ matrix: inout Matrix<Float>) -> [Double] {
            var mean = [Double](repeating: 0, count: width)
            for (row, weight) in zip(anchors, weights) where weight > 0 {
                for i in 0..<width { mean[i] += weight * Double(matrix.elements[row * width + i]) }
            }
            for i in 0..<width { mean[i] /= total }
            let rows = matrix.rows
            matrix.elements.withUnsafeMutableBufferPointer { elements in
                nonisolated(unsafe) let elements = elements  // rows are written by one block each
                parallelFor(rows, grain: 256) { block in
                    for row in block {
                        for i in 0..<width {
                            elements[row * width + i] = Float(Double(elements[row * width + i]) - mean[i])
                        }
                    }
                }
            }
            return mean
        }
        let (before, after) = (remove(&input.before), remove(&input.after))
        return GaugeSummary(
            rows: anchors.count, normBefore: Vector.norm(before), normAfter: Vector.norm(after),
            shift: Vector.norm(Vector.difference(after, before)))
    }
}
