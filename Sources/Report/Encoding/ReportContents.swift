import Analyze
import FileSupport
import Records

/// report.json: every number that the report prints, under a stable path.
///
/// The primary benchmark stands at the top level (`transfer.race.tau.value`), further ones under
/// `benchmarks.<name>` with the same parts. What was not computed is null, with a `reason` beside it where there is one.
/// Text that may hurt is redacted before it gets here.
package struct ReportContents: ReportLayout {
    /// Version of the layout; a path is never given another meaning under the same number.
    static let version = "1.0"

    let schema = "driftscope-report"
    let schemaVersion = ReportContents.version
    let run: RunContents
    let model: RunMetadata.Model?
    let domains: [AnalysisDomain]
    let settings: AnalysisSettings
    let primaryBenchmark: String?
    let quality: QualityContents
    let leading: BenchmarkContents
    let benchmarks: [BenchmarkContents]
    package let why: AttributionResult?
    let drift: [DriftResult]
    let associations: [AssociationChange]
    let continuations: [ContinuationChange]
    let said: [SaidRow]
    let continuationKl: [Double]?
    let custom: [CommandChange]
    let trajectory: [TrajectoryStep]
    let forget: [ForgetContents]
    let coverage: [CoverageRow]
    let examples: [ExampleRow]
    let disjointness: [DisjointnessCheck]
    let notComputed: [NotComputed]
    let provenance: [InputFile]
    let textPolicy: TextPolicy
    let study: String
    /// Outcomes of the gates, which are held against everything before them.
    var gates: [GateResult] = []

    static var layout: ReportKeys<Self> { [\.leading: ""] }

    /// Puts what a report is made from in its order.
    package init(_ input: ReportInput) {
        let analysis = input.analysis.redacted(input.textPolicy)
        let (records, metadata) = (input.records, input.records.metadata)
        run = RunContents(
            id: input.runID, created: input.created, version: input.version,
            command: ReaderText.command(metadata.commandLine), seeds: input.seeds, threads: metadata.threads,
            kernels: metadata.kernels, objective: metadata.objective, auditLog: input.audit)
        var model = metadata.model
        if let name = model?.name { model?.name = ReaderText.model(name) }
        self.model = model
        (domains, settings) = (analysis.domains, analysis.settings)
        // As the analysis says, or the first with a verdict.
        primaryBenchmark =
            analysis.primaryBenchmark ?? analysis.verdicts.first?.benchmark ?? analysis.transfer.first?.benchmark
        let texts = metadata.perplexity.compactMap { PerplexityRow($0) }
        quality = QualityContents(
            perplexity: texts.first, texts: texts, budgets: analysis.budgets,
            guardOutcome: metadata.outcome.map {
                GuardContents(
                    outcome: $0, perplexityBudget: input.guardLimits?.perplexityRise, klBudget: input.guardLimits?.kl)
            })
        leading = BenchmarkContents(primaryBenchmark ?? "", analysis, records)
        benchmarks = (analysis.scores.map(\.benchmark) + analysis.transfer.map(\.benchmark)).uniqued()
            .filter { [primaryBenchmark] in $0 != primaryBenchmark }.map { BenchmarkContents($0, analysis, records) }
        (why, drift, trajectory) = (analysis.attribution, analysis.drift, records.trajectory)
        (continuations, said) = (analysis.continuations, SaidRow.all(records.continuations))
        continuationKl = records.continuations?.kl
        (associations, custom) = (analysis.associations, analysis.custom)
        let target = domains.targets.first ?? ""
        forget = metadata.forget.map { ForgetContents(domain: $0.domain ?? target, counts: $0) }
        (coverage, examples) = (CoverageRow.all(records.concepts), ExampleRow.all(input))
        (disjointness, notComputed) = (analysis.disjointness, analysis.notComputed)
        (provenance, textPolicy) = (metadata.inputs, input.textPolicy)
        study = ReaderText.study(metadata.study ?? "")
    }
}

/// What the change cost.
struct QualityContents: ReportLayout {
    let perplexity: PerplexityRow?
    let texts: [PerplexityRow]
    let budgets: [QualityBudget]
    let guardOutcome: GuardContents?

    static var layout: ReportKeys<Self> { [\.guardOutcome: "guard"] }
}

/// What one benchmark says.
struct BenchmarkContents: ReportRow {
    let name: String
    let verdict: [Verdict]
    let scores: [ScoreRow]
    let transfer: [TransferRow]
    let updateScaling: [UpdateScalingResult]
    let measures: [MeasureRow]
    /// Items that were not scored, by reason.
    let leftOut: [ItemCount]
    /// Scored items with a known fault, by fault.
    let knownFaults: [ItemCount]

    init(_ name: String, _ analysis: AnalysisResult, _ records: RunRecords) {
        self.name = name
        verdict = analysis.verdicts.filter { $0.benchmark == name }
        scores = analysis.scores.filter { $0.benchmark == name }
        transfer = analysis.transfer.filter { $0.benchmark == name }
        updateScaling = analysis.updateScaling.filter { $0.benchmark == name }
        measures = MeasureRow.all(records.evaluations, of: name)
        let before = records.evaluations.first { $0.label == Evaluation.before && $0.benchmark == name }
        leftOut = ItemCount.all(before?.skipped ?? [:])
        knownFaults = ItemCount.all(before?.knownFaults ?? [:])
    }

    static var layout: ReportKeys<Self> { [\.name: .hidden] }
    var reportNames: [String] { [name] }
}
