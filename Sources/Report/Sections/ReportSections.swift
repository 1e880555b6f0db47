import Analyze
import Records

/// What every section reads: the contents of report.json, each value with its path.
struct ReportSections {
    let report: Node<ReportContents>

    /// Words in the place of a number that is not there.
    static let notComputed = "not computed"

    /// The sections in their order; nil where there is nothing to say.
    var all: [Section?] {
        [
            verdictSection(), whySection(), scoreSection(), trajectorySection(), mapSection(), driftSection(),
            associationSection(), continuationSection(), commandSection(), scalingSection(),
            untargetedUpdatesSection(), forgetSection(),
            coverageSection(),
            gateSection(),
            missingSection(), provenanceSection(), definitionSection(),
        ]
    }

    func page() -> Page {
        Page(
            title: "What moved when \(target) bias was forgotten", headline: headline(), why: whySentences(),
            deck: deck(), rows: headlineRows(), cost: cost(), sections: all.compactMap { $0 },
            foot: [.text("driftscope \(run.version), run "), .code(run.id), .text(", \(run.created)")])
    }

    var run: RunContents { report().run }
    var settings: AnalysisSettings { report().settings }
    var domains: [AnalysisDomain] { report().domains }

    /// Name of the domain that was forgotten, of several as a sentence has them; `the target` when the study names none.
    var target: String { domains.targets.isEmpty ? "the target" : domains.targets.inWords() }

    /// The same where there is none of them all.
    var noTarget: String { domains.targets.isEmpty ? "the target" : domains.targets.inWords("or") }

    /// Which colour and mark a domain has: its place in the study.
    func index(_ domain: String) -> Int { domains.firstIndex { $0.name == domain } ?? 5 }

    /// Whether the study asks about the domain; sets of control words are no domain of the study.
    func isStudied(_ domain: String) -> Bool { domains.contains { $0.name == domain } }

    func name(_ domain: String) -> Inline { .domain(domain, index: index(domain)) }

    /// All benchmarks, the leading one first.
    var benchmarks: [Node<BenchmarkContents>] {
        report().primaryBenchmark == nil ? [] : [report.leading] + report.benchmarks.nodes()
    }

    /// What the run's perplexities are: of a masked model pseudo-perplexities.
    var perplexityName: String {
        ScoringProfile.perplexityName(underProfile: benchmarks.first?.scores.nodes().first?().profile)
    }

    func transfers(_ benchmark: String) -> [Node<TransferRow>] {
        benchmarks.first { $0().name == benchmark }?.transfer.nodes() ?? []
    }

    func verdicts(_ benchmark: String) -> [Verdict] { benchmarks.first { $0().name == benchmark }?().verdict ?? [] }

    var spaces: [Node<DriftResult>] { report.drift.nodes() }

    /// A column of domains in their colours.
    func named<Value>(_ title: String, _ domain: @escaping (Value) -> String) -> Column<Node<Value>> {
        .words(title) { [name(domain($0()))] }
    }

    /// A column of clusters: a domain in its colour, with the group where the row is only of a part.
    func clusters<Value>(
        _ title: String, _ domain: @escaping (Value) -> String, _ group: @escaping (Value) -> String?
    ) -> Column<Node<Value>> {
        .words(title) { row in [name(domain(row()))] + (group(row()).map { [.text(" · " + $0)] } ?? []) }
    }

    /// A sentence for each list of names that is not empty.
    static func sentences(_ parts: [(names: [String], sentence: (String) -> String)]) -> [String] {
        parts.filter { !$0.names.isEmpty }.map { $0.sentence($0.names.inWords()) }
    }

    /// Says that something was not computed.
    func missing(_ what: String) -> Block { .paragraph([.text("\(what): \(Self.notComputed).")]) }

    /// What there is to say of each benchmark, below its name where there are several; of none, that it is missing.
    func byBenchmark(_ what: String, _ blocks: (Node<BenchmarkContents>) -> [Block]) -> [Block] {
        let parts = benchmarks.map { (name: $0().name, blocks: blocks($0)) }.filter { !$0.blocks.isEmpty }
        guard !parts.isEmpty else { return [missing(what)] }
        return parts.flatMap { (benchmarks.count > 1 ? [.heading($0.name)] : []) + $0.blocks }
    }
}
