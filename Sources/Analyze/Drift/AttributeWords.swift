import Records
import Statistics

/// The words that associations are measured with: the forgotten ones (A), and words matched to them (B).
struct AttributeWords {
    /// Mean unit vectors before and after.
    typealias Side = (before: [Double], after: [Double])

    let forgotten: Side
    let matched: Side
    let summary: AttributeSets
    /// Control words that stand in B, and so serve as no control.
    let taken: Set<Int>

    /// Finds both sets.
    ///
    /// - Returns: nil with fewer than three forgotten words that belong to no concept, or fewer than three words to set
    ///   against them.
    init?(_ input: DriftInput, rows space: SpaceRows, controls: ControlWords) {
        let concept = Set(input.words.flatMap(\.rows))
        let masked = input.rows.indices.filter {
            input.rows[$0].exposure == .masked && space.usable[$0] && !concept.contains($0)
        }
        // Whole words where there are some; of a tokenizer that splits every forgotten word, its pieces.
        let whole = Self.grouped(input, masked.filter { input.rows[$0].isControl })
        let words = whole.count >= 3 ? whole : Self.grouped(input, masked)
        guard words.count >= 3 else { return nil }
        let unexposed = WordExposure.allCases.firstIndex(of: .unexposed) ?? 0
        let candidates = controls.features.indices.filter {
            controls.features[$0].strata[ControlWords.Stratum.exposure] == unexposed
        }
        let pools = MatchedControls(
            words: words.map {
                ControlWords.features(input, rows: $0, norm: Vector.norm(WordVectors(input, rows: $0).before))
            }, candidates: candidates.map { controls.features[$0] }, caliper: 0, largest: 0, minimum: words.count,
            givingUp: [ControlWords.Stratum.exposure, ControlWords.Stratum.variants, ControlWords.Stratum.tokens])
        var taken: Set<Int> = []
        for pool in pools.pools {
            if let free = pool.lazy.map({ candidates[$0] }).first(where: { !taken.contains($0) }) { taken.insert(free) }
        }
        guard taken.count >= 3 else { return nil }
        forgotten = Self.side(words.map { WordVectors(input, rows: $0) })
        matched = Self.side(taken.sorted().map { WordVectors(input, rows: controls.rows[$0]) })
        summary = AttributeSets(
            forgotten: words.count, matched: taken.count,
            note: whole.count >= 3
                ? "forgotten whole words of no concept, and the unexposed control word closest to each"
                : "forgotten pieces of words, and the unexposed control word closest to each")
        self.taken = taken
    }

    private static func grouped(_ input: DriftInput, _ rows: [Int]) -> [[Int]] {
        let groups = Dictionary(grouping: rows) { input.rows[$0].word }
        return groups.keys.sorted().compactMap { groups[$0] }
    }

    private static func side(_ words: [WordVectors]) -> Side {
        (Vector.mean(words.map { Vector.unit($0.before) }), Vector.mean(words.map { Vector.unit($0.after) }))
    }
}
