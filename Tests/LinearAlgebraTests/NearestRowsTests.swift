import LinearAlgebra
import Testing

@Suite("Nearest rows")
struct NearestRowsTests {
    private static func matrix(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix<Float> {
        var stream = RandomStream(seed: seed, label: "nearest rows")
        return Matrix(
            rows: rows, columns: columns, elements: (0..<rows * columns).map { _ in Float(stream.normal()) })
    }

    /// Cosines with every other row in double precision, largest first.
    private static func naive(_ matrix: Matrix<Float>, _ row: Int) -> [(cosine: Double, row: Int)] {
        func dot(_ a: Int, _ b: Int) -> Double {
            zip(matrix.row(a), matrix.row(b)).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
        return (0..<matrix.rows).filter { $0 != row }.map { other in
            (dot(row, other) / (dot(row, row) * dot(other, other)).squareRoot(), other)
        }.sorted { ($1.cosine, $0.row) < ($0.cosine, $1.row) }
    }

    @Test(
        "agree with a naive search whatever the size, within a block and across blocks",
        arguments: [(1, 3), (2, 3), (7, 5), (8, 5), (9, 5), (63, 17), (64, 17), (65, 17), (600, 9), (1_100, 24)])
    func twin(rows: Int, columns: Int) {
        let matrix = Self.matrix(rows, columns, seed: UInt64(rows))
        let found = UnitRows(matrix, rows: Array(0..<rows)).nearest(10)
        #expect(found.count == min(10, rows - 1) && found.rows == rows)
        for row in stride(from: 0, to: rows, by: max(1, rows / 60)) {
            let expected = Self.naive(matrix, row).prefix(found.count)
            for (index, want) in zip(found.row(row), expected) where Int(index) != want.row {
                // Another row may stand there only when its cosine is as good within single precision.
                let own =
                    expected.first { $0.row == Int(index) } ?? Self.naive(matrix, row).first { $0.row == Int(index) }
                #expect(abs((own?.cosine ?? -2) - want.cosine) < 1e-6, "row \(row)")
            }
        }
    }

    @Test("asked for some rows, the answer is that for all", arguments: [(2, 3), (65, 17), (300, 9), (5_000, 24)])
    func some(rows: Int, columns: Int) {
        let units = UnitRows(Self.matrix(rows, columns, seed: UInt64(rows)), rows: Array(0..<rows))
        let all = units.nearest(10)
        let asked = stride(from: rows - 1, through: 0, by: -3).map { $0 }
        let found = units.nearest(10, of: asked)
        #expect(found.rows == asked.count && found.count == all.count)
        // The two add up in another order: rows of equal cosine within single precision may change places.
        let same = asked.indices.count { found.row($0) == all.row(asked[$0]) }
        #expect(same >= asked.count - asked.count / 100, "\(same) of \(asked.count)")
        for (k, row) in asked.enumerated() { #expect(!found.row(k).contains(Int32(row))) }
    }

    @Test("of equal rows the lower ones come first, and rows left out are neither asked nor found")
    func ties() {
        var matrix = Self.matrix(700, 6, seed: 3)
        for row in 100..<120 { for i in 0..<6 { matrix[row, i] = matrix[650, i] * Float(row) } }
        let found = UnitRows(matrix, rows: Array(0..<700)).nearest(5)
        #expect(Array(found.row(650)) == [100, 101, 102, 103, 104] || Set(found.row(650)).isSubset(of: Set(100..<120)))
        let even = UnitRows(matrix, rows: Array(stride(from: 0, to: 700, by: 2)))
        let some = even.nearest(3)
        #expect(some.rows == 350 && some.indices.allSatisfy { $0 < 350 })
    }

    @Test("do not depend on the number of threads")
    func threads() {
        let rows = UnitRows(Self.matrix(1_300, 12, seed: 4), rows: Array(0..<1_300))
        let many = rows.nearest(10)
        nonisolated(unsafe) var single: [NearestRows?] = [nil, nil]
        single.withUnsafeMutableBufferPointer { single in
            nonisolated(unsafe) let single = single  // a lane writes its own place
            parallelLanes(2) { _, item in single[item] = rows.nearest(10) }
        }
        #expect(single[0] == many && single[1] == many)
    }

    @Test("of queries are found as those of rows are, without what is excluded")
    func queries() {
        let matrix = Self.matrix(5_000, 8, seed: 5)
        let units = UnitRows(matrix, rows: Array(0..<5_000))
        let asked = [3, 4_500]
        let found = units.nearest(7, to: matrix.gathering(asked), excluding: [[3], [4_500, 17]])
        for (query, row) in asked.enumerated() {
            let expected = Self.naive(matrix, row).filter { query == 0 || $0.row != 17 }.prefix(7).map(\.row)
            #expect(found[query] == expected)
        }
    }

    @Test("shared neighbours are counted by row")
    func shared() {
        let a = NearestRows(rows: 2, count: 3, indices: [1, 2, 3, 0, 4, 5])
        let b = NearestRows(rows: 2, count: 3, indices: [3, 7, 1, 6, 7, 8])
        #expect(a.shared(with: b) == [2, 0])
    }
}
