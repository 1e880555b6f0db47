/// A fixed set of conventions for scoring a model; scores compare only within a profile.
public enum ScoringProfile: String, Codable, Sendable, CaseIterable {
    /// As McGill-NLP/bias-bench scores GPT-2: the first token given the begin token alone, later tokens without it;
    /// perplexity without a begin token, in windows of the context length less 32.
    case biasBench = "bias-bench"
    /// Our own: the begin token stays in context, and every token is scored.
    case driftscope
    /// Of a masked model: each token is masked by itself and given all the others, between begin and end token (Salazar et al.
    /// 2020, section 2).
    case pseudoLogLikelihood = "pseudo-log-likelihood"

    /// Whether it scores models that fill in masked tokens, and no others.
    public var isMasked: Bool { self == .pseudoLogLikelihood }

    /// Those for models that predict the next token.
    public static var causal: [ScoringProfile] { allCases.filter { !$0.isMasked } }
}
