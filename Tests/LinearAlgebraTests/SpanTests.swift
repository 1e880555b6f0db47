import LinearAlgebra
import Testing

@Suite("Span of subspaces")
struct SpanTests {
    private func basis(_ rows: [[Double]]) -> Matrix<Double> {
        Matrix(rows: rows.count, columns: rows[0].count, elements: rows.flatMap { $0 })
    }

    @Test("one subspace is returned bit for bit; an empty one adds nothing")
    func single() throws {
        let one = basis([[0.6, 0.8, 0], [0, 0, 1]])
        #expect(try Matrix.span(of: [one]) == one)
        #expect(try Matrix.span(of: [Matrix(rows: 0, columns: 3), one]) == one)
        #expect(try Matrix.span(of: [Matrix(rows: 0, columns: 3)]).rows == 0)
    }

    @Test("rows are orthonormal, hold every part, and a direction of both parts counts once")
    func joint() throws {
        let (first, second) = (
            basis([[1, 0, 0, 0], [0, 0.6, 0.8, 0]]), basis([[0.8, 0.6, 0, 0], [0, 0.6, 0.8, 0]])
        )
        let joint = try Matrix.span(of: [first, second])
        #expect(joint.rows == 3)
        let gram = Matrix.product(joint, joint, transposeB: true)
        for i in 0..<3 { for j in 0..<3 { #expect(abs(gram[i, j] - (i == j ? 1 : 0)) < 1e-12) } }
        for part in [first, second] {
            let inside = Matrix.product(part, joint, transposeB: true)
            for row in 0..<part.rows {
                let length = inside.row(row).reduce(0) { $0 + $1 * $1 }
                #expect(abs(length - 1) < 1e-12, "row \(row): \(length)")
            }
        }
    }
}
