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
    package let run: RunFacts
    package let model: ModelFacts
    package let domains: [AnalysisDomain]
    package let settings: AnalysisSettings
    package let primaryBenchmark: String?
    package let quality: QualityContents
    package let leading: BenchmarkContents
    package let benchmarks: [BenchmarkContents]
    package let why: AttributionResult?
    package let drift: [DriftResult]
    package let trajectory: [TrajectoryRow]
    package let forget: [ForgetFacts]
    package let coverage: [CoverageRow]
    package let examples: [ExampleRow]
    package let disjointness: [DisjointnessCheck]
    package let notComputed: [NotComputed]
    package let provenance: [ProvenanceRow]
    package let textPolicy: TextPolicy
    package let study: String
    /// Outcomes of the gates, which are held against everything before them.
    package var gates: [GateResult] = []

    /// Puts what a report is made from in its order.
    package init(_ input: ReportInput) {
        let input = input.redacted
        let analysis = input.analysis
        (run, model, domains, settings) = (input.run, input.model, analysis.domains, analysis.settings)
        // As the analysis says, or the first with a verdict.
        primaryBenchmark =
            analysis.primaryBenchmark ?? analysis.verdicts.first?.benchmark ?? analysis.transfer.first?.benchmark
        quality = QualityContents(
            perplexity: input.perplexity.first, texts: input.perplexity, budgets: analysis.budgets,
            guardOutcome: input.guardOutcome)
        leading = BenchmarkContents(primaryBenchmark ?? "", analysis)
        var others: [String] = []
        for name in analysis.scores.map(\.benchmark) + analysis.transfer.map(\.benchmark)
        where name != primaryBenchmark && !others.contains(name) {
            others.append(name)
        }
        benchmarks = others.map { BenchmarkContents($0, analysis) }
        (why, drift, trajectory, forget) = (analysis.attribution, analysis.drift, input.trajectory, input.forget)
        (coverage, examples, disjointness) = (input.coverage, input.examples, analysis.disjointness)
        (notComputed, provenance) = (analysis.notComputed, input.provenance)
        (textPolicy, study) = (input.textPolicy, input.study)
    }
}

/// What the change cost.
package struct QualityContents {
    package let perplexity: PerplexityFacts?
    package let texts: [PerplexityFacts]
    package let budgets: [QualityBudget]
    package let guardOutcome: GuardFacts?
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

/// A bare number under a name, such as the bias of a domain at a step.
package struct NamedNumber: ReportRow {
    package let name: String
    package let number: Double
    package var reportNames: [String] { [name] }
}

/// Rows left out for one reason.
package struct ExcludedCount {
    package let reason: String
    package let rows: Int
}

// MARK: Where properties stand under other names

extension ReportContents: ReportLayout {
    package static var layout: ReportKeys<Self> { [\.leading: ""] }
}
extension QualityContents: ReportLayout {
    package static var layout: ReportKeys<Self> { [\.guardOutcome: "guard"] }
}
