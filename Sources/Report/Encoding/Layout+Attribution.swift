import Analyze
import Records

// Where attribution stands below `why` in report.json, as far as that is not under its own names.

extension ControlledValue: ReportLayout {
    package static var layout: ReportKeys<Self> { [\.interval: .ends("")] }
}

extension AttributionResult: ReportLayout {
    package static var layout: ReportKeys<Self> {
        [
            \.alignment: "alignment.whole", \.alignmentComponents: "alignment.components",
            \.places: "alignment.places",
        ]
    }

    /// The path integral from input to output.
    package var places: [PlaceRow] { PlaceRow.all(alignmentComponents) }
}

/// A component of the model, with its block (from 0) where the row is of one block only.
func componentName(_ component: String, _ layer: Int?) -> String {
    layer.map { "\(component), block \($0)" } ?? component
}

extension AlignmentSummary: ReportLayout, ReportRow {
    package static var layout: ReportKeys<Self> { [\.domain: .hidden] }
    package var reportNames: [String] { [domain] }
    package static var isNullWhenEmpty: Bool { true }
}

extension AlignmentRow: ReportLayout, ReportRow {
    package static var layout: ReportKeys<Self> { [\.domain: .hidden] }
    package var reportNames: [String] { [domain, componentName(component, layer)] }
    package static var isNullWhenEmpty: Bool { true }
}

extension PlaceRow: ReportLayout, ReportRow {
    package static var layout: ReportKeys<Self> {
        [\.domain: .hidden, \.place: .hidden]
    }
    package var reportNames: [String] { [domain, place] }
    package static var isNullWhenEmpty: Bool { true }
}

extension PatchRow: ReportLayout, ReportRow {
    package static var layout: ReportKeys<Self> { [\.domain: .hidden] }
    package var reportNames: [String] { [domain, componentName(component, layer)] }
    package static var isNullWhenEmpty: Bool { true }
}

extension MediationRow: ReportLayout, ReportRow {
    package static var layout: ReportKeys<Self> {
        [
            \.domain: .hidden, \.subject: .hidden, \.subspace: .hidden, \.rankTotal: "rank_total",
        ]
    }

    /// Dimensions of all layers together.
    package var rankTotal: Int { ranks.reduce(0, +) }
    /// Domain whose bias is read, domain that defines the subspace, subspace.
    package var reportNames: [String] { [domain, subject, subspace] }
    package static var isNullWhenEmpty: Bool { true }
}

extension DriftSplitRow: ReportLayout, ReportRow {
    package static var layout: ReportKeys<Self> {
        [
            \.movement: .hidden, \.outputMovement: .hidden, \.forgetMovement: .hidden, \.unexplained: "unexplained",
        ]
    }

    /// What no cause explains: 1 less the shares; nil when one is missing.
    package var unexplained: Double? {
        guard let output, let input, let retain, let decay else { return nil }
        return 1 - output - input - retain - decay
    }
    package var reportNames: [String] { [clusterName(domain, group)] }
    package static var isNullWhenEmpty: Bool { true }
}

extension Contribution: ReportLayout {
    package static var layout: ReportKeys<Self> { [\.digest: .hidden] }
}

extension ContributionSummary: ReportLayout, ReportRow {
    package static var layout: ReportKeys<Self> {
        [
            \.domain: .hidden, \.sharedWordPFloor: .hidden, \.topWords: "words", \.topSentences: "sentences",
        ]
    }
    package var reportNames: [String] { [domain] }
    package static var isNullWhenEmpty: Bool { true }
}

extension RetrainingRow: ReportLayout, ReportRow {
    package static var layout: ReportKeys<Self> {
        [\.retraining: "", \.domain: .hidden]
    }
    /// Name of the retraining, then the domain read.
    package var reportNames: [String] { [retraining.name, domain] }
    package static var isNullWhenEmpty: Bool { true }
}

extension Retraining: ReportLayout {
    package static var layout: ReportKeys<Self> { [\.name: .hidden] }
}

extension MatrixCell: ReportLayout, ReportRow {
    package static var layout: ReportKeys<Self> {
        [\.forgotten: .hidden, \.measured: .hidden]
    }
    /// Domain forgotten, then domain read.
    package var reportNames: [String] { [forgotten, measured] }
    package static var isNullWhenEmpty: Bool { true }
}

extension ParetoPoint: ReportLayout {
    package static var layout: ReportKeys<Self> { [\.isOnFront: "on_front"] }
}

extension ForecastEntry: ReportLayout, ReportRow {
    package static var layout: ReportKeys<Self> {
        [\.domain: .hidden, \.plainCosine: .hidden]
    }
    package var reportNames: [String] { [domain] }
}

extension DomainExplanation: ReportLayout, ReportRow {
    package static var layout: ReportKeys<Self> { [\.domain: .hidden] }
    package var reportNames: [String] { [domain] }
    package static var isNullWhenEmpty: Bool { true }
}

extension Rival: ReportLayout, ReportRow {
    package static var layout: ReportKeys<Self> {
        [\.explanation: .hidden, \.evidenceFor: "for", \.evidenceAgainst: "against"]
    }
    package var reportNames: [String] { [explanation.rawValue] }
}

extension Evidence: ReportLayout {
    package static var layout: ReportKeys<Self> {
        [\.interval: .ends(""), \.isProbability: .hidden]
    }
}
