import Analyze
import Records

/// What every section reads: the contents of report.json, each value with its path.
struct ReportSections {
    let report: Node<ReportContents>

    /// Words in the place of a number that is not there.
    static let notComputed = "not computed"

    /// A section's part of the page; nil when there is nothing to say.
    typealias Maker = @Sendable (ReportSections) -> Section?

    /// The sections in their order.
    static let all: [Maker] = [
        { $0.verdictSection() }, { $0.whySection() }, { $0.scoreSection() }, { $0.trajectorySection() },
        { $0.mapSection() }, { $0.driftSection() }, { $0.scalingSection() }, { $0.nullSection() },
        { $0.forgetSection() }, { $0.coverageSection() }, { $0.gateSection() }, { $0.missingSection() },
        { $0.provenanceSection() }, { $0.definitionSection() },
    ]

    /// The whole page.
    func page() -> Page {
        Page(
            title: "What moved when \(target) bias was forgotten", headline: headline(), why: whySentences(),
            deck: deck(), rows: headlineRows(), cost: cost(), sections: ReportSections.all.compactMap { $0(self) },
            foot: [
                .text("driftscope \(run.version), run "), .code(run.id), .text(", \(run.created)"),
            ])
    }

    var run: RunContents { report().run }
    var settings: AnalysisSettings { report().settings }
    var domains: [AnalysisDomain] { report().domains }

    /// Name of the domain that was forgotten; `the target` when the study names none.
    var target: String { domains.first { $0.role == .target }?.name ?? "the target" }

    /// Which colour and mark a domain has: its place in the study.
    func index(_ domain: String) -> Int { domains.firstIndex { $0.name == domain } ?? 5 }

    /// Whether the study asks about the domain; sets of control words are no domain of the study.
    func isStudied(_ domain: String) -> Bool { domains.contains { $0.name == domain } }

    /// The domain's name in its colour.
    func name(_ domain: String) -> Inline { .domain(domain, index: index(domain)) }

    /// All benchmarks, the leading one first.
    var benchmarks: [Node<BenchmarkContents>] {
        report().primaryBenchmark == nil ? [] : [report.leading] + report.benchmarks.nodes()
    }

    /// Changes of bias on the benchmark of that name.
    func transfers(_ benchmark: String) -> [Node<TransferRow>] {
        benchmarks.first { $0().name == benchmark }?.transfer.nodes() ?? []
    }

    /// Verdicts on the benchmark of that name.
    func verdicts(_ benchmark: String) -> [Verdict] { benchmarks.first { $0().name == benchmark }?().verdict ?? [] }

    /// Embedding spaces.
    var spaces: [Node<DriftResult>] { report.drift.nodes() }
}

// MARK: Numbers

extension ReportSections {
    /// A number as text, or words where it was not computed.
    func n(_ number: Node<some ReportNumber>, _ style: NumberStyle = .plain) -> Inline {
        let text = number().printed.map { NumberText.text($0, style) }
        return .number(
            PrintedNumber(
                path: number.reportPath, text: text ?? ReportSections.notComputed, isComputed: text != nil))
    }

    /// A number that may be absent, or a dash.
    func optional(_ number: Node<some ReportNumber>, _ style: NumberStyle = .plain) -> [Inline] {
        number().printed == nil ? ["–"] : [n(number, style)]
    }

    /// A p, or a dash.
    func probability(_ number: Node<some ReportNumber>) -> [Inline] { optional(number, .probability) }

    /// `[lower, upper]`, or a dash.
    func interval(
        _ lower: Node<some ReportNumber>, _ upper: Node<some ReportNumber>, _ style: NumberStyle = .plain
    ) -> [Inline] {
        guard lower().printed != nil, upper().printed != nil else { return ["–"] }
        return ["[", n(lower, style), ", ", n(upper, style), "]"]
    }

    /// The ends of an interval, or a dash.
    func interval(_ ends: Node<Interval?>, _ style: NumberStyle = .plain) -> [Inline] {
        interval(ends.lower, ends.upper, style)
    }

    /// A number with its interval.
    func estimate(_ value: Node<ControlledValue>, _ style: NumberStyle = .plain) -> [Inline] {
        let number = n(value.value, style)
        guard value().value != nil, value().interval != nil else { return [number] }
        return [number, " "] + interval(value.interval, style)
    }

    /// Where the control of a number lies.
    func band(_ value: Node<ControlledValue>, _ style: NumberStyle = .plain) -> [Inline] {
        interval(value.controlLower, value.controlUpper, style)
    }
}

extension ClosedRange where Bound == Double {
    /// An interval as a range; nil when an end is missing, not finite, or the ends are the wrong way round.
    init?(_ interval: Interval?) {
        guard let interval, interval.lower.isFinite, interval.upper.isFinite, interval.lower <= interval.upper
        else { return nil }
        self = interval.lower...interval.upper
    }

    /// Where the control lies; nil when it was not drawn.
    init?(controlOf value: ControlledValue) {
        guard let lower = value.controlLower, let upper = value.controlUpper else { return nil }
        self.init(Interval(lower: lower, upper: upper))
    }
}
