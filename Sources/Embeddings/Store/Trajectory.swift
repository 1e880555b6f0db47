import LinearAlgebra

/// One optimisation step as the store keeps it.
public struct TrajectoryRow: Equatable, Sendable {
    /// Steps taken; 0 is the state before the first.
    public var step: Int
    /// The mean log-probability of harmful tokens, which is minimised; NaN where not measured.
    public var forgetLoss: Double
    /// The retain term; NaN where there is none.
    public var retainLoss: Double
    /// The learning rate of the step.
    public var learningRate: Double
    /// The gradient's norm before clipping; NaN where not measured.
    public var gradientNorm: Double
    /// Perplexity on the guard text; NaN where not measured at this step.
    public var perplexity: Double
    /// KL(θ0 ‖ θ) on the guard text, in nats a token; NaN where not measured.
    public var kl: Double
    /// The bias B_d of each domain, in nats; NaN where not measured at this step.
    public var bias: [String: Double]

    /// Makes a row.
    public init(
        step: Int, forgetLoss: Double, retainLoss: Double = .nan, learningRate: Double, gradientNorm: Double = .nan,
        perplexity: Double = .nan, kl: Double = .nan, bias: [String: Double] = [:]
    ) {
        self.step = step
        self.forgetLoss = forgetLoss
        self.retainLoss = retainLoss
        self.learningRate = learningRate
        self.gradientNorm = gradientNorm
        self.perplexity = perplexity
        self.kl = kl
        self.bias = bias
    }
}

/// The steps of a run and, at some of them, the embedding rows of chosen tokens.
public struct Trajectory: Equatable, Sendable {
    /// The steps, in order.
    public var steps: [TrajectoryRow]
    /// The tokens whose rows are kept, `(R)`.
    public var rowTokens: [Int32]
    /// The steps at which rows were kept, `(K)`.
    public var rowSteps: [Int]
    /// The kept rows, one `(R, D)` matrix for each of ``rowSteps``.
    public var rows: [Matrix<Float>]

    /// Makes a trajectory.
    public init(steps: [TrajectoryRow], rowTokens: [Int32] = [], rowSteps: [Int] = [], rows: [Matrix<Float>] = []) {
        self.steps = steps
        self.rowTokens = rowTokens
        self.rowSteps = rowSteps
        self.rows = rows
    }
}

/// Models scored, a row each, with the gap of every item.
public struct InterventionTable: Equatable, Sendable {
    /// A row a model: `kind`, `module` (string), `alpha` (double), `draw`, `seed` (int64), `kl`, `perplexity` (double), …
    public var rows: Table
    /// For each domain, g_i of every item, `(rows, items)`.
    public var gaps: [String: Matrix<Float>]

    /// Makes a table; every matrix has as many rows as `rows`.
    public init(rows: Table, gaps: [String: Matrix<Float>]) {
        precondition(gaps.values.allSatisfy { $0.rows == rows.rowCount })
        self.rows = rows
        self.gaps = gaps
    }
}

/// The per-item scores of one benchmark on one model state.
public struct Evaluation: Equatable, Sendable {
    /// The profile whose conventions gave the numbers.
    public var profile: String
    /// The summary as JSON text; may be empty.
    public var summary: String
    /// Columns per item.
    public var items: Table

    /// Makes an evaluation.
    public init(profile: String, summary: String = "", items: Table) {
        self.profile = profile
        self.summary = summary
        self.items = items
    }
}
