import Analyze
import Records

// Where the facts of a run stand in report.json, as far as that is not under their own names.

extension BenchmarkContents: ReportLayout {
    package static var layout: ReportKeys<Self> { [\.name: .hidden] }
}

extension NamedNumber: ReportLayout {
    package static var layout: ReportKeys<Self> { [\.name: .hidden, \.number: ""] }
}

extension TrajectoryRow: ReportLayout {
    package static var layout: ReportKeys<Self> {
        [\.bias: .hidden, \.biases: "bias"]
    }

    /// B by domain.
    package var biases: [NamedNumber] { bias.map { NamedNumber(name: $0.domain, number: $0.value) } }
}

extension ForgetFacts: ReportLayout {
    package static var layout: ReportKeys<Self> {
        [\.excluded: .hidden, \.exclusions: "excluded"]
    }

    /// Rows left out, per reason.
    package var exclusions: [ExcludedCount] { excluded.map { ExcludedCount(reason: $0.reason, rows: $0.rows) } }
}

extension CoverageRow: ReportLayout {
    package static var layout: ReportKeys<Self> { [\.droppedCount: "dropped_count"] }

    /// Number of words left out.
    package var droppedCount: Int { dropped.count }
}

extension PerplexityFacts: ReportLayout, ReportRow {
    package static var layout: ReportKeys<Self> { [\.change: "change"] }
    package var reportNames: [String] { [text] }
}

extension QualityBudget: ReportLayout, ReportRow {
    package static var layout: ReportKeys<Self> { [\.isBroken: "broken"] }
    package var reportNames: [String] { [name] }
}

extension DisjointnessCheck: ReportLayout {
    package static var layout: ReportKeys<Self> { [\.passes: "passes"] }
}

extension AnalysisSettings: ReportLayout {
    package static var layout: ReportKeys<Self> {
        [\.neighbours: .hidden, \.movedWords: .hidden]
    }
}

extension AnalysisDomain: ReportRow {
    package var reportNames: [String] { [name] }
}
