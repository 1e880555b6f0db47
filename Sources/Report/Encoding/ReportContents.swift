import Analyze
import FileSupport
import Records

/// report.json: every number that the report prints, under a stable path.
///
/// The primary benchmark stands at the top level (`transfer.race.tau.value`), further ones under
/// `benchmarks.<name>` with the same parts. What was not computed is null, with a `reason` beside it where there is one.
/// Text that may hurt is redacted before it gets here.
package struct ReportContents {
    /// Version of the layout; a path is never given another meaning under the same number.
    package static let version = "1.0"

    package let schema = "driftscope-report"
    package let schemaVersion = ReportContents.version
    package let run: RunContents
    package let model: RunMetadata.Model?
    package let domains: [AnalysisDomain]
    package let settings: AnalysisSettings
    package let primaryBenchmark: String?
    package let quality: QualityContents
    package let leading: BenchmarkContents
    package let benchmarks: [BenchmarkContents]
    package let why: AttributionResult?
    package let drift: [DriftResult]
    package let trajectory: [TrajectoryStep]
    package let forget: [ForgetContents]
    package let coverage: [CoverageRow]
    package let examples: [ExampleRow]
    package let disjointness: [DisjointnessCheck]
    package let notComputed: [NotComputed]
    package let provenance: [InputFile]
    package let textPolicy: TextPolicy
    package let study: String
    /// Outcomes of the gates, which are held against everything before them.
    package var gates: [GateResult] = []

    /// Puts what a report is made from in its order.
    package init(_ input: ReportInput) {
        let analysis = input.analysis.redacted(input.textPolicy)
        let (records, metadata) = (input.records, input.records.metadata)
        run = RunContents(
            id: input.runID, created: input.created, version: input.version,
            command: ReaderText.command(metadata.commandLine), seeds: input.seeds, threads: metadata.threads)
        model = metadata.model.map {
            var model = $0
            model.name = ReaderText.model(model.name)
            return model
        }
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
        leading = BenchmarkContents(primaryBenchmark ?? "", analysis)
        var others: [String] = []
        for name in analysis.scores.map(\.benchmark) + analysis.transfer.map(\.benchmark)
        where name != primaryBenchmark && !others.contains(name) {
            others.append(name)
        }
        benchmarks = others.map { BenchmarkContents($0, analysis) }
        (why, drift, trajectory) = (analysis.attribution, analysis.drift, records.trajectory)
        let target = domains.first { $0.role == .target }?.name ?? ""
        forget = metadata.forget.map { [ForgetContents(domain: target, counts: $0)] } ?? []
        (coverage, examples) = (CoverageRow.all(records.concepts), ExampleRow.all(input))
        (disjointness, notComputed) = (analysis.disjointness, analysis.notComputed)
        (provenance, textPolicy) = (metadata.inputs, input.textPolicy)
        study = ReaderText.study(metadata.study ?? "")
    }
}

/// What the change cost.
package struct QualityContents {
    package let perplexity: PerplexityRow?
    package let texts: [PerplexityRow]
    package let budgets: [QualityBudget]
    package let guardOutcome: GuardContents?
}

/// What one benchmark says.
package struct BenchmarkContents: ReportRow {
    package let name: String
    package let verdict: [Verdict]
    package let scores: [ScoreRow]
    package let transfer: [TransferRow]
    package let updateScaling: [UpdateScalingResult]

    init(_ name: String, _ analysis: AnalysisResult) {
        self.name = name
        verdict = analysis.verdicts.filter { $0.benchmark == name }
        scores = analysis.scores.filter { $0.benchmark == name }
        transfer = analysis.transfer.filter { $0.benchmark == name }
        updateScaling = analysis.updateScaling.filter { $0.benchmark == name }
    }

    package var reportNames: [String] { [name] }
}

// MARK: Where properties stand under other names

extension ReportContents: ReportLayout {
    package static var layout: ReportKeys<Self> { [\.leading: ""] }
}
extension QualityContents: ReportLayout {
    package static var layout: ReportKeys<Self> { [\.guardOutcome: "guard"] }
}
