import Foundation

/// How an unlearning ended.
public struct UnlearningOutcome: Codable, Equatable, Sendable {
    /// Why it ended.
    public var reason: StopReason
    /// The last step taken.
    public var lastStep: Int
    /// The step whose parameters were kept.
    public var keptStep: Int
    /// The guard's reading of the model before; nil without a guard text.
    public var baseline: GuardReading?
    /// The guard's reading of the model that was kept.
    public var kept: GuardReading?
    /// What the run says of itself beside; nil in runs of earlier versions.
    public var remarks: [UnlearningRemark]?

    /// The last step that /trajectory has: a step that was not finite is not recorded.
    package var lastRecordedStep: Int {
        if case .notFinite = reason { lastStep - 1 } else { lastStep }
    }

    package init(
        reason: StopReason, lastStep: Int, keptStep: Int, baseline: GuardReading? = nil, kept: GuardReading? = nil,
        remarks: [UnlearningRemark]? = nil
    ) {
        (self.reason, self.lastStep, self.keptStep) = (reason, lastStep, keptStep)
        (self.baseline, self.kept, self.remarks) = (baseline, kept, remarks)
    }
}

/// Why a run ended.
public enum StopReason: Codable, Equatable, Sendable, CustomStringConvertible {
    /// All steps were taken.
    case finished
    /// A budget was exceeded; the model is the last one that passed a check.
    case guardBreached(GuardBreach)
    /// A loss or gradient was not finite; the model is the last one that passed a check.
    case notFinite(step: Int, what: String)
    /// The caller asked to stop; the model is that after the step, and its state is saved.
    case interrupted(step: Int)

    /// One line in words.
    public var description: String {
        switch self {
        case .finished: "all steps were taken"
        case .guardBreached(let breach): breach.description
        case .notFinite(let step, let what): "\(what) was not finite at step \(step)"
        case .interrupted(let step): "interrupted after step \(step)"
        }
    }
}

/// What the guard measured on its text.
public struct GuardReading: Codable, Equatable, Sendable {
    /// exp of the mean −log p over all predicted tokens, each line by itself behind the begin token.
    public var perplexity: Double
    /// Mean KL(θ0 ‖ θ) over the same positions, nats; nil when it was not asked for.
    public var klDivergence: Double?
    /// Scores with a budget, by name; nil without one.
    public var scores: [String: Double]?

    package init(perplexity: Double, klDivergence: Double? = nil, scores: [String: Double]? = nil) {
        (self.perplexity, self.klDivergence, self.scores) = (perplexity, klDivergence, scores)
    }
}

/// A budget that was exceeded.
public struct GuardBreach: Codable, Equatable, Sendable, CustomStringConvertible {
    /// What was measured.
    public enum Measure: String, Codable, Sendable {
        /// Perplexity of the guard text.
        case perplexity
        /// Pseudo-perplexity of the guard text, of a masked model.
        case pseudoPerplexity = "pseudo-perplexity"
        /// Mean KL(θ0 ‖ θ) on the guard text.
        case klDivergence = "kl"
        /// A score of the study's own choice.
        case score
    }

    /// The step at which it showed.
    public var step: Int
    /// What was measured.
    public var measure: Measure
    /// The score's name, where it was one.
    public var score: String?
    /// The value found; not a number counts as a breach.
    public var value: Double
    /// The largest value allowed.
    public var limit: Double

    package init(step: Int, measure: Measure, score: String? = nil, value: Double, limit: Double) {
        (self.step, self.measure, self.score, self.value, self.limit) = (step, measure, score, value, limit)
    }

    /// One line in words.
    public var description: String {
        let name = measure == .klDivergence ? "KL to the model before" : measure.rawValue
        let values = [value, limit].map { String(format: "%.4g", $0) }
        if let score {
            return "\(score) reached \(values[0]) at step \(step), beyond its budget, which ends at \(values[1])"
        }
        return "\(name) on the guard text reached \(values[0]) at step \(step), above the budget of \(values[1])"
    }
}
