import LanguageModel
import LinearAlgebra

/// The trained parameters as weight vectors, of which some are chosen by how alike two gradients are on them.
///
/// A matrix falls apart into the vectors of weights that lead into each of its outputs (by input), or that lead from each of
/// its inputs (by output), however the checkpoint lays it out; of token and position embeddings that is a vector a token or a
/// vector a channel. A tensor of one axis is one vector.
struct WeightVectors {
    private struct Part {
        let tensor: ParameterInfo
        let rows, columns: Int
        /// Whether its vectors are the rows of the buffer.
        let areRows: Bool
        /// How far behind an element the same one of the other side of a tied matrix stands.
        let twin: Int?

        var count: Int { areRows ? rows : columns }
    }

    private let parts: [Part]

    /// - Parameter tied: the two sides of a tied matrix, where the layout has them apart: their vectors are one.
    init(
        _ layout: ParameterLayout, trainable: ParameterSelection, byInput: Bool,
        tied: (input: ParameterInfo, output: ParameterInfo)?
    ) {
        parts = layout.tensors.filter { trainable.contains($0) && $0 != tied?.output }.map { tensor in
            let columns = tensor.shape.last ?? 1
            return Part(
                tensor: tensor, rows: tensor.count / max(1, columns), columns: columns,
                areRows: tensor.shape.count < 2 || byInput != tensor.inputsFirst,
                twin: tied.flatMap { tensor == $0.input ? $0.output.offset - tensor.offset : nil })
        }
    }

    /// Of the vectors on which neither gradient is zero, those with the lowest cosine of the two: a share of them, rounded
    /// up; of equal ones those that come first.
    func leastSimilar(_ a: FloatBuffer, _ b: FloatBuffer, share: Double) -> [Bool] {
        let cosines = parts.flatMap { self.cosines($0, a.pointer, b.pointer) }
        let known = cosines.indices.filter { !cosines[$0].isNaN }.sorted { (cosines[$0], $0) < (cosines[$1], $1) }
        var chosen = [Bool](repeating: false, count: cosines.count)
        for index in known.prefix(Int((share * Double(known.count)).rounded(.up))) { chosen[index] = true }
        return chosen
    }

    /// Adds a multiple of a gradient on some of the vectors.
    func add(_ gradient: FloatBuffer, times factor: Float, on chosen: [Bool], to sum: FloatBuffer) {
        var first = 0
        for part in parts {
            for start in [0, part.twin].compactMap({ $0 }).map({ $0 + part.tensor.offset }) {
                let (from, to) = (gradient.pointer + start, sum.pointer + start)
                parallelFor(part.rows, grain: max(1, (1 << 16) / max(1, part.columns))) { [first] rows in
                    for row in rows {
                        for column in 0..<part.columns where chosen[first + (part.areRows ? row : column)] {
                            let i = row * part.columns + column
                            to[i] += factor * from[i]
                        }
                    }
                }
            }
            first += part.count
        }
    }

    /// The cosine of two gradients on each vector of a tensor; no number where one of them is zero.
    private func cosines(_ part: Part, _ a: UnsafeMutablePointer<Float>, _ b: UnsafeMutablePointer<Float>) -> [Double] {
        let start = part.tensor.offset
        // a·b, a·a, b·b.
        var sums = [SIMD3<Double>](repeating: .zero, count: part.count)
        let length = part.areRows ? part.columns : part.rows
        sums.withUnsafeMutableBufferPointer { sums in
            let sums = sums
            func add(_ row: Int, _ column: Int) {
                let i = start + row * part.columns + column
                var (x, y) = (a[i], b[i])
                if let twin = part.twin { (x, y) = (x + a[i + twin], y + b[i + twin]) }
                let (p, q) = (Double(x), Double(y))
                sums[part.areRows ? row : column] += SIMD3(p * q, p * p, q * q)
            }
            parallelFor(part.count, grain: max(1, (1 << 16) / max(1, length))) { vectors in
                if part.areRows {
                    for row in vectors { for column in 0..<part.columns { add(row, column) } }
                } else {
                    for row in 0..<part.rows { for column in vectors { add(row, column) } }
                }
            }
        }
        return sums.map { $0.y > 0 && $0.z > 0 ? $0.x / ($0.y * $0.z).squareRoot() : .nan }
    }
}
