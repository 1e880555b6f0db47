/// What did a domain's change, to first order.
public struct ContributionSummary: Codable, Sendable, Equatable {
    /// Domain.
    public var domain: String
    /// τ as scored.
    public var exact: Double
    /// Sum over all forget sentences.
    public var forget: Double
    /// Retain term.
    public var retain: Double
    /// Weight decay.
    public var decay: Double
    /// exact − (forget + retain + decay).
    public var unexplained: Double
    /// Whether coefficients of every step were kept in full.
    public var isExact: Bool
    /// Share of `forget` that comes from words used against this domain too; nil for the target or nothing.
    public var sharedWordShare: Double?
    /// Share of harmful tokens whose word is used against this domain too: what `sharedWordShare` would be by chance.
    public var sharedWordBase: Double?
    /// One-sided p that as many words chosen at random did as much beyond their share of the tokens; nil without a share,
    /// where every word is shared or none, and without control draws.
    public var sharedWordP: Double?
    /// The smallest p that so many draws from so many words allow.
    public var sharedWordPFloor: Double?
    /// The words that did most, toward τ's side first.
    public var topWords: [Contribution]
    /// The sentences that did most.
    public var topSentences: [Contribution]
    /// What each of several forget sets did, in the order of the study; nil in a run with one.
    public var sets: [SetContribution]?
}

/// What the sentences of one forget set did to a domain's change.
public struct SetContribution: Codable, Sendable, Equatable {
    /// The domain that the set is about.
    public var domain: String
    /// The sum over its sentences, in nats a token; the sums of all sets add up to the forget term's.
    public var value: Double
    /// Times that a step used one of its sentences.
    public var uses: Int
}

/// A forget sentence or a harmful word and what it did.
public struct Contribution: Codable, Sendable, Equatable {
    /// Sentence id or word.
    public var name: String
    /// Letters of the word; nil for a sentence.
    public var length: Int?
    /// SHA-256 of the sentence's text; empty for a word.
    public var digest = ""
    /// Its contribution to τ, in nats a token.
    public var value: Double
    /// Times a step used it.
    public var uses: Int = 0
    /// Other domains that the word is used against.
    public var usedAgainst: [String] = []
}

/// How much of a cluster's movement each cause explains.
public struct DriftSplitRow: Codable, Sendable, Equatable {
    /// Domain.
    public var domain: String
    /// Group; nil for the domain.
    public var group: String?
    /// Words.
    public var words: Int
    /// ⟨part, δ⟩/‖δ‖² over the cluster's rows: the shares add up to 1 less the replay's error.
    public var output: Double?
    /// Input part.
    public var input: Double?
    /// Retain part.
    public var retain: Double?
    /// Decay part.
    public var decay: Double?
    /// R² of the output part alone: 1 − ‖δ − output‖²/‖δ‖².
    public var outputR2: Double?
    /// R² of output and input part.
    public var forgetR2: Double?
    /// R² of all parts.
    public var allR2: Double?
    /// cos of the cluster's mean δ and the mean output part.
    public var outputCosine: Double?
    /// Root mean square of ‖δ‖ over the words.
    public var movement: Double?
    /// The same of the output part: the movement that hidden states and probabilities alone predict.
    public var outputMovement: Double?
    /// The same of output and input part together.
    public var forgetMovement: Double?
    /// Why it is not computed.
    public var reason: String?
}
