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

/// How far a score may go from that of the model before.
public struct ScoreLimit: Codable, Equatable, Sendable {
    /// Which way counts against the budget.
    public enum Direction: String, Codable, Sendable {
        /// A lower score is worse.
        case fall
        /// A higher score is worse.
        case rise
        /// Both are.
        case either
    }

    /// The score's name, under which it is measured.
    public var name: String
    /// The largest change that is allowed, in the score's own unit.
    public var change: Double
    /// Which way counts.
    public var worse: Direction

    /// Makes a limit.
    public init(name: String, change: Double, worse: Direction) {
        (self.name, self.change, self.worse) = (name, change, worse)
    }

    /// StereoSet's language model score.
    package static let lms = "lms"
    /// The toxicity contrast of HateCheck.
    package static let hateCheck = "hatecheck"
    /// That of a command of the study.
    package static func custom(_ name: String) -> String { "custom " + name }

    /// The limit that a score has passed; nil while it has not. Written so that what is no number has passed it.
    func passed(_ value: Double, baseline: Double) -> Double? {
        switch worse {
        case .fall: value >= baseline - change ? nil : baseline - change
        case .rise: value <= baseline + change ? nil : baseline + change
        case .either:
            abs(value - baseline) <= change ? nil : value < baseline ? baseline - change : baseline + change
        }
    }
}
