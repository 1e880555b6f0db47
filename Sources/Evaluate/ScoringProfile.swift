/// A fixed set of conventions for scoring a causal model; scores compare only within a profile.
public enum ScoringProfile: String, Codable, Sendable, CaseIterable {
    /// As McGill-NLP/bias-bench scores GPT-2: the first token given the begin token alone, later tokens without it;
    /// perplexity without a begin token, in windows of the context length less 32.
    case biasBench = "bias-bench"
    /// Our own: the begin token stays in context, and every token is scored.
    case driftscope
}
