import LinearAlgebra
import Records

/// A subspace spanned by the leading components of a few vectors.
struct Subspace: Sendable {
    /// Orthonormal rows, `(k, D)`.
    let basis: Matrix<Double>
    let summary: SubspaceSummary

    /// Finds the components of `vectors` (not centred again) and keeps those that exceed chance.
    ///
    /// Parallel analysis: the share of variance of component j is compared with the 95 % quantile of the same share of
    /// vectors without relation, see ``ChanceShares``. Components are kept up to the first that does not exceed it, at
    /// least one, at most ten.
    ///
    /// - Returns: nil when all vectors are zero.
    static func find(
        name: String, vectors: [[Double]], rank fixed: Int? = nil, chance: ChanceShares, note: String? = nil
    ) throws -> Subspace? {
        guard let width = vectors.first?.count else { return nil }
        let matrix = Matrix(rows: vectors.count, columns: width, elements: vectors.flatMap { $0 })
        let decomposition = try matrix.thinSVD()
        let squares = decomposition.singularValues.map { $0 * $0 }
        let total = squares.reduce(0, +)
        guard total > 0 else { return nil }
        let available = squares.count { $0 > 1e-20 * total }
        let explained = squares.map { $0 / total }
        let thresholds =
            vectors.count > 1 && fixed == nil
            ? try chance.quantiles(lengths: vectors.map(Vector.norm), width: width) : [1]
        var rank = fixed ?? zip(explained, thresholds).prefix { $0 > $1 }.count
        var remark = note
        if fixed == nil, rank == 0 {
            let words = "no component exceeds chance; the first is kept"
            remark = note.map { "\($0); \(words)" } ?? words
        }
        rank = max(1, min(rank, 10, available))
        return Subspace(
            basis: decomposition.vTransposed.gathering(0..<rank),
            summary: SubspaceSummary(
                name: name, rank: rank, vectors: vectors.count, explained: Array(explained.prefix(10)),
                threshold: Array(thresholds.prefix(10)), note: remark))
    }

    /// What the subspaces of several domains span together; a single one is returned as it is, nil for none.
    ///
    /// The rank is no new decision: each part has its own, by ``find(name:vectors:rank:chance:note:)``, and a direction that
    /// two parts have counts once. Shares of variance are those of the parts, one after the other.
    static func span(of parts: [(domain: String, space: Subspace)], name: String) throws -> Subspace? {
        guard let first = parts.first, parts.count > 1 else { return parts.first?.space }
        let basis = try Matrix.span(of: parts.map(\.space.basis))
        var summary = first.space.summary
        (summary.name, summary.rank) = (name, basis.rows)
        summary.vectors = parts.reduce(0) { $0 + $1.space.summary.vectors }
        summary.explained = parts.flatMap { $0.space.summary.explained.prefix($0.space.summary.rank) }
        summary.threshold = parts.flatMap { $0.space.summary.threshold.prefix($0.space.summary.rank) }
        let notes = parts.map { domain, space in
            "\(domain) with rank \(space.summary.rank)" + (space.summary.note.map { " (\($0))" } ?? "")
        }
        summary.note = "the span of the subspaces of " + notes.inWords()
        return Subspace(basis: basis, summary: summary)
    }

    /// Vectors whose scatter is that of the tuples' members about their tuple's mean: m − 1 Helmert contrasts a tuple,
    /// so that a pair gives one vector, (a − b)/√2, and no direction is counted twice.
    static func contrasts(_ tuples: [[[Double]]]) -> [[Double]] {
        tuples.flatMap { tuple -> [[Double]] in
            guard tuple.count > 1 else { return [] }
            return (1..<tuple.count).map { j in
                let mean = Vector.mean(Array(tuple[0..<j]))
                let scale = (Double(j) / Double(j + 1)).squareRoot()
                return zip(mean, tuple[j]).map { ($0 - $1) * scale }
            }
        }
    }

    /// ‖P x‖², the squared length of the part of `x` inside.
    func squaredPart(_ x: [Double]) -> Double {
        var sum = 0.0
        for row in 0..<basis.rows {
            var dot = 0.0
            let start = row * basis.columns
            for i in 0..<basis.columns { dot += basis.elements[start + i] * x[i] }
            sum += dot * dot
        }
        return sum
    }

    /// Cosines of the principal angles with another subspace, descending.
    func cosines(with other: Subspace) throws -> [Double] {
        try Matrix.product(basis, other.basis, transposeB: true).thinSVD(vectors: false).singularValues.map {
            min(1, $0)
        }
    }
}
