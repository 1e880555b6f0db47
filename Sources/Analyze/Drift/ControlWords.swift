import Records
import Statistics

/// Words outside every concept, among which controls for a cluster are found.
struct ControlWords {
    /// Usable rows of each control word.
    let rows: [[Int]]
    /// What is matched.
    let features: [ControlFeatures]

    /// The same without some of them, by index.
    func without(_ taken: Set<Int>) -> ControlWords {
        let kept = rows.indices.filter { !taken.contains($0) }
        return ControlWords(rows: kept.map { rows[$0] }, features: kept.map { features[$0] })
    }

    private init(rows: [[Int]], features: [ControlFeatures]) {
        (self.rows, self.features) = (rows, features)
    }

    init(_ input: DriftInput, rows space: SpaceRows) {
        let concept = Set(input.words.flatMap(\.rows))
        let eligible = input.rows.indices.filter {
            input.rows[$0].isControl && space.usable[$0] && !space.duplicate[$0] && !concept.contains($0)
        }
        let members = Dictionary(grouping: eligible) { input.rows[$0].word }
        rows = eligible.map { input.rows[$0].word }.uniqued().compactMap { members[$0] }
        features = rows.map { rows in
            // A single row's norm is known already.
            let norm = rows.count == 1 ? space.normBefore[rows[0]] : Vector.norm(WordVectors(input, rows: rows).before)
            return Self.features(input, rows: rows, norm: norm)
        }
    }

    /// Places of what has to be equal in `strata`.
    enum Stratum { static let (tokens, variants, exposure) = (0, 1, 2) }

    /// Token count, number of variants and exposure have to be equal; norm before and frequency have to be close.
    static func features(_ input: DriftInput, rows: [Int], norm: Double) -> ControlFeatures {
        let infos = rows.map { input.rows[$0] }
        let exposure = infos.map { WordExposure.allCases.firstIndex(of: $0.exposure) ?? 0 }.min() ?? 0
        return ControlFeatures(
            strata: [infos.map(\.tokenCount).max() ?? 1, rows.count, exposure],
            ranked: [norm, Double(infos.reduce(0) { $0 + $1.frequency })])
    }
}
