import LinearAlgebra

/// Everything that is said of one embedding space.
enum DriftAnalysis {
    /// Analyses a space.
    ///
    /// - Throws: ``LAPACKError`` when a decomposition does not converge; rows that are not finite never reach one.
    static func analyse(_ input: DriftInput, settings: AnalysisSettings) throws -> DriftResult {
        let rows = SpaceRows(input)
        let words = ConceptWords(input, rows: rows)
        let common = CommonShift(input, rows: rows)
        let controls = ControlWords(input, rows: rows)
        var notComputed: [NotComputed] = []

        let target = try words.target.flatMap { try domainSubspace($0, words: words, name: "G", settings: settings) }
        if target == nil {
            notComputed.append(
                NotComputed(what: "target subspace of \(input.space)", reason: "the target has no definitional pairs"))
        }
        let update = try updateSubspace(words, common: common, settings: settings)
        if update == nil {
            notComputed.append(
                NotComputed(what: "update subspace of \(input.space)", reason: "the target's words did not move"))
        }
        let table = DriftTable(
            input: input, space: rows, words: words, controls: controls, common: common, target: target,
            update: update, settings: settings)
        let map = try ConceptMapAnalysis.map(input, words: words, controls: controls, settings: settings)
        if map == nil {
            notComputed.append(NotComputed(what: "map of \(input.space)", reason: "fewer than three words"))
        }
        return DriftResult(
            space: input.space, rowCount: input.before.rows, dimension: input.before.columns,
            hostileRows: rows.hostile, common: common.summary, targetSubspace: target?.summary,
            updateSubspace: update?.summary, clusters: table.rows(), groups: GroupAnalysis.movements(words),
            budgets: try BudgetAnalysis(words: words, common: common, target: target).budgets(),
            overlaps: try overlaps(words, settings: settings),
            wholeSpace: try WholeSpaceAnalysis.measure(input, rows: rows, settings: settings), map: map,
            words: words.words.map { drift(of: $0, words: words, common: common, target: target, update: update) },
            neighbours: NeighbourAnalysis.changes(input, rows: rows, words: words, settings: settings),
            exposure: words.domains.map(words.exposure), dropped: words.dropped, notComputed: notComputed)
    }

    /// The subspace of a domain: components of its definitional tuples about their means, or, where it has none, of its
    /// group centroids about theirs.
    private static func domainSubspace(
        _ domain: String, words: ConceptWords, name: String, rank: Int? = nil,
        vector: (WordVectors) -> [Double] = \.before, settings: AnalysisSettings
    ) throws -> Subspace? {
        let members = words.words.filter { $0.word.domain == domain && !$0.word.inTwoConcepts }
        let paired = Dictionary(grouping: members.filter { $0.word.pair != nil }) { $0.word.pair ?? 0 }
        let tuples = paired.keys.sorted().compactMap { paired[$0]?.map { vector($0.vectors) } }
        var note: String?
        var contrasts = Subspace.contrasts(tuples)
        if contrasts.isEmpty {
            let centroids = words.groups(domain).compactMap { group -> [Double]? in
                let inside = members.filter { $0.word.group == group }
                return inside.isEmpty ? nil : Vector.mean(inside.map { vector($0.vectors) })
            }
            contrasts = Subspace.contrasts([centroids])
            note = "from group centroids: the lexicon has no definitional tuples"
        }
        return try Subspace.find(name: name, vectors: contrasts, rank: rank, seed: settings.seed, note: note)
    }

    /// Components of the movement of the target's words, the common part taken out.
    private static func updateSubspace(
        _ words: ConceptWords, common: CommonShift, settings: AnalysisSettings
    ) throws -> Subspace? {
        let moved = words.words.filter { $0.word.domain == words.target && !$0.word.inTwoConcepts }
        guard moved.contains(where: { Vector.norm($0.vectors.delta) > 0 }) else { return nil }
        return try Subspace.find(
            name: "U", vectors: moved.map { Vector.difference($0.vectors.delta, common.vector) }, seed: settings.seed)
    }

    /// Overlaps of the domains' subspaces, every pair once.
    static func overlaps(_ words: ConceptWords, settings: AnalysisSettings) throws -> [SubspaceOverlap] {
        let spaces = try words.domains.compactMap { domain -> (domain: String, before: Subspace, after: Subspace)? in
            guard
                let before = try domainSubspace(domain, words: words, name: domain, settings: settings),
                let after = try domainSubspace(
                    domain, words: words, name: domain, rank: before.summary.rank, vector: \.after, settings: settings)
            else { return nil }
            return (domain, before, after)
        }
        return try spaces.indices.flatMap { i in
            try spaces.indices.filter { $0 > i }.map { j in
                let before = try spaces[i].before.cosines(with: spaces[j].before)
                let after = try spaces[i].after.cosines(with: spaces[j].after)
                let (k1, k2) = (spaces[i].before.basis.rows, spaces[j].before.basis.rows)
                func overlap(_ cosines: [Double]) -> Double {
                    cosines.reduce(0) { $0 + $1 * $1 } / Double(max(1, cosines.count))
                }
                return SubspaceOverlap(
                    first: spaces[i].domain, second: spaces[j].domain, cosinesBefore: before, cosinesAfter: after,
                    overlapBefore: overlap(before), overlapAfter: overlap(after),
                    randomOverlap: Double(k1 * k2) / Double(spaces[i].before.basis.columns * min(k1, k2)))
            }
        }
    }

    private static func drift(
        of word: UsableWord, words: ConceptWords, common: CommonShift, target: Subspace?, update: Subspace?
    ) -> WordDrift {
        let delta = word.vectors.delta
        let removed = Vector.difference(delta, common.vector)
        let size = Vector.norm(delta)
        let norm = Vector.norm(word.vectors.before)
        let squared = Vector.dot(removed, removed)
        func share(_ space: Subspace?) -> Double? {
            guard let space else { return nil }
            return squared > 0 ? space.squaredPart(removed) / squared : 0
        }
        return WordDrift(
            domain: word.word.domain, group: word.word.group, word: word.word.word, exposure: word.word.exposure,
            inTwoConcepts: word.word.inTwoConcepts, displacement: size,
            relativeDisplacement: norm > 0 ? size / norm : nil,
            angle: Vector.angle(word.vectors.before, word.vectors.after),
            displacementCommonRemoved: squared.squareRoot(),
            targetShare: share(target), updateShare: word.word.domain == words.target ? nil : share(update),
            reason: norm > 0 ? nil : "the word's variants cancel")
    }
}
