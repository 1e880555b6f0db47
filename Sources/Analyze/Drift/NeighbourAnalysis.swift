import LinearAlgebra

/// Nearest neighbours of the most moved words, before and after.
enum NeighbourAnalysis {
    /// Neighbours by cosine among all usable rows but the word's own; ties go to the lower row.
    static func changes(
        _ input: DriftInput, rows: SpaceRows, words: ConceptWords, settings: AnalysisSettings
    ) -> [NeighbourChange] {
        let moved = words.domains.flatMap { domain in
            words.words.filter { $0.word.domain == domain && !$0.word.inTwoConcepts }
                .map { (word: $0, displacement: Vector.norm($0.vectors.delta)) }
                .sorted { ($1.displacement, $0.word.word.word) < ($0.displacement, $1.word.word.word) }
                .prefix(settings.movedWords)
        }
        guard !moved.isEmpty, settings.neighbours > 0 else { return [] }
        let before = nearest(
            input.before, usable: rows.usable, queries: moved.map { ($0.word.vectors.before, $0.word.word.rows) },
            count: settings.neighbours)
        let after = nearest(
            input.after, usable: rows.usable, queries: moved.map { ($0.word.vectors.after, $0.word.word.rows) },
            count: settings.neighbours)
        return moved.indices.map { i in
            let (old, new) = (Set(before[i]), Set(after[i]))
            func names(_ rows: [Int]) -> [String] { rows.map { input.rows[$0].key } }
            let union = old.union(new).count
            return NeighbourChange(
                domain: moved[i].word.word.domain, word: moved[i].word.word.word, displacement: moved[i].displacement,
                jaccard: union > 0 ? Double(old.intersection(new).count) / Double(union) : 1,
                kept: names(before[i].filter(new.contains)), gained: names(after[i].filter { !old.contains($0) }),
                lost: names(before[i].filter { !new.contains($0) }))
        }
    }

    /// Rows by descending cosine to each query, in blocks of unit rows through one matrix product each.
    private static func nearest(
        _ matrix: Matrix<Float>, usable: [Bool], queries: [(vector: [Double], own: [Int])], count: Int
    ) -> [[Int]] {
        let width = matrix.columns
        let block = 2_048
        let units = queries.flatMap { query in
            let norm = Vector.norm(query.vector)
            return query.vector.map { norm > 0 ? $0 / norm : 0 }
        }
        let own = queries.map { Set($0.own) }
        var best = [[(cosine: Double, row: Int)]](repeating: [], count: queries.count)
        let transposedQueries = Matrix<Double>(rows: queries.count, columns: width, elements: units)
        for start in stride(from: 0, to: matrix.rows, by: block) {
            let members = (start..<min(matrix.rows, start + block)).filter { usable[$0] }
            guard !members.isEmpty else { continue }
            var rows = matrix.gathering(members).double
            for row in 0..<rows.rows {
                let norm = Vector.norm(Array(rows.row(row)))
                for i in row * width..<(row + 1) * width { rows.elements[i] /= norm }
            }
            let cosines = Matrix.product(transposedQueries, rows, transposeB: true)
            for query in queries.indices {
                let found = members.indices.lazy.filter { !own[query].contains(members[$0]) }
                    .map { (cosine: cosines[query, $0], row: members[$0]) }
                best[query] = Array(
                    (best[query] + found).sorted { ($1.cosine, $0.row) < ($0.cosine, $1.row) }.prefix(count))
            }
        }
        return best.map { $0.map(\.row) }
    }
}
