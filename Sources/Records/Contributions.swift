/// What each forget sentence and harmful word did to each domain's bias, to first order.
public struct ContributionTable: Codable, Sendable, Equatable {
    /// Benchmark name.
    public var benchmark: String
    /// Domains.
    public var domains: [String]
    /// Ids of the forget sentences, each once.
    public var sentences: [String]
    /// SHA-256 of each sentence's text.
    public var digests: [String]
    /// How often a step used each sentence.
    public var uses: [Int]
    /// Contribution to τ by domain and sentence, `(domains, sentences)`.
    public var bySentence: [[Double]]
    /// Harmful words, lower case.
    public var words: [String]
    /// How many harmful tokens of each word the steps used.
    public var wordUses: [Int]
    /// Contribution to τ by domain and word, `(domains, words)`.
    public var byWord: [[Double]]
    /// For each word the other domains it is used against: labels of the forget file's other rows, and pairs that hold it.
    public var usedAgainst: [[String]]
    /// Contribution of the retain term by domain.
    public var retain: [Double]
    /// Contribution of weight decay by domain.
    public var decay: [Double]
    /// Whether the coefficients of every step were kept in full, or those of the step itself stand for later ones.
    public var isExact: Bool
    /// The domain of each sentence's forget set; nil in a run with one set.
    public var sets: [String]?

    package init(
        benchmark: String, domains: [String], sentences: [String], digests: [String], uses: [Int],
        bySentence: [[Double]], words: [String], wordUses: [Int], byWord: [[Double]], usedAgainst: [[String]],
        retain: [Double], decay: [Double], isExact: Bool, sets: [String]? = nil
    ) {
        (self.benchmark, self.domains, self.sentences, self.digests) = (benchmark, domains, sentences, digests)
        (self.uses, self.bySentence, self.words, self.wordUses) = (uses, bySentence, words, wordUses)
        (self.byWord, self.usedAgainst, self.retain) = (byWord, usedAgainst, retain)
        (self.decay, self.isExact, self.sets) = (decay, isExact, sets)
    }
}

/// Contributions of forget sentences and words.
public struct ContributionRecord: Codable, Equatable, Sendable {
    /// Contributions on the leading benchmark.
    public var tables: [ContributionTable] = []
    /// What was left out, with reasons.
    public var notDone: [NotComputed] = []

    package init() {}
}
