import LinearAlgebra
import Statistics

/// The table cluster × metric, each number against matched control words.
struct DriftTable {
    let input: DriftInput
    let space: SpaceRows
    let words: ConceptWords
    let controls: ControlWords
    let common: CommonShift
    let target: Subspace?
    let update: Subspace?
    let settings: AnalysisSettings

    /// A row per metric for every domain; for the groups of a domain a choice of metrics, with the common part out.
    func rows() -> [DriftRow] {
        var out: [DriftRow] = []
        for domain in words.domains {
            out += cluster(domain, group: nil, measures: Measure.all)
            let groups = words.groups(domain)
            guard groups.count > 1 else { continue }
            for group in groups {
                out += cluster(
                    domain, group: group,
                    measures: Measure.all.filter {
                        $0.commonRemoved && [.displacement, .centroidShift, .targetShare].contains($0.metric)
                    })
            }
        }
        let corrected = MultipleTests.benjaminiHochberg(out.map(\.p))
        for i in out.indices { out[i].q = corrected[i] }
        return out
    }

    private func cluster(_ domain: String, group: String?, measures: [Measure]) -> [DriftRow] {
        let chosen = words.chosen(domain, group: group)
        let dropped = words.unused(domain, group: group)
        let isTarget = domain == words.target
        func row(_ measure: Measure) -> DriftRow {
            DriftRow(
                domain: domain, group: group, metric: measure.metric, commonRemoved: measure.commonRemoved,
                wordCount: chosen.count, evidence: !isTarget, dropped: dropped)
        }
        guard !chosen.isEmpty else {
            return measures.map {
                var row = row($0)
                row.reason = isTarget ? "no usable word" : "no unexposed word"
                return row
            }
        }
        let pools = MatchedControls(
            words: chosen.map {
                ControlWords.features(input, rows: $0.rows, norm: Vector.norm($0.vectors.before))
            }, candidates: controls.features)
        let enough = pools.smallestPool >= settings.minimumControls
        var table = WordTable(width: input.before.columns, common: common.vector)
        for word in chosen { table.add(word.vectors, target: target, update: update) }
        let needsSpread = measures.contains { $0.metric == .spreadChange }
        var scratch = [Double](repeating: 0, count: 2 * input.before.columns)
        let values = table.measure(Array(chosen.indices), spread: needsSpread, scratch: &scratch)

        var draws: [[Double]] = []
        if enough {
            var indices: [Int: Int] = [:]
            for candidate in pools.union {
                indices[candidate] = table.count
                table.add(WordVectors(input, rows: controls.rows[candidate]), target: target, update: update)
            }
            draws = table.compare(
                controls: pools, candidateIndex: indices, spread: needsSpread, draws: settings.controlDraws,
                seed: settings.seed, label: "analyze/\(input.space)/controls/\(domain)/\(group ?? "")")
        }
        return measures.map { measure in
            var row = row(measure)
            (row.poolSize, row.poolUnion) = (pools.smallestPool, pools.union.count)
            if let reason = missing(measure, isTarget: isTarget) {
                row.reason = reason
                return row
            }
            guard let kind = Measure.all.firstIndex(of: measure) else { return row }
            row.value = values[kind]
            guard enough else {
                row.reason =
                    "no controls: \(pools.smallestPool) eligible for a word, \(settings.minimumControls) wanted"
                return row
            }
            let band = Summary.quantiles(
                draws[kind], [(1 - settings.level) / 2, 0.5, (1 + settings.level) / 2])
            (row.controlLower, row.controlMedian, row.controlUpper) = (band[0], band[1], band[2])
            row.p = Randomisation.p(observed: values[kind], draws: draws[kind], tolerance: 1e-12 * abs(values[kind]))
            return row
        }
    }

    /// Why a measure cannot be taken of a cluster.
    private func missing(_ measure: Measure, isTarget: Bool) -> String? {
        switch measure.metric {
        case .targetShare where target == nil: "no target subspace"
        case .updateShare where isTarget: "the update subspace is made of these words"
        case .updateShare where update == nil: "no update subspace: the target's words did not move"
        default: nil
        }
    }
}
