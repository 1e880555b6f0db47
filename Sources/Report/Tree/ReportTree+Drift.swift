import Analyze
import FileSupport

extension ReportTree {
    static func drift(_ result: DriftResult, _ input: ReportInput) -> JSON {
        let shown = WordPolicy(result, input.textPolicy)
        return [
            "space": .string(result.space), "side": .string(result.side.rawValue), "rows": .integer(result.rowCount),
            "dimension": .integer(result.dimension),
            "excluded_rows": [
                "zero": .integer(result.excludedRows.zero), "duplicate": .integer(result.excludedRows.duplicate),
                "non_finite": .integer(result.excludedRows.nonFinite), "padding": .integer(result.excludedRows.padding),
                "examples": .of(result.excludedRows.examples.map { shown($0) }),
            ],
            "vocabulary": result.vocabulary.map { vocabulary($0, shown) } ?? .null,
            "gauge": result.gauge.map(gauge) ?? .null,
            "common": [
                "norm": .number(result.common.norm), "anchors": .integer(result.common.anchors),
                "share": .of(result.common.share), "mean_displacement": .number(result.common.meanDisplacement),
            ],
            "target_subspace": result.targetSubspace.map(subspace) ?? .null,
            "update_subspace": result.updateSubspace.map(subspace) ?? .null,
            "clusters": clusters(result.clusters, shown),
            "groups": .array(result.groups.map(group)),
            "distances": .array(result.distances.map(distance)),
            "associations": .array(result.associations.map(association)),
            "attributes": result.attributes.map {
                [
                    "forgotten": .integer($0.forgotten), "matched": .integer($0.matched), "note": .string($0.note),
                ]
            } ?? .null,
            "neighbour_overlap": result.neighbourOverlap.map(neighbourOverlap) ?? .null,
            "displacement_budgets": .array(result.budgets.map(displacementBudget)),
            "overlaps": .array(result.overlaps.map(overlap)),
            "whole_space": wholeSpace(result.wholeSpace),
            "map": result.map.map { map($0, shown) } ?? .null,
            "words": .array(result.words.map { word($0, shown) }),
            "neighbours": .array(result.neighbours.map { neighbour($0, shown) }),
            "exposure": .keyed(result.exposure, by: \.domain) {
                [
                    "masked": .integer($0.masked), "seen": .integer($0.seen), "unexposed": .integer($0.unexposed),
                    "in_two_concepts": .integer($0.inTwoConcepts),
                ]
            },
            "dropped": .array(
                result.dropped.map {
                    [
                        "domain": .string($0.domain), "group": .string($0.group), "word": .string(shown($0.word)),
                        "reason": .string($0.reason),
                    ]
                }),
            "not_computed": .array(result.notComputed.map(notComputed)),
        ]
    }

    /// Name of a cluster: its domain, with the group where it is only a part.
    static func clusterName(_ domain: String, _ group: String?) -> String {
        group.map { domain + " · " + $0 } ?? domain
    }

    /// Path below `clusters` of each row, in order: cluster, metric, and `common_removed` where it is.
    static func clusterKeys(_ rows: [DriftRow]) -> [String] {
        let names = rows.map { row in
            Slug.of(clusterName(row.domain, row.group)) + "." + Slug.of(row.metric.rawValue)
                + (row.commonRemoved ? "_common_removed" : "")
        }
        // Two groups whose names give one slug stay apart by the metric's key.
        var taken: [String: Int] = [:]
        return names.map { name in
            taken[name, default: 0] += 1
            return taken[name] == 1 ? name : name + "_" + String(taken[name] ?? 1)
        }
    }

    private static func clusters(_ rows: [DriftRow], _ shown: WordPolicy) -> JSON {
        var out: JSON = .object([])
        for (row, path) in zip(rows, clusterKeys(rows)) {
            let parts = path.split(separator: ".").map(String.init)
            guard let cluster = parts.first, let metric = parts.last else { continue }
            let value: JSON = [
                "domain": .string(row.domain), "group": .of(row.group), "value": .of(row.value),
                "control_median": .of(row.controlMedian), "control_lower": .of(row.controlLower),
                "control_upper": .of(row.controlUpper), "ratio_to_controls": .of(row.ratioToControls),
                "p": .of(row.p), "q": .of(row.q), "pool_size": .of(row.poolSize),
                "pool_union": .of(row.poolUnion), "matching": .of(row.matching), "words": .integer(row.wordCount),
                "evidence": .bool(row.evidence), "dropped": .of(row.dropped.map { shown($0) }),
                "reason": .of(row.reason),
            ]
            out = out.setting(cluster, to: (out[cluster] ?? .object([])).setting(metric, to: value))
        }
        return out
    }

    private static func subspace(_ summary: SubspaceSummary) -> JSON {
        [
            "name": .string(summary.name), "rank": .integer(summary.rank), "vectors": .integer(summary.vectors),
            "explained": .of(summary.explained), "threshold": .of(summary.threshold), "note": .of(summary.note),
        ]
    }

    private static func group(_ movement: GroupMovement) -> JSON {
        [
            "domain": .string(movement.domain), "first": .string(movement.first), "second": .string(movement.second),
            "distance_before": .number(movement.distanceBefore), "distance_after": .number(movement.distanceAfter),
            "relative_change": .number(movement.relativeChange), "shift_cosine": .of(movement.shiftCosine),
            "reading": .string(movement.reading.rawValue),
        ]
    }

    private static func displacementBudget(_ budget: DisplacementBudget) -> JSON {
        [
            "domain": .string(budget.domain), "group": .of(budget.group), "common_shift": .number(budget.commonShift),
            "norm_change": .number(budget.normChange), "target_subspace": .number(budget.targetSubspace),
            "own_axis": .number(budget.ownAxis), "residual": .number(budget.residual),
            "order_sensitivity": .of(budget.orderSensitivity), "words": .integer(budget.wordCount),
        ]
    }

    private static func overlap(_ overlap: SubspaceOverlap) -> JSON {
        [
            "first": .string(overlap.first), "second": .string(overlap.second),
            "cosines_before": .of(overlap.cosinesBefore), "cosines_after": .of(overlap.cosinesAfter),
            "before": .number(overlap.overlapBefore), "after": .number(overlap.overlapAfter),
            "random": .number(overlap.randomOverlap),
        ]
    }

    private static func wholeSpace(_ space: WholeSpace) -> JSON {
        [
            "rows": .integer(space.rows), "mean_displacement": .number(space.meanDisplacement),
            "mean_angle": .number(space.meanAngle), "linear_cka": .of(space.linearCKA),
            "debiased_cka": .of(space.debiasedCKA),
            "procrustes_residual": .of(space.procrustesResidual),
            "unrotated_residual": .of(space.unrotatedResidual), "anisotropy_before": .of(space.anisotropyBefore),
            "anisotropy_after": .of(space.anisotropyAfter), "top_variance_before": .of(space.topVarianceBefore),
            "top_variance_after": .of(space.topVarianceAfter), "update_rank": .of(space.updateRank),
        ]
    }

    private static func map(_ map: ConceptMap, _ shown: WordPolicy) -> JSON {
        [
            "explained": .of(map.explained), "exaggeration": .number(map.exaggeration),
            "points": .array(
                map.points.map { point in
                    [
                        "domain": .string(point.domain), "group": .of(point.group),
                        "label": .string(point.isCentroid ? point.label : shown(point.label)),
                        "centroid": .bool(point.isCentroid),
                        "before": .of([point.beforeX, point.beforeY]), "after": .of([point.afterX, point.afterY]),
                    ]
                }),
        ]
    }

    private static func word(_ word: WordDrift, _ shown: WordPolicy) -> JSON {
        [
            "domain": .string(word.domain), "group": .string(word.group), "word": .string(shown(word.word)),
            "exposure": .string(word.exposure.rawValue), "in_two_concepts": .bool(word.inTwoConcepts),
            "displacement": .of(word.displacement), "relative_displacement": .of(word.relativeDisplacement),
            "angle": .of(word.angle), "displacement_common_removed": .of(word.displacementCommonRemoved),
            "target_share": .of(word.targetShare), "update_share": .of(word.updateShare), "reason": .of(word.reason),
        ]
    }

    private static func neighbour(_ change: NeighbourChange, _ shown: WordPolicy) -> JSON {
        [
            "domain": .string(change.domain), "word": .string(shown(change.word)),
            "displacement": .number(change.displacement), "jaccard": .number(change.jaccard),
            "kept": .of(change.kept.map { shown($0) }), "gained": .of(change.gained.map { shown($0) }),
            "lost": .of(change.lost.map { shown($0) }),
        ]
    }
}

/// Which words of a space are printed: forgotten words are harmful ones, and are redacted unless the study says `shown`.
package struct WordPolicy: Sendable {
    private let forgotten: Set<String>
    private let policy: TextPolicy

    /// Takes the forgotten words of `result`.
    package init(_ result: DriftResult, _ policy: TextPolicy) {
        forgotten = Set(result.words.filter { $0.exposure == .masked }.map { WordPolicy.bare($0.word) })
        self.policy = policy
    }

    /// The word as printed.
    package func callAsFunction(_ word: String) -> String {
        forgotten.contains(WordPolicy.bare(word)) ? Redaction.word(WordPolicy.bare(word), policy: policy) : word
    }

    // A neighbour may be the same word under another spelling: with the leading space's sign, or capitalised.
    private static func bare(_ word: String) -> String {
        var text = Substring(word.lowercased())
        while let first = text.first, first == " " || first == "ġ" || first == "▁" { text.removeFirst() }
        return String(text)
    }
}
