import LinearAlgebra

/// Where the movement of a cluster's centroid went.
struct BudgetAnalysis {
    let words: ConceptWords
    let common: CommonShift
    let target: Subspace?

    /// A budget for every domain and every group of it that has words; clusters that did not move have none.
    func budgets() throws -> [DisplacementBudget] {
        try words.domains.flatMap { domain in
            let groups: [String?] = words.groups(domain)
            return try ([nil] + (groups.count > 1 ? groups : [])).compactMap { try budget(domain, group: $0) }
        }
    }

    private func budget(_ domain: String, group: String?) throws -> DisplacementBudget? {
        let chosen = words.chosen(domain, group: group)
        guard !chosen.isEmpty else { return nil }
        let shift = Vector.mean(chosen.map(\.vectors.delta))
        let total = Vector.dot(shift, shift)
        guard total > 0 else { return nil }
        let parts: [[[Double]]] = [
            [common.vector], [Vector.mean(chosen.map(\.vectors.before))],
            target.map { space in (0..<space.basis.rows).map { Array(space.basis.row($0)) } } ?? [],
            try ownAxis(domain).map { [$0] } ?? [],
        ]
        let forward = try shares(of: shift, total: total, along: parts)
        let backward = try shares(of: shift, total: total, along: parts.reversed()).reversed()
        return DisplacementBudget(
            domain: domain, group: group, commonShift: forward[0], normChange: forward[1], targetSubspace: forward[2],
            ownAxis: forward[3], residual: max(0, 1 - forward.reduce(0, +)),
            orderSensitivity: zip(forward, backward).map { abs($0 - $1) }, wordCount: chosen.count)
    }

    /// Shares of ‖shift‖² along parts that are made orthogonal in order.
    private func shares(of shift: [Double], total: Double, along parts: [[[Double]]]) throws -> [Double] {
        var columns: [[Double]] = []
        var owner: [Int] = []
        for (part, directions) in parts.enumerated() {
            for direction in directions where Vector.norm(direction) > 0 && columns.count < shift.count {
                // A direction that depends on those before it has no part of its own, and would give QR an arbitrary
                // column that takes from later parts: it is left out.
                let trial = columns + [direction]
                let r = try Self.matrix(trial).thinQR().r
                if abs(r[trial.count - 1, trial.count - 1]) > 1e-9 * Vector.norm(direction) {
                    columns = trial
                    owner.append(part)
                }
            }
        }
        var out = [Double](repeating: 0, count: parts.count)
        guard !columns.isEmpty else { return out }
        let q = try Self.matrix(columns).thinQR().q.transposed
        for (row, part) in owner.enumerated() {
            let along = Vector.dot(Array(q.row(row)), shift)
            out[part] += along * along / total
        }
        return out
    }

    private static func matrix(_ columns: [[Double]]) -> Matrix<Double> {
        Matrix(rows: columns.count, columns: columns[0].count, elements: columns.flatMap { $0 }).transposed
    }

    /// The axis on which the groups of a domain differ most: first component of the centred group centroids.
    private func ownAxis(_ domain: String) throws -> [Double]? {
        let centroids = words.groups(domain).compactMap { group -> [Double]? in
            let chosen = words.chosen(domain, group: group)
            return chosen.isEmpty ? nil : Vector.mean(chosen.map(\.vectors.before))
        }
        let contrasts = Subspace.contrasts([centroids])
        guard let width = contrasts.first?.count else { return nil }
        let matrix = Matrix(rows: contrasts.count, columns: width, elements: contrasts.flatMap { $0 })
        return Array(try matrix.thinSVD().vTransposed.row(0))
    }
}
