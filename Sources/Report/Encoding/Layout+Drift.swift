import Analyze

// Where drift stands in report.json, as far as that is not under its own names.

extension DriftResult: ReportRow {
    static var layout: ReportKeys<Self> { [\.rowCount: "rows", \.budgets: "displacement_budgets"] }
    var reportNames: [String] { [space] }
}

extension DriftRow: ReportRow {
    static var layout: ReportKeys<Self> {
        [\.metric: .hidden, \.commonRemoved: .hidden, \.ratioToControls: "ratio_to_controls", \.wordCount: "words"]
    }

    var reportNames: [String] {
        [clusterName(domain, group), metric.rawValue + (commonRemoved ? " common removed" : "")]
    }
}

/// Name of a cluster: its domain, with the group where it is only a part.
func clusterName(_ domain: String, _ group: String?) -> String { group.map { domain + " · " + $0 } ?? domain }

extension ExposureCount: DomainRow {
    static var layout: ReportKeys<Self> { [\.domain: .hidden] }
}

extension SubspaceOverlap: ReportLayout {
    static var layout: ReportKeys<Self> {
        [\.overlapBefore: "before", \.overlapAfter: "after", \.randomOverlap: "random"]
    }
}

extension GroupAssociation: ReportLayout {
    static var layout: ReportKeys<Self> { [\.firstCount: "first_words", \.secondCount: "second_words"] }
}

extension DisplacementBudget: ReportLayout {
    static var layout: ReportKeys<Self> { [\.wordCount: "words"] }
}

extension MapPoint: ReportLayout {
    static var layout: ReportKeys<Self> {
        [
            \.isCentroid: "centroid", \.exposure: .hidden, \.beforeX: .hidden, \.beforeY: .hidden, \.afterX: .hidden,
            \.afterY: .hidden, \.before: "before", \.after: "after",
        ]
    }

    var before: [Double] { [beforeX, beforeY] }
    var after: [Double] { [afterX, afterY] }
}
