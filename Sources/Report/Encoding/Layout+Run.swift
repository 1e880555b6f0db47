import Analyze
import Records

// Where the facts of a run stand in report.json, as far as that is not under their own names.

extension BenchmarkContents: ReportLayout {
    package static var layout: ReportKeys<Self> { [\.name: .hidden] }
}

extension NamedNumber: ReportLayout {
    package static var layout: ReportKeys<Self> { [\.name: .hidden, \.number: ""] }
}

extension TrajectoryStep: ReportLayout {
    package static var layout: ReportKeys<Self> {
        [
            \.guardPerplexity: "perplexity", \.guardKL: "kl", \.learningRate: .hidden, \.gradientNorm: .hidden,
            \.bias: .hidden, \.biases: "bias",
        ]
    }

    /// B by domain, in the order of names.
    package var biases: [NamedNumber] {
        bias.sorted { $0.key < $1.key }.map { NamedNumber(name: $0.key, number: $0.value) }
    }
}

extension ForgetContents: ReportLayout {
    package static var layout: ReportKeys<Self> { [\.counts: ""] }
}

extension ForgetSetSummary: ReportLayout {
    package static var layout: ReportKeys<Self> {
        [
            \.path: .hidden, \.source: "source", \.rowsMatching: "rows_selected", \.exclusions: .hidden,
            \.excluded: "excluded", \.harmfulWords: .hidden, \.distinctHarmfulWords: "harmful_words",
            \.bytes: .hidden, \.sha256: .hidden, \.format: .hidden, \.harmfulSHA256: .hidden, \.readings: .hidden,
            \.rowsWithoutText: .hidden, \.rowsExcluded: .hidden, \.rowsOutOfReach: .hidden, \.repeatedTexts: .hidden,
            \.sentencesTruncated: .hidden, \.harmfulWordsOutOfReach: .hidden, \.annotationsWithoutRow: .hidden,
            \.annotatedWordsNotFound: .hidden,
        ]
    }

    package var source: String { ReaderText.file(path) }

    /// Rows left out, per reason.
    package var excluded: [ExcludedCount] {
        exclusions.flatMap {
            [
                ExcludedCount(reason: "names \($0.domain) by label", rows: $0.byLabel),
                ExcludedCount(reason: "names \($0.domain) by word", rows: $0.byWord),
            ]
        } + (rowsWithoutText > 0 ? [ExcludedCount(reason: "no text", rows: rowsWithoutText)] : [])
    }
}

extension CoverageRow: ReportLayout {
    package static var layout: ReportKeys<Self> { [\.droppedCount: "dropped_count"] }

    /// Number of words left out.
    package var droppedCount: Int { dropped.count }
}

extension PerplexityRow: ReportLayout {
    package static var layout: ReportKeys<Self> { [\.conventions: "", \.change: "change"] }
}

extension Perplexity: ReportLayout {
    package static var layout: ReportKeys<Self> {
        [
            \.scoredTokens: "tokens", \.normaliserName: "normaliser", \.value: .hidden,
            \.negativeLogLikelihood: .hidden, \.normaliser: .hidden, \.tokens: .hidden, \.bytes: .hidden,
            \.byLine: .hidden, \.profile: .hidden,
        ]
    }
}

extension GuardContents: ReportLayout {
    package static var layout: ReportKeys<Self> { [\.outcome: ""] }
}

extension UnlearningOutcome: ReportLayout {
    package static var layout: ReportKeys<Self> {
        [
            \.reason: .hidden, \.stopped: "stopped", \.stopReason: "reason", \.baseline: .hidden, \.kept: .hidden,
            \.baseline?.perplexity: "perplexity_before", \.kept?.perplexity: "perplexity_after",
            \.kept?.klDivergence: "kl",
        ]
    }

    /// Whether a budget stopped the run before its last step.
    package var stopped: Bool { reason != .finished }

    /// Why, in words; empty when all steps were taken.
    package var stopReason: String { stopped ? reason.description : "" }
}

extension InputFile: ReportLayout {
    package static var layout: ReportKeys<Self> { [\.role: .hidden, \.path: .hidden, \.name: "name"] }

    /// What it is to the study, and its name.
    package var name: String { role + ": " + ReaderText.file(path) }
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

extension NotComputed: ReportLayout {
    package static var layout: ReportKeys<Self> { [\.kind: .hidden] }
}

extension AnalysisDomain: ReportRow {
    package var reportNames: [String] { [name] }
}
