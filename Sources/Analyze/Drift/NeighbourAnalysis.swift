import LinearAlgebra

/// Nearest neighbours by cosine: of every row for the overlap, and by name for the most moved words.
struct NeighbourAnalysis {
    /// Over all usable rows, or in a large vocabulary over random ones; nil with fewer than two of them, or when no
    /// neighbours are asked for.
    let overlap: NeighbourOverlap?
    /// 1 − Jaccard index by row, 0 for rows that are not usable; nil as ``overlap`` is, and where only random rows were looked
    /// at.
    let turnover: [Double]?
    /// The most moved words of each domain.
    let changes: [NeighbourChange]

    /// Most rows of which all are looked at: the work grows with their square.
    private static let wholeSpace = 65_536
    /// Random rows that stand for all in a larger space: the standard error of a mean of Jaccard indices is at most 0.008.
    private static let sample = 4_096

    /// Places among the usable rows whose neighbours are looked for; nil for all.
    private static func looked(_ usable: [Int], seed: UInt64) -> [Int]? {
        guard usable.count > wholeSpace else { return nil }
        var stream = RandomStream(seed: seed, label: "neighbour-rows")
        return stream.shuffled(Array(usable.indices)).prefix(sample).sorted()
    }

    /// Looks for the neighbours before and after, among the usable rows but the row's own; one side's unit rows are held
    /// at a time.
    init(_ input: DriftInput, rows space: SpaceRows, words: ConceptWords, settings: AnalysisSettings) {
        let usable = input.rows.indices.filter { space.usable[$0] }
        let moved = words.domains.flatMap { domain in
            words.words.filter { $0.word.domain == domain && !$0.word.inTwoConcepts }
                .map { (word: $0, displacement: Vector.norm($0.vectors.delta)) }
                .sorted { ($1.displacement, $0.word.word.word) < ($0.displacement, $1.word.word.word) }
                .prefix(settings.movedWords)
        }
        guard settings.neighbours > 0, usable.count > 1 else {
            (overlap, turnover, changes) = (nil, nil, [])
            return
        }
        var place = [Int](repeating: -1, count: input.rows.count)
        for (new, row) in usable.enumerated() { place[row] = new }
        let looked = Self.looked(usable, seed: settings.seed)
        let own = moved.map { Set($0.word.rows.map { place[$0] }) }
        func side(_ matrix: Matrix<Float>, _ vector: (WordVectors) -> [Double]) -> (all: NearestRows, words: [[Int]]) {
            let units = UnitRows(matrix, rows: usable)
            let queries = Matrix<Float>(
                rows: moved.count, columns: matrix.columns,
                elements: moved.flatMap { Vector.unit(vector($0.word.vectors)).map(Float.init) })
            return (
                looked.map { units.nearest(settings.neighbours, of: $0) } ?? units.nearest(settings.neighbours),
                moved.isEmpty ? [] : units.nearest(settings.neighbours, to: queries, excluding: own)
            )
        }
        let before = side(input.before, \.before)
        let after = side(input.after, \.after)
        let shared = before.all.shared(with: after.all)
        let size = before.all.count
        func jaccard(_ shared: Int) -> Double { Double(shared) / Double(2 * size - shared) }
        var kept = [Int](repeating: 0, count: size + 1)
        var turnover = [Double](repeating: 0, count: input.rows.count)
        let rows = looked ?? Array(usable.indices)
        for (place, count) in zip(rows, shared) {
            kept[count] += 1
            turnover[usable[place]] = 1 - jaccard(count)
        }
        // From counts, so that the mean does not depend on the order of rows.
        let sum = kept.indices.reduce(0) { $0 + Double(kept[$1]) * jaccard($1) }
        overlap = NeighbourOverlap(
            rows: rows.count, usable: usable.count, neighbours: size, meanJaccard: sum / Double(rows.count),
            unchanged: Double(kept[size]) / Double(rows.count), kept: kept)
        self.turnover = looked == nil ? turnover : nil
        changes = moved.indices.map { i in
            let (old, new) = (Set(before.words[i]), Set(after.words[i]))
            func names(_ rows: [Int]) -> [String] { rows.map { input.rows[usable[$0]].key } }
            let union = old.union(new).count
            return NeighbourChange(
                domain: moved[i].word.word.domain, word: moved[i].word.word.word, displacement: moved[i].displacement,
                jaccard: union > 0 ? Double(old.intersection(new).count) / Double(union) : 1,
                kept: names(before.words[i].filter(new.contains)),
                gained: names(after.words[i].filter { !old.contains($0) }),
                lost: names(before.words[i].filter { !new.contains($0) }))
        }
    }
}
