import LinearAlgebra

/// Which rows of a space are usable, how long they are and how far they moved: one pass over both matrices.
struct SpaceRows {
    /// Rows that are finite and not zero in both matrices and are not padding.
    let usable: [Bool]
    /// ‖E0‖ by row.
    let normBefore: [Double]
    /// ‖δ‖ by row.
    let displacement: [Double]
    let excluded: ExcludedRows
    let duplicate: [Bool]

    init(_ input: DriftInput) {
        let (count, width) = (input.before.rows, input.before.columns)
        precondition(
            input.after.rows == count && input.after.columns == width && input.rows.count == count,
            "before, after and row descriptions of different size")
        var squares = [Double](repeating: 0, count: count * 3)  // ‖E0‖², ‖E1‖², ‖δ‖²
        let (before, after) = (input.before.elements, input.after.elements)
        fillRows(count, size: 3, grain: 256, of: &squares) { row, out in
            var (a, b, d) = (0.0, 0.0, 0.0)
            for i in row * width..<(row + 1) * width {
                let (x, y) = (Double(before[i]), Double(after[i]))
                a += x * x
                b += y * y
                d += (y - x) * (y - x)
            }
            (out[0], out[1], out[2]) = (a, b, d)
        }
        normBefore = (0..<count).map { squares[3 * $0].squareRoot() }
        displacement = (0..<count).map { squares[3 * $0 + 2].squareRoot() }
        duplicate = Self.duplicates(input.before)

        var usable = [Bool](repeating: true, count: count)
        var found = ExcludedRows(zero: 0, duplicate: 0, nonFinite: 0, padding: 0, examples: [])
        for row in 0..<count {
            let (a, b) = (squares[3 * row], squares[3 * row + 1])
            var kind: String?
            if !a.isFinite || !b.isFinite {
                (found.nonFinite, kind) = (found.nonFinite + 1, "not finite")
                usable[row] = false
            } else if a == 0 || b == 0 {
                (found.zero, kind) = (found.zero + 1, "zero")
                usable[row] = false
            } else if duplicate[row] {
                (found.duplicate, kind) = (found.duplicate + 1, "equal to an earlier row")
            }
            if input.rows[row].isPadding {
                found.padding += 1
                usable[row] = false
            }
            if let kind, found.examples.count < 10 { found.examples.append("\(input.rows[row].key): \(kind)") }
        }
        self.usable = usable
        excluded = found
    }

    /// Marks rows whose bits equal those of an earlier row.
    private static func duplicates(_ matrix: Matrix<Float>) -> [Bool] {
        var first: [UInt64: [Int]] = [:]
        var out = [Bool](repeating: false, count: matrix.rows)
        let width = matrix.columns
        matrix.elements.withUnsafeBufferPointer { values in
            for row in 0..<matrix.rows {
                var hash: UInt64 = 0xCBF2_9CE4_8422_2325
                for i in row * width..<(row + 1) * width {
                    hash = (hash ^ UInt64(values[i].bitPattern)) &* 0x0000_0100_0000_01B3
                    hash ^= hash >> 29
                }
                let earlier = first[hash] ?? []
                out[row] = earlier.contains { other in
                    (0..<width).allSatisfy { values[other * width + $0] == values[row * width + $0] }
                }
                if !out[row] { first[hash] = earlier + [row] }
            }
        }
        return out
    }
}
