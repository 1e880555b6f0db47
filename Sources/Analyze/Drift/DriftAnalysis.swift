import LinearAlgebra
import Records

/// Everything that is said of one embedding space.
enum DriftAnalysis {
    /// Analyses a space.
    ///
    /// - Throws: `LAPACKError` when a decomposition does not converge; rows that are not finite never reach one.
    static func analyse(_ given: DriftInput, settings: AnalysisSettings) throws -> DriftResult {
        let prepared = PreparedSpace(given)
        let input = prepared.input
        let rows = SpaceRows(input)
        let words = ConceptWords(input, rows: rows)
        let common = CommonShift(input, rows: rows)
        let allControls = ControlWords(input, rows: rows)
        let attributes = AttributeWords(input, rows: rows, controls: allControls)
        let controls = allControls.without(attributes?.taken ?? [])
        let chance = ChanceShares(seed: settings.seed)
        let target = try targetSubspace(words, chance: chance)
        let update = try updateSubspace(words, common: common, chance: chance)
        let neighbours = NeighbourAnalysis(input, rows: rows, words: words, settings: settings)
        let yardstick = ClusterYardstick(
            common: common.vector, target: target, update: update, attributes: attributes,
            turnover: neighbours.turnover, hiddenStates: try secondMomentRoot(input))
        let table = DriftTable(
            input: input, words: words, controls: controls, yardstick: yardstick, settings: settings
        ).content()
        let map = try ConceptMapAnalysis.map(input, words: words, controls: controls, settings: settings)
        let wholeSpace = try WholeSpaceAnalysis.measure(input, rows: rows)
        var out = DriftResult(
            space: input.space, side: input.side, rowCount: input.before.rows, dimension: input.before.columns,
            excludedRows: rows.excluded, vocabulary: input.vocabulary, gauge: prepared.gauge, common: common.summary,
            targetSubspace: target?.summary, updateSubspace: update?.summary, clusters: table.rows,
            groups: GroupAnalysis.movements(words), distances: table.distances, associations: table.associations,
            attributes: attributes?.summary,
            budgets: try BudgetAnalysis(words: words, common: common, target: target).budgets(),
            overlaps: try overlaps(words, settings: settings), wholeSpace: wholeSpace,
            neighbourOverlap: neighbours.overlap, map: map,
            words: words.words.map { drift(of: $0, words: words, common: common, target: target, update: update) },
            neighbours: neighbours.changes, exposure: words.domains.map(words.exposure), dropped: words.dropped,
            notComputed: [])
        out.notComputed = missing(out, words: words, controls: controls)
        return out
    }

    /// What a space does not allow, each with its reason.
    private static func missing(_ result: DriftResult, words: ConceptWords, controls: ControlWords) -> [NotComputed] {
        var out: [NotComputed] = []
        func add(_ what: String, _ reason: String) {
            out.append(NotComputed(what: "\(what) of \(result.space)", reason: reason))
        }
        if result.targetSubspace == nil {
            add("target subspace", "the target has neither definitional pairs nor two groups with words in this space")
        }
        if result.targetSubspace != nil {
            for domain in words.targets where !words.hasContrasts(domain) {
                add("\(domain) in the target subspace", "it has neither definitional pairs nor two groups with words")
            }
        }
        if result.updateSubspace == nil { add("update subspace", "the target's words did not move") }
        if result.map == nil { add("map", "fewer than three words, or fewer than two dimensions") }
        if result.attributes == nil {
            add("association with forgotten words", "fewer than three forgotten words of no concept in this space")
        }
        if result.neighbourOverlap == nil { add("neighbour overlap", "fewer than two usable rows, or none asked for") }
        if result.wholeSpace.linearCKA == nil { add("CKA and Procrustes", "fewer than two different usable rows") }
        for domain in words.domains {
            let count = words.chosen(domain).count
            if count < 2 { add("spread of \(domain)", "the domain has \(count == 0 ? "no" : "one") word that counts") }
            let groups = words.groups(domain).filter { words.chosen(domain, group: $0).count > 1 }
            if groups.count < 2 {
                add("comparison of groups of \(domain)", "fewer than two groups have two words that count")
            }
            if !result.overlaps.isEmpty, !result.overlaps.contains(where: { [$0.first, $0.second].contains(domain) }) {
                add("subspace of \(domain)", "neither definitional pairs nor two groups with words")
            }
            let short = result.clusters.first {
                $0.domain == domain && $0.group == nil && $0.metric == .displacement && $0.value != nil && $0.p == nil
            }
            if let reason = short?.reason { add("control band of \(domain)", reason) }
        }
        return out
    }

    /// Rows R, `(k, D)`, with RᵀR the second moment of the hidden states, so that ‖Rδ‖ is the root mean square of δ·h.
    private static func secondMomentRoot(_ input: DriftInput) throws -> Matrix<Double>? {
        guard input.side == .output, let states = input.hiddenStates, states.rows > 0,
            states.columns == input.before.columns, states.elements.allSatisfy(\.isFinite)
        else { return nil }
        let wide = states.double
        var moment = Matrix.product(wide, transposeA: true, wide)
        for i in moment.elements.indices { moment.elements[i] /= Double(states.rows) }
        let eigen = try moment.symmetricEigen()
        let kept = eigen.values.indices.filter { eigen.values[$0] > 1e-12 * (eigen.values.first ?? 0) }
        var root = eigen.vectors.gathering(kept)
        for (row, index) in kept.enumerated() {
            for i in 0..<root.columns { root[row, i] *= eigen.values[index].squareRoot() }
        }
        return root
    }

    /// The subspace of a domain: components of its definitional tuples about their means, or, where it has none, of its
    /// group centroids about theirs.
    private static func domainSubspace(
        _ domain: String, words: ConceptWords, name: String, rank: Int? = nil,
        vector: (WordVectors) -> [Double] = \.before, chance: ChanceShares
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
        return try Subspace.find(name: name, vectors: contrasts, rank: rank, chance: chance, note: note)
    }

    /// What the subspaces of the targets span together, each with the rank that it has by itself; that of a single target
    /// as it is. Nil where no target has one.
    static func targetSubspace(_ words: ConceptWords, chance: ChanceShares) throws -> Subspace? {
        let parts = try words.targets.compactMap { domain in
            try domainSubspace(domain, words: words, name: "G", chance: chance).map { (domain, $0) }
        }
        return try Subspace.span(of: parts, name: "G")
    }

    /// Components of the movement of the targets' words, the common part taken out.
    private static func updateSubspace(
        _ words: ConceptWords, common: CommonShift, chance: ChanceShares
    ) throws -> Subspace? {
        let moved = words.words.filter { words.targets.contains($0.word.domain) && !$0.word.inTwoConcepts }
        guard moved.contains(where: { Vector.norm($0.vectors.delta) > 0 }) else { return nil }
        return try Subspace.find(
            name: "U", vectors: moved.map { Vector.difference($0.vectors.delta, common.vector) }, chance: chance)
    }

    /// Overlaps of the domains' subspaces, every pair once.
    static func overlaps(_ words: ConceptWords, settings: AnalysisSettings) throws -> [SubspaceOverlap] {
        let chance = ChanceShares(seed: settings.seed)
        let spaces = try words.domains.compactMap { domain -> (domain: String, before: Subspace, after: Subspace)? in
            guard let before = try domainSubspace(domain, words: words, name: domain, chance: chance) else {
                return nil
            }
            return try domainSubspace(
                domain, words: words, name: domain, rank: before.summary.rank, vector: \.after, chance: chance
            ).map { (domain, before, $0) }
        }
        return try spaces.pairs.map { first, second in
            let before = try first.before.cosines(with: second.before)
            let after = try first.after.cosines(with: second.after)
            let (k1, k2) = (first.before.basis.rows, second.before.basis.rows)
            return SubspaceOverlap(
                first: first.domain, second: second.domain, cosinesBefore: before, cosinesAfter: after,
                overlapBefore: overlap(before), overlapAfter: overlap(after),
                randomOverlap: Double(k1 * k2) / Double(first.before.basis.columns * min(k1, k2)))
        }
    }

    private static func overlap(_ cosines: [Double]) -> Double {
        cosines.reduce(0) { $0 + $1 * $1 } / Double(max(1, cosines.count))
    }

    /// Overlap of the targets' joint subspace before with that of every other domain, by domain.
    static func overlapsWithTargets(_ words: ConceptWords, settings: AnalysisSettings) throws -> [String: Double] {
        let chance = ChanceShares(seed: settings.seed)
        guard let joint = try targetSubspace(words, chance: chance) else { return [:] }
        var out: [String: Double] = [:]
        for domain in words.domains where !words.targets.contains(domain) {
            out[domain] = try domainSubspace(domain, words: words, name: domain, chance: chance).map {
                overlap(try joint.cosines(with: $0))
            }
        }
        return out
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
            targetShare: share(target), updateShare: words.targets.contains(word.word.domain) ? nil : share(update),
            reason: norm > 0 ? nil : "the word's variants cancel")
    }
}
