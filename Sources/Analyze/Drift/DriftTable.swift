import Statistics

/// The table cluster × metric, distances of clusters and associations of groups, each number against matched control words.
struct DriftTable {
    let input: DriftInput
    let words: ConceptWords
    let controls: ControlWords
    /// What every cluster is measured against; the centroids of other domains come with each.
    let yardstick: ClusterYardstick
    let settings: AnalysisSettings

    struct Content {
        var rows: [DriftRow] = []
        var distances: [ClusterDistance] = []
        var associations: [GroupAssociation] = []
    }

    /// A row per metric for every domain; for the groups of a domain a choice of metrics, with the common part out.
    func content() -> Content {
        var out = Content()
        let centroids = words.domains.compactMap { domain -> ClusterYardstick.Centroid? in
            let chosen = words.chosen(domain)
            return chosen.isEmpty ? nil : (domain, WordVectors(mean: chosen.map(\.vectors)))
        }
        for domain in words.domains {
            var yardstick = yardstick
            yardstick.others = centroids.filter { $0.domain != domain }
            let groups: [String?] = words.groups(domain)
            for group in [nil] + (groups.count > 1 ? groups : []) {
                add(domain, group: group, measures: Measure.of(input.side, group: group != nil), yardstick, to: &out)
            }
        }
        let corrected = MultipleTests.benjaminiHochberg(out.rows.map(\.p))
        for i in out.rows.indices { out.rows[i].q = corrected[i] }
        let distances = MultipleTests.benjaminiHochberg(out.distances.map(\.p))
        for i in out.distances.indices { out.distances[i].q = distances[i] }
        let associations = MultipleTests.benjaminiHochberg(out.associations.map(\.p))
        for i in out.associations.indices { out.associations[i].q = associations[i] }
        return out
    }

    private func add(
        _ domain: String, group: String?, measures: [Measure], _ yardstick: ClusterYardstick, to out: inout Content
    ) {
        let chosen = words.chosen(domain, group: group)
        let dropped = words.unused(domain, group: group)
        let isTarget = words.targets.contains(domain)
        func row(_ measure: Measure, reason: String?) -> DriftRow {
            DriftRow(
                domain: domain, group: group, metric: measure.metric, commonRemoved: measure.commonRemoved,
                wordCount: chosen.count, evidence: !isTarget, dropped: dropped, reason: reason)
        }
        guard !chosen.isEmpty else {
            out.rows += measures.map { row($0, reason: isTarget ? "no usable word" : "no unexposed word") }
            return
        }
        let pools = pools(chosen, isTarget: isTarget)
        let enough = settings.controlDraws > 0 && pools.smallestPool >= settings.minimumControls
        var table = WordTable(width: input.before.columns, yardstick: yardstick)
        for word in chosen { table.add(word.vectors, rows: word.rows) }
        var indices: [Int: Int] = [:]
        for candidate in enough ? pools.union : [] {
            indices[candidate] = table.count
            table.add(WordVectors(input, rows: controls.rows[candidate]), rows: controls.rows[candidate])
        }
        table.weigh()
        let pairs = group == nil && yardstick.attributes != nil ? groupPairs(domain, chosen) : []
        let positions = pairs.map { ($0.first, $0.second) }
        var scratch = [Double](repeating: 0, count: 2 * input.before.columns)
        let (values, distances) = table.measure(
            Array(chosen.indices), spread: group == nil, groups: positions, scratch: &scratch)
        let draws =
            enough
            ? table.compare(
                controls: pools, candidateIndex: indices, spread: group == nil, groups: positions,
                draws: settings.controlDraws, seed: settings.seed,
                label: "analyze/\(input.space)/controls/\(domain)/\(group ?? "")") : []
        let shortage =
            settings.controlDraws > 0
            ? "no controls: \(pools.smallestPool) eligible for a word, \(settings.minimumControls) wanted"
            : "no controls: the study asks for 0 draws"
        let note = enough ? note(pools) : nil

        out.rows += measures.map { measure in
            let gap = missing(measure.metric, count: chosen.count, isTarget: isTarget, yardstick)
            var row = row(measure, reason: gap ?? (enough ? nil : shortage))
            (row.poolSize, row.poolUnion, row.matching) = (pools.smallestPool, pools.union.count, note)
            guard gap == nil, let kind = Measure.all.firstIndex(of: measure) else { return row }
            row.value = values[kind]
            guard enough else { return row }
            let found = compare(values[kind], draws[kind], isSigned: measure.metric.isSigned)
            (row.controlLower, row.controlMedian, row.controlUpper) = (found.lower, found.median, found.upper)
            row.p = measure.metric.isLevel ? nil : found.p
            return row
        }
        guard group == nil else { return }
        for (j, other) in yardstick.others.enumerated() {
            let found = enough ? compare(distances[j].relative, draws[Measure.all.count + j], isSigned: true) : nil
            out.distances.append(
                ClusterDistance(
                    domain: domain, other: other.domain, before: distances[j].before, after: distances[j].after,
                    relativeChange: distances[j].relative, controlMedian: found?.median, controlLower: found?.lower,
                    controlUpper: found?.upper, p: found?.p, reason: enough ? nil : shortage))
        }
        for (j, pair) in pairs.enumerated() {
            let start = Measure.all.count + yardstick.others.count + 2 * j
            out.associations.append(
                association(
                    domain, pair, before: values[start], after: values[start + 1],
                    draws: enough ? (draws[start], draws[start + 1]) : nil, shortage: shortage))
        }
    }

    /// Controls for every word. Where fewer than wanted are within the caliper, the closest are taken; where there are not
    /// enough, for the target's words, which are no evidence of transfer, those of another exposure, since a forget text
    /// seldom holds enough words of no concept; then those with another number of spellings; of contextual vectors, which are
    /// means over a word's tokens, then those with another number of tokens.
    private func pools(_ chosen: [UsableWord], isTarget: Bool) -> MatchedControls {
        MatchedControls(
            words: chosen.map { ControlWords.features(input, rows: $0.rows, norm: Vector.norm($0.vectors.before)) },
            candidates: controls.features, minimum: settings.minimumControls,
            givingUp: (isTarget ? [ControlWords.Stratum.exposure] : []) + [ControlWords.Stratum.variants]
                + (input.side == .contextual ? [ControlWords.Stratum.tokens] : []))
    }

    /// What was given up to find enough controls, in words.
    private func note(_ pools: MatchedControls) -> String? {
        let widened = pools.matches.filter(\.isWidened)
        guard !widened.isEmpty else { return nil }
        let farthest = widened.map(\.farthest).max() ?? 0
        var out =
            "\(widened.count) of \(pools.matches.count) words have fewer than \(settings.minimumControls) controls "
            + "within 20 % in rank; the closest \(settings.minimumControls) stand in, at most "
            + "\(Int((farthest * 100).rounded())) % away"
        for (stratum, what) in [
            (ControlWords.Stratum.variants, "the number of spellings"),
            (ControlWords.Stratum.tokens, "the number of tokens"),
            (ControlWords.Stratum.exposure, "the forget text, which holds too few words of no concept"),
        ] {
            let count = widened.count { $0.droppedStrata.contains(stratum) }
            if count > 0 { out += "; \(count) without regard to \(what)" }
        }
        return out
    }

    private func compare(
        _ value: Double, _ draws: [Double], isSigned: Bool
    ) -> (lower: Double, median: Double, upper: Double, p: Double) {
        let band = Summary.band(draws, level: settings.level)
        let tolerance = 1e-12 * abs(value)
        let above = Randomisation.p(observed: value, draws: draws, tolerance: tolerance)
        guard isSigned else { return (band.lower, band.median, band.upper, above) }
        let below = Randomisation.p(observed: -value, draws: draws.map { -$0 }, tolerance: tolerance)
        return (band.lower, band.median, band.upper, min(1, 2 * min(above, below)))
    }

    // MARK: Groups

    private typealias GroupPair = (names: (String, String), first: [Int], second: [Int])

    /// Pairs of groups as positions in the cluster.
    private func groupPairs(_ domain: String, _ chosen: [UsableWord]) -> [GroupPair] {
        func members(_ group: String) -> [Int] { chosen.indices.filter { chosen[$0].word.group == group } }
        return words.groups(domain).pairs.map { (($0, $1), members($0), members($1)) }
    }

    private func association(
        _ domain: String, _ pair: GroupPair, before: Double, after: Double, draws: ([Double], [Double])?,
        shortage: String
    ) -> GroupAssociation {
        var out = GroupAssociation(
            domain: domain, first: pair.names.0, second: pair.names.1, firstCount: pair.first.count,
            secondCount: pair.second.count)
        if pair.first.count < 2 || pair.second.count < 2 {
            out.reason = "a group has fewer than two words that count"
        } else if !before.isFinite || !after.isFinite {
            out.reason = "all words stand equally close to the forgotten words"
        } else {
            (out.before, out.after, out.change) = (before, after, after - before)
            let changes = draws.map { zip($0.0, $0.1).map { $1 - $0 } }
            if let changes, changes.allSatisfy(\.isFinite) {
                let found = compare(after - before, changes, isSigned: true)
                (out.controlLower, out.controlMedian, out.controlUpper) = (found.lower, found.median, found.upper)
                out.p = found.p
            } else {
                out.reason = changes == nil ? shortage : "an effect size of control words is not defined"
            }
        }
        return out
    }

    /// Why a measure cannot be taken of a cluster.
    private func missing(_ metric: DriftMetric, count: Int, isTarget: Bool, _ yardstick: ClusterYardstick) -> String? {
        switch metric {
        case .targetShare where yardstick.target == nil: "no target subspace"
        case .updateShare where isTarget: "the update subspace is made of these words"
        case .updateShare where yardstick.update == nil: "no update subspace: the target's words did not move"
        case .spreadBefore, .spreadAfter, .spreadChange: count < 2 ? "one word has no spread" : nil
        case .separationBefore, .separationAfter, .separationChange:
            yardstick.others.isEmpty ? "no other domain has words that count" : nil
        case .attributeDistanceBefore, .attributeDistanceAfter, .attributeDistanceChange:
            yardstick.attributes == nil ? "fewer than three forgotten words in this space" : nil
        case .neighbourTurnover where yardstick.turnover == nil: "the neighbours of every row were not looked for"
        case .logitChange:
            input.side != .output
                ? "only output embeddings make logits"
                : yardstick.hiddenStates == nil ? "the run holds no hidden states" : nil
        default: nil
        }
    }
}
