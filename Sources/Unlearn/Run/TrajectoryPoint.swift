/// What one step measured.
public struct TrajectoryPoint: Codable, Equatable, Sendable {
    /// The step, from 1; step 0 is the model before any update and holds guard readings only.
    public var step: Int
    /// Mean log p of the batch's harmful tokens *before* this step's update; it falls as they are forgotten.
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
}
