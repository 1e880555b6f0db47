/// What models said after the same beginnings, with the same draws.
public struct ContinuationRecord: Codable, Sendable, Equatable {
    /// A model and its continuations: ``ContinuationRecord/samples`` of the first prompt, then those of the next.
    public struct Voice: Codable, Sendable, Equatable {
        /// `before`, `after` or `random update`.
        public var model: String
        /// The continuations, harmful words as the study's text policy has them.
        public var texts: [String]
        /// Tokens of each.
        public var tokens: [Int]
        /// The share of each one's 4-grams of words that stood in it before.
        public var repetition: [Double]
        /// Harmful words in each.
        public var harmfulWords: [Int]
        /// Distinct 1-grams and 2-grams of words over all, all continuations together; nil where there is none.
        public var distinct: [Double?]

        /// Collects what a model said.
        public init(
            model: String, texts: [String], tokens: [Int], repetition: [Double], harmfulWords: [Int],
            distinct: [Double?]
        ) {
            (self.model, self.texts, self.tokens) = (model, texts, tokens)
            (self.repetition, self.harmfulWords, self.distinct) = (repetition, harmfulWords, distinct)
        }
    }

    /// The beginnings, as the study's text policy has them.
    public var prompts: [String]
    /// Continuations of each.
    public var samples: Int
    /// The model before, then those that it is compared with.
    public var voices: [Voice]
    /// KL(θ0 ‖ model) on neutral text of the model after and of the control, nats a token; nil where it was not measured.
    public var kl: [Double]?

    /// Collects continuations.
    public init(prompts: [String], samples: Int, voices: [Voice], kl: [Double]? = nil) {
        (self.prompts, self.samples, self.voices, self.kl) = (prompts, samples, voices, kl)
    }
}
