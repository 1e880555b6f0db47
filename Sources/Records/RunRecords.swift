import LinearAlgebra

/// A snapshot as a run lists it.
public struct SnapshotInfo: Equatable, Sendable {
    /// Steps taken; the snapshot's number.
    public var step: Int
    /// `before`, `after`, …
    public var label: String
    /// Tokens, the matrix's rows.
    public var rows: Int
    /// Numbers a token.
    public var dimensions: Int
    /// Whether the output embeddings are the input's.
    public var isTied: Bool

    package init(step: Int, label: String, rows: Int, dimensions: Int, isTied: Bool) {
        (self.step, self.label, self.rows) = (step, label, rows)
        (self.dimensions, self.isTied) = (dimensions, isTied)
    }
}

/// A model's token matrices, and its words' vectors inside sentences.
public struct EmbeddingSnapshot: Equatable, Sendable {
    /// Which snapshot.
    public var info: SnapshotInfo
    /// The input embeddings, `(V, D)`.
    public var input: Matrix<Float>
    /// The output embeddings, `(V, D)`; nil where the run holds none.
    public var output: Matrix<Float>?
    /// Vectors of concept words by layer; nil where the run holds none.
    public var contextual: ContextualTable?

    package init(
        info: SnapshotInfo, input: Matrix<Float>, output: Matrix<Float>? = nil, contextual: ContextualTable? = nil
    ) {
        (self.info, self.input, self.output, self.contextual) = (info, input, output, contextual)
    }
}

/// Everything that the analysis of a run reads. What a run does not hold is nil or empty.
public struct RunRecords: Sendable {
    /// What the run knows beside its tables.
    public var metadata = RunMetadata()
    /// What each row of the embedding matrices is.
    public var tokens: TokenTable?
    /// Concept words with their tokens.
    public var concepts: ConceptTable?
    /// All snapshots of the run, in order of steps.
    public var snapshots: [SnapshotInfo] = []
    /// The vectors of the model before.
    public var before: EmbeddingSnapshot?
    /// The vectors of the model after.
    public var after: EmbeddingSnapshot?
    /// Steps of the unlearning.
    public var trajectory: [TrajectoryStep] = []
    /// Scores of the models before and after, and of the latter without the common shift.
    public var evaluations: [Evaluation] = []
    /// Changed models, scored.
    public var models: [ScoredModel] = []
    /// The forecast, written before the first step.
    public var forecast: ForecastRecord?
    /// What came of the forecast's further labels.
    public var forecastOutcome: ForecastOutcome?
    /// Alignment of the update with each bias.
    public var alignment: AlignmentRecord?
    /// Subspaces that were removed from the update.
    public var mediation: MediationRecord?
    /// What each forget sentence and word did.
    public var contributions: ContributionRecord?
    /// What moved the embedding rows.
    public var decomposition: DecompositionRecord?
    /// Tests of association before and after.
    public var associations: AssociationRecord?
    /// What the models said.
    public var continuations: ContinuationRecord?
    /// Scores of the study's own commands before and after.
    public var commands: CommandRecord?
    /// Retrainings.
    public var retrainings: RetrainingRecord?

    /// A run that holds nothing.
    public init() {}
}
