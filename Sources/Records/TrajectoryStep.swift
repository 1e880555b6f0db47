import LinearAlgebra

/// What one step of the unlearning measured; nil where it was not measured at this step.
public struct TrajectoryStep: Codable, Equatable, Sendable {
    /// The step, from 1; step 0 is the model before any update and holds guard readings only.
    public var step: Int
    /// The objective's loss of the batch *before* this step's update, of token ascent the mean log p of its harmful tokens; it
    /// falls as they are forgotten.
    public var forgetLoss: Double?
    /// The retain loss before this step's update: mean −log p, or mean KL(θ0 ‖ θ), in nats per token.
    public var retainLoss: Double?
    /// The learning rate of this step.
    public var learningRate = 0.0
    /// ‖gradient‖₂ before clipping.
    public var gradientNorm: Double?
    /// Perplexity of the guard text *after* this step's update, at checks.
    public var guardPerplexity: Double?
    /// Mean KL(θ0 ‖ θ) on the guard text after this step's update, nats per token, at checks.
    public var guardKL: Double?
    /// Scores with a budget after this step's update, by name, at checks; empty where none has one.
    public var guardScores: [String: Double]
    /// The bias B_d after this step's update by domain, in nats; empty where not measured.
    public var bias: [String: Double]

    package init(
        step: Int, forgetLoss: Double? = nil, retainLoss: Double? = nil, learningRate: Double = 0,
        gradientNorm: Double? = nil, guardPerplexity: Double? = nil, guardKL: Double? = nil,
        guardScores: [String: Double] = [:], bias: [String: Double] = [:]
    ) {
        (self.step, self.forgetLoss, self.retainLoss) = (step, forgetLoss, retainLoss)
        (self.learningRate, self.gradientNorm) = (learningRate, gradientNorm)
        (self.guardPerplexity, self.guardKL) = (guardPerplexity, guardKL)
        (self.guardScores, self.bias) = (guardScores, bias)
    }
}

/// The steps of a run and, at some of them, the embedding rows of chosen tokens.
public struct Trajectory: Equatable, Sendable {
    /// The steps, in order.
    public var steps: [TrajectoryStep] = []
    /// The tokens whose rows are kept, `(R)`.
    public var rowTokens: [Int32] = []
    /// The steps at which rows were kept, `(K)`.
    public var rowSteps: [Int] = []
    /// The kept rows, one `(R, D)` matrix for each of ``rowSteps``.
    public var rows: [Matrix<Float>] = []

    package init() {}
}
