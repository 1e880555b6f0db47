import Records

/// How far unlearning may change the model on neutral text, and what it scores, before it is stopped.
public struct GuardBudget: Codable, Equatable, Sendable {
    /// Largest relative rise of perplexity over the model before, 0.1 for +10 %; nil for no limit.
    public var perplexityRise: Double?
    /// Largest mean KL(θ0 ‖ θ), nats per token; nil for no limit.
    public var klDivergence: Double?
    /// Limits on scores that the caller measures; nil for none.
    public var scores: [ScoreLimit]?

    /// Makes a budget.
    public init(perplexityRise: Double? = nil, klDivergence: Double? = nil, scores: [ScoreLimit]? = nil) {
        self.perplexityRise = perplexityRise
        self.klDivergence = klDivergence
        self.scores = scores
    }

    /// Whether it limits nothing.
    var isEmpty: Bool { perplexityRise == nil && klDivergence == nil && scores == nil }
}
