import Analyze
import Records

// Where the facts of a run stand in report.json, as far as that is not under their own names.

extension TrajectoryStep: ReportLayout {
    static var layout: ReportKeys<Self> {
        [
            \.guardPerplexity: "perplexity", \.guardKL: "kl", \.learningRate: .hidden, \.gradientNorm: .hidden,
            \.bias: .hidden, \.biases: "bias", \.guardScores: .hidden, \.scores: "scores",
        ]
    }

    /// Scores with a budget, in the order of names.
    var scores: [NamedNumber] {
        guardScores.sorted { $0.key < $1.key }.map { NamedNumber(name: $0.key, number: $0.value) }
    }

    /// B by domain, in the order of names.
    var biases: [NamedNumber] {
        bias.sorted { $0.key < $1.key }.map { NamedNumber(name: $0.key, number: $0.value) }
    }
}

extension ForgetSetSummary: ReportLayout {
    static var layout: ReportKeys<Self> {
        [
            \.domain: .hidden, \.path: .hidden, \.source: "source", \.rowsMatching: "rows_selected",
            \.exclusions: .hidden,
            \.excluded: "excluded", \.harmfulWords: .hidden, \.distinctHarmfulWords: "harmful_words",
            \.bytes: .hidden, \.sha256: .hidden, \.format: .hidden, \.harmfulSHA256: .hidden, \.readings: .hidden,
            \.rowsWithoutText: .hidden, \.rowsExcluded: .hidden, \.rowsOutOfReach: .hidden, \.repeatedTexts: .hidden,
            \.sentencesTruncated: .hidden, \.harmfulWordsOutOfReach: .hidden, \.annotationsWithoutRow: .hidden,
            \.annotatedWordsNotFound: .hidden, \.instead: .hidden, \.takenPairs: "pairs",
        ]
    }

    var source: String { ReaderText.file(path) }

    /// Pairs that are forgotten in the place of the sentences.
    var takenPairs: Int? {
        switch instead {
        case .pairs(let count), .learnedPairs(let count): count
        case .allTokens, nil: nil
        }
    }

    /// Rows left out, per reason.
    var excluded: [ExcludedCount] {
        exclusions.flatMap {
            [
                ExcludedCount(reason: "names \($0.domain) by label", rows: $0.byLabel),
                ExcludedCount(reason: "names \($0.domain) by word", rows: $0.byWord),
            ]
        } + (rowsWithoutText > 0 ? [ExcludedCount(reason: "no text", rows: rowsWithoutText)] : [])
    }
}

extension Perplexity: ReportLayout {
    static var layout: ReportKeys<Self> {
        [
            \.scoredTokens: "tokens", \.normaliserName: "normaliser", \.value: .hidden,
            \.negativeLogLikelihood: .hidden, \.normaliser: .hidden, \.tokens: .hidden, \.bytes: .hidden,
            \.byLine: .hidden, \.profile: .hidden,
        ]
    }
}

extension UnlearningOutcome: ReportLayout {
    static var layout: ReportKeys<Self> {
        [
            \.reason: .hidden, \.stopped: "stopped", \.stopReason: "reason", \.baseline: .hidden, \.kept: .hidden,
            \.baseline?.perplexity: "perplexity_before", \.kept?.perplexity: "perplexity_after",
            \.kept?.klDivergence: "kl", \.remarks: .hidden, \.remarkTexts: "remarks",
        ]
    }

    /// What the run says of itself beside, in words.
    var remarkTexts: [String] { (remarks ?? []).map(\.description) }

    /// Whether a budget stopped the run before its last step.
    var stopped: Bool { reason != .finished }

    /// Why, in words; empty when all steps were taken.
    var stopReason: String { stopped ? reason.description : "" }
}

extension InputFile: ReportLayout {
    static var layout: ReportKeys<Self> { [\.role: .hidden, \.path: .hidden, \.name: "name"] }

    /// What it is to the study, and its name.
    var name: String { role + ": " + ReaderText.file(path) }
}

extension QualityBudget: ReportRow {
    static var layout: ReportKeys<Self> { [\.isBroken: "broken"] }
    var reportNames: [String] { [name] }
}

extension DisjointnessCheck: ReportLayout {
    static var layout: ReportKeys<Self> { [\.passes: "passes"] }
}

extension AnalysisSettings: ReportLayout {
    static var layout: ReportKeys<Self> { [\.neighbours: .hidden, \.movedWords: .hidden] }
}

extension NotComputed: ReportLayout {
    static var layout: ReportKeys<Self> { [\.kind: .hidden] }
}

extension AnalysisDomain: ReportRow {
    var reportNames: [String] { [name] }
}
