/// A fixed set of conventions for scoring a model; scores compare only within a profile.
///
/// A benchmark whose authors score in a way of their own adds a profile to ``BiasBenchmark/profiles``.
public struct ScoringProfile: Sendable, Hashable, CustomStringConvertible {
    /// As study files, options and reports name it.
    public let name: String
    /// Whether it scores models that fill in masked tokens, and no others.
    public let isMasked: Bool

    /// Names a profile.
    public init(name: String, isMasked: Bool = false) {
        (self.name, self.isMasked) = (name, isMasked)
    }

    /// As McGill-NLP/bias-bench scores GPT-2: the first token given the begin token alone, later tokens without it;
    /// perplexity without a begin token, in windows of the context length less 32.
    public static let biasBench = ScoringProfile(name: "bias-bench")
    /// Our own: the begin token stays in context, and every token is scored.
    public static let driftscope = ScoringProfile(name: "driftscope")
    /// Of a masked model: each token is masked by itself and given all the others, between begin and end token (Salazar et al.
    /// 2020, section 2).
    public static let pseudoLogLikelihood = ScoringProfile(name: "pseudo-log-likelihood", isMasked: true)

    /// As lm-evaluation-harness's crows_pairs scores a model that predicts the next token: the sum of log p over all tokens,
    /// behind the begin token.
    public static let lmEval = ScoringProfile(name: "lm-eval")
    /// As the authors of CrowS-Pairs score a masked model (nyu-mll/crows-pairs, `metric.py`): the sum of log p over the
    /// tokens that both sentences have, each masked by itself; to three decimals.
    public static let crows2020 = ScoringProfile(name: "crows-2020", isMasked: true)
    /// As McGill-NLP/bias-bench scores a masked model: the mean of log p over the tokens in which the sentences differ, each
    /// masked by itself; to three decimals.
    public static let biasBenchMasked = ScoringProfile(name: "bias-bench-masked", isMasked: true)
    /// Pseudo-log-likelihood that hides with a token all that follow it in its word, so that a word's own pieces do not give
    /// it away (Kauf and Ivanova 2023, section 3, `PLL-word-l2r`).
    public static let wordLeftToRight = ScoringProfile(name: "pll-word-l2r", isMasked: true)

    /// Those that score any sentences.
    public static let general = [biasBench, driftscope, pseudoLogLikelihood]
    /// Those of them for models that predict the next token.
    public static let causal = general.filter { !$0.isMasked }

    /// What the perplexity of a text is called under it.
    public var perplexityName: String { Self.perplexityName(isMasked: isMasked) }

    /// What the perplexity of a model is called.
    public static func perplexityName(isMasked: Bool) -> String { isMasked ? "pseudo-perplexity" : "perplexity" }

    /// What perplexities are called in a run whose scores have a profile of this name; nil is none.
    public static func perplexityName(underProfile name: String?) -> String {
        ScoringProfile(named: name ?? driftscope.name).perplexityName
    }

    /// The profile of a name that was stored; one that is not general is taken for a causal profile, which alone is ever stored.
    public init(named name: String) {
        self = Self.general.first { $0.name == name } ?? ScoringProfile(name: name)
    }

    /// What to mind where a tokenizer puts a begin token before every text and the profile scores without it; nil where
    /// there is nothing to mind.
    public func warning(addsBeginToken: Bool) -> String? {
        guard self == .biasBench, addsBeginToken else { return nil }
        return
            "This model's tokenizer puts a begin token before every text, and the profile \(name) scores without it. "
            + "A model that always saw one, such as Gemma, can then score badly, and a gap can change its sign; the "
            + "profile \(ScoringProfile.driftscope) keeps it."
    }

    /// Its name.
    public var description: String { name }
}

extension ScoringProfile: Codable {
    /// Reads a name, as ``init(named:)`` takes it.
    public init(from decoder: any Decoder) throws {
        self.init(named: try decoder.singleValueContainer().decode(String.self))
    }

    /// Writes the name.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(name)
    }
}
