import Analyze
import Records

/// Everything that a report is made from: values only, no matrices, files or models.
public struct ReportInput: Sendable {
    /// The analysis, which holds every number that is evidence.
    public var analysis: AnalysisResult
    /// What identifies the run.
    public var run: RunFacts
    /// What identifies the model.
    public var model: ModelFacts
    /// Perplexity before and after; the first text leads the report.
    public var perplexity: [PerplexityFacts]
    /// How the guard ended the run; nil when there was none, as in a comparison of two foreign checkpoints.
    public var guardOutcome: GuardFacts?
    /// Recorded steps, in order; empty when the run was not ours.
    public var trajectory: [TrajectoryRow]
    /// Forget sets, one per stage.
    public var forget: [ForgetFacts]
    /// How the concept words found their tokens.
    public var coverage: [CoverageRow]
    /// Rows and pairs that moved the scores most, shown under ``textPolicy``.
    public var examples: [ExampleRow]
    /// Input files with their hashes.
    public var provenance: [ProvenanceRow]
    /// The resolved study file, as text.
    public var study: String
    /// Whether text of the forget set and of pairs is printed.
    public var textPolicy: TextPolicy

    /// Collects the values.
    public init(
        analysis: AnalysisResult, run: RunFacts, model: ModelFacts, perplexity: [PerplexityFacts] = [],
        guardOutcome: GuardFacts? = nil, trajectory: [TrajectoryRow] = [], forget: [ForgetFacts] = [],
        coverage: [CoverageRow] = [], examples: [ExampleRow] = [], provenance: [ProvenanceRow] = [],
        study: String = "", textPolicy: TextPolicy = .redacted
    ) {
        self.analysis = analysis
        self.run = run
        self.model = model
        self.perplexity = perplexity
        self.guardOutcome = guardOutcome
        self.trajectory = trajectory
        self.forget = forget
        self.coverage = coverage
        self.examples = examples
        self.provenance = provenance
        self.study = study
        self.textPolicy = textPolicy
    }
}
