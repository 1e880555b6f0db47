/// One retraining: another seed, another forget set, another optimiser.
public struct Retraining: Codable, Sendable, Equatable {
    /// What a retraining is for.
    public enum Purpose: String, Codable, Sendable, Equatable, CaseIterable {
        /// The run again with another seed.
        case seed
        /// The run with a cleaner forget set.
        case ladder
        /// Neutral words forgotten in the place of harmful ones.
        case neutralWords = "neutral-words"
        /// Another optimiser.
        case optimizer
        /// No retain term.
        case noRetain = "no-retain"
        /// One of several targets left out.
        case withoutTarget = "without-target"
        /// Another domain forgotten.
        case matrix
    }

    /// Its name, unique in the run: `seed-2`, `ladder-lexical-race`, `without-gender`,
    /// `forget-race-seed-1`, `sgd`.
    public var name: String
    /// What it is for.
    public var purpose: Purpose
    /// What was changed against the run, in words.
    public var change: String
    /// Domain that was forgotten; of several, their names as a sentence has them.
    public var forgotten: String
    /// Seed.
    public var seed: Int
    /// Forget sentences left.
    public var sentences: Int
    /// Harmful tokens left.
    public var harmfulTokens: Int
    /// Steps taken.
    public var steps: Int
    /// The update scaling α at which it was scored; 1 unless it was scaled to the run's KL.
    public var alpha: Double
    /// Why it could not be done; its scores are then missing.
    public var reason: String?

    package init(
        name: String, purpose: Purpose, change: String, forgotten: String, seed: Int, sentences: Int,
        harmfulTokens: Int, steps: Int, alpha: Double = 1, reason: String? = nil
    ) {
        (self.name, self.purpose, self.change, self.forgotten) = (name, purpose, change, forgotten)
        (self.seed, self.sentences, self.harmfulTokens, self.steps) = (seed, sentences, harmfulTokens, steps)
        (self.alpha, self.reason) = (alpha, reason)
    }
}

/// What a run keeps of its retrainings; their scores are ``ScoredModel``s of kind `rerun` with the name as component.
public struct RetrainingRecord: Codable, Sendable, Equatable {
    /// KL(θ0 ‖ θ1) of the run on neutral text, in nats a token; nil until something was retrained.
    public var targetKL: Double?
    /// The run itself, then its retrainings.
    public var reruns: [Retraining] = []

    /// How far from the run's KL an update may be that stands for a null, relative to it.
    public static let klTolerance = 0.02

    package init() {}
}
