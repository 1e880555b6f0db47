import Foundation

/// How far unlearning may change the model on neutral text before it is stopped.
public struct GuardBudget: Codable, Equatable, Sendable {
    /// Largest relative rise of perplexity over the model before, 0.1 for +10 %; nil for no limit.
    public var perplexityRise: Double?
    /// Largest mean KL(θ0 ‖ θ), nats per token; nil for no limit.
    public var klDivergence: Double?

    /// Makes a budget.
    public init(perplexityRise: Double? = nil, klDivergence: Double? = nil) {
        self.perplexityRise = perplexityRise
        self.klDivergence = klDivergence
    }
}

/// What the guard measured on its text.
public struct GuardReading: Codable, Equatable, Sendable {
    /// exp of the mean −log p over all predicted tokens, each line by itself after the begin token.
    public var perplexity: Double
    /// Mean KL(θ0 ‖ θ) over the same positions, nats; nil when it was not asked for.
    public var klDivergence: Double?
}

/// A budget that was exceeded.
public struct GuardBreach: Codable, Equatable, Sendable, CustomStringConvertible {
    /// What was measured.
    public enum Measure: String, Codable, Sendable {
        /// Perplexity of the guard text.
        case perplexity
        /// Mean KL(θ0 ‖ θ) on the guard text.
        case klDivergence = "kl"
    }

    /// The step at which it showed.
    public var step: Int
    /// What was measured.
    public var measure: Measure
    /// The value found; not a number counts as a breach.
    public var value: Double
    /// The largest value allowed.
    public var limit: Double

    /// One line in words.
    public var description: String {
        let name = measure == .perplexity ? "perplexity" : "KL to the model before"
        let values = [value, limit].map { String(format: "%.4g", $0) }
        return "\(name) on the guard text reached \(values[0]) at step \(step), above the budget of \(values[1])"
    }
}
