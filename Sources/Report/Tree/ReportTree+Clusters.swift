import Analyze
import FileSupport

extension ReportTree {
    static func vocabulary(_ match: VocabularyMatch, _ shown: WordPolicy) -> JSON {
        [
            "matched": .integer(match.matched), "added": .integer(match.added), "removed": .integer(match.removed),
            "moved": .integer(match.moved), "examples": .of(match.examples.map { shown($0) }),
        ]
    }

    static func gauge(_ gauge: GaugeSummary) -> JSON {
        [
            "rows": .integer(gauge.rows), "norm_before": .number(gauge.normBefore),
            "norm_after": .number(gauge.normAfter), "shift": .number(gauge.shift),
        ]
    }

    static func distance(_ row: ClusterDistance) -> JSON {
        [
            "domain": .string(row.domain), "other": .string(row.other), "before": .number(row.before),
            "after": .number(row.after), "relative_change": .number(row.relativeChange),
            "control_median": .of(row.controlMedian), "control_lower": .of(row.controlLower),
            "control_upper": .of(row.controlUpper), "p": .of(row.p), "q": .of(row.q), "reason": .of(row.reason),
        ]
    }

    static func association(_ row: GroupAssociation) -> JSON {
        [
            "domain": .string(row.domain), "first": .string(row.first), "second": .string(row.second),
            "first_words": .integer(row.firstCount), "second_words": .integer(row.secondCount),
            "before": .of(row.before), "after": .of(row.after), "change": .of(row.change),
            "control_median": .of(row.controlMedian), "control_lower": .of(row.controlLower),
            "control_upper": .of(row.controlUpper), "p": .of(row.p), "q": .of(row.q), "reason": .of(row.reason),
        ]
    }

    static func neighbourOverlap(_ overlap: NeighbourOverlap) -> JSON {
        [
            "rows": .integer(overlap.rows), "usable": .integer(overlap.usable),
            "neighbours": .integer(overlap.neighbours),
            "mean_jaccard": .number(overlap.meanJaccard), "unchanged": .number(overlap.unchanged),
            "kept": .array(overlap.kept.map { .integer($0) }),
        ]
    }
}
