import Analyze
import Records

// Where attribution stands below `why` in report.json, as far as that is not under its own names.

extension ControlledValue: ReportLayout {
    static var layout: ReportKeys<Self> { [\.interval: .ends("")] }
}

extension AttributionResult: ReportLayout {
    static var layout: ReportKeys<Self> {
        [\.alignment: "alignment.whole", \.alignmentComponents: "alignment.components", \.places: "alignment.places"]
    }

    /// The path integral from input to output.
    var places: [PlaceRow] { PlaceRow.all(alignmentComponents) }
}

/// A component of the model, with its block (from 0) where the row is of one block only.
func componentName(_ component: String, _ layer: Int?) -> String {
    layer.map { "\(component), block \($0)" } ?? component
}

extension AlignmentSummary: AttributionRow, DomainRow {
    static var layout: ReportKeys<Self> { [\.domain: .hidden] }
}

extension AlignmentRow: AttributionRow {
    static var layout: ReportKeys<Self> { [\.domain: .hidden] }
    var reportNames: [String] { [domain, componentName(component, layer)] }
}

extension PatchRow: AttributionRow {
    static var layout: ReportKeys<Self> { [\.domain: .hidden] }
    var reportNames: [String] { [domain, componentName(component, layer)] }
}

extension MediationRow: AttributionRow {
    static var layout: ReportKeys<Self> {
        [\.domain: .hidden, \.subject: .hidden, \.subspace: .hidden, \.rankTotal: "rank_total"]
    }

    /// Dimensions of all layers together.
    package var rankTotal: Int { ranks.reduce(0, +) }
    /// Domain whose bias is read, domain that defines the subspace, subspace.
    var reportNames: [String] { [domain, subject, subspace] }
}

extension DriftSplitRow: AttributionRow {
    static var layout: ReportKeys<Self> {
        [\.movement: .hidden, \.outputMovement: .hidden, \.forgetMovement: .hidden, \.unexplained: "unexplained"]
    }

    /// What no cause explains: 1 less the shares; nil when one is missing.
    var unexplained: Double? {
        guard let output, let input, let retain, let decay else { return nil }
        return 1 - output - input - retain - decay
    }
    var reportNames: [String] { [clusterName(domain, group)] }
}

extension Contribution: ReportLayout {
    static var layout: ReportKeys<Self> { [\.digest: .hidden] }
}

extension ContributionSummary: AttributionRow, DomainRow {
    static var layout: ReportKeys<Self> {
        [
            \.domain: .hidden, \.sharedWordPFloor: .hidden, \.topWords: "words", \.topSentences: "sentences",
            \.sets: .hidden, \.bySet: "",
        ]
    }

    var bySet: [SetContribution] { sets ?? [] }
}

extension SetContribution: ReportRow {
    static var layout: ReportKeys<Self> { [\.domain: .hidden] }
    var reportNames: [String] { ["set", domain] }
}

extension RetrainingRow: AttributionRow {
    static var layout: ReportKeys<Self> { [\.retraining: "", \.domain: .hidden] }
    var reportNames: [String] { [retraining.name, domain] }
}

extension Retraining: ReportLayout {
    static var layout: ReportKeys<Self> { [\.name: .hidden] }
}

extension MatrixCell: AttributionRow {
    static var layout: ReportKeys<Self> { [\.forgotten: .hidden, \.measured: .hidden] }
    var reportNames: [String] { [forgotten, measured] }
}

extension ParetoPoint: ReportLayout {
    static var layout: ReportKeys<Self> { [\.isOnFront: "on_front"] }
}

extension ForecastEntry: DomainRow {
    static var layout: ReportKeys<Self> { [\.domain: .hidden, \.plainCosine: .hidden] }
}

extension DomainExplanation: AttributionRow, DomainRow {
    static var layout: ReportKeys<Self> { [\.domain: .hidden] }
}

extension Rival: ReportRow {
    static var layout: ReportKeys<Self> {
        [\.explanation: .hidden, \.evidenceFor: "for", \.evidenceAgainst: "against"]
    }
    var reportNames: [String] { [explanation.rawValue] }
}

extension Evidence: ReportLayout {
    static var layout: ReportKeys<Self> { [\.interval: .ends(""), \.isProbability: .hidden] }
}
