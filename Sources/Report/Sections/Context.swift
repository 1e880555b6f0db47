import Analyze
import Records

/// What every section reads.
struct Context {
    let input: ReportInput
    let ledger: Ledger
    /// The leading benchmark; empty when nothing was scored.
    let benchmark: String

    init(_ input: ReportInput, _ ledger: Ledger) {
        self.input = input
        self.ledger = ledger
        benchmark = ReportTree.primary(input.analysis) ?? ""
    }

    var analysis: AnalysisResult { input.analysis }

    /// Name of the domain that was forgotten; `the target` when the study names none.
    var target: String { analysis.domains.first { $0.role == .target }?.name ?? "the target" }

    /// Which colour and mark a domain has: its place in the study.
    func index(_ domain: String) -> Int { analysis.domains.firstIndex { $0.name == domain } ?? 5 }

    /// Whether the study asks about the domain; sets of control words are no domain of the study.
    func isStudied(_ domain: String) -> Bool { analysis.domains.contains { $0.name == domain } }

    /// The domain's name in its colour.
    func name(_ domain: String) -> Inline { .domain(domain, index: index(domain)) }

    /// Rows of one benchmark's transfer table with their paths.
    func transfers(_ benchmark: String) -> [(row: TransferRow, path: String)] {
        let rows = analysis.transfer.filter { $0.benchmark == benchmark }
        let prefix = ReportTree.prefix(benchmark, analysis) + "transfer."
        return Array(zip(rows, Slug.unique(rows.map(\.domain)).map { prefix + $0 }))
    }

    /// Verdicts of one benchmark with their paths.
    func verdicts(_ benchmark: String) -> [(verdict: Verdict, path: String)] {
        let rows = analysis.verdicts.filter { $0.benchmark == benchmark }
        let prefix = ReportTree.prefix(benchmark, analysis) + "verdict."
        return Array(zip(rows, Slug.unique(rows.map(\.domain)).map { prefix + $0 }))
    }

    /// Scores of one benchmark with their paths.
    func scores(_ benchmark: String) -> [(row: ScoreRow, path: String)] {
        let rows = analysis.scores.filter { $0.benchmark == benchmark }
        let prefix = ReportTree.prefix(benchmark, analysis) + "scores."
        return Array(zip(rows, Slug.unique(rows.map(\.domain)).map { prefix + $0 }))
    }

    /// Doses of one benchmark with their paths.
    func doses(_ benchmark: String) -> [(row: UpdateScalingResult, path: String)] {
        let rows = analysis.doses.filter { $0.benchmark == benchmark }
        let prefix = ReportTree.prefix(benchmark, analysis) + "dose."
        return Array(zip(rows, Slug.unique(rows.map(\.domain)).map { prefix + $0 }))
    }

    /// Path below a transfer row of its leading null, the first given.
    func leadingNull(_ row: TransferRow, _ path: String) -> (null: NullComparison, path: String)? {
        guard let null = row.nulls.first, let key = Slug.unique(row.nulls.map(\.kind)).first else { return nil }
        return (null, path + ".nulls." + key)
    }

    /// All benchmarks, the leading one first.
    var benchmarks: [String] { benchmark.isEmpty ? [] : [benchmark] + ReportTree.others(analysis) }

    /// A number, short.
    func n(_ path: String, _ style: NumberStyle = .plain) -> Inline { ledger.number(path, style) }
}

extension ClosedRange where Bound == Double {
    /// An interval as a range; nil when an end is missing, not finite, or the ends are the wrong way round.
    init?(_ interval: Interval?) {
        guard let interval, interval.lower.isFinite, interval.upper.isFinite, interval.lower <= interval.upper
        else { return nil }
        self = interval.lower...interval.upper
    }
}
