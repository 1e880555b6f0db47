import Records

/// Perplexity of one text before and after, with the conventions that give the number its meaning.
public struct PerplexityFacts: Sendable {
    /// Name of the text.
    public var text: String
    /// Perplexity of the model before.
    public var before: Double
    /// Perplexity of the model after.
    public var after: Double
    /// Tokens scored.
    public var tokens: Int
    /// Tokens a window holds.
    public var window: Int
    /// Tokens between the starts of two windows.
    public var stride: Int
    /// Whether each window begins with the model's beginning token.
    public var beginToken: Bool
    /// What the negative log-likelihood is divided by, for example `tokens`.
    public var normaliser: String

    /// Makes the facts from their parts.
    public init(
        text: String, before: Double, after: Double, tokens: Int, window: Int, stride: Int, beginToken: Bool,
        normaliser: String
    ) {
        self.text = text
        self.before = before
        self.after = after
        self.tokens = tokens
        self.window = window
        self.stride = stride
        self.beginToken = beginToken
        self.normaliser = normaliser
    }

    /// Relative change, (after − before) / before.
    public var change: Double { (after - before) / before }
}

/// How the guard ended the run.
public struct GuardFacts: Sendable {
    /// Whether a budget stopped the run before its last step.
    public var stopped: Bool
    /// The reason in words; empty when nothing stopped the run.
    public var reason: String
    /// The last step taken.
    public var lastStep: Int
    /// The step whose parameters were kept.
    public var keptStep: Int
    /// Perplexity budget as a relative change of guard perplexity, for example 0.1; nil without one.
    public var perplexityBudget: Double?
    /// KL budget in nats per token; nil without one.
    public var klBudget: Double?
    /// Guard text's perplexity before.
    public var perplexityBefore: Double?
    /// Guard text's perplexity at the step kept.
    public var perplexityAfter: Double?
    /// KL(θ0 ‖ θ) on guard text at the step kept, nats per token.
    public var kl: Double?

    /// Makes the facts from their parts.
    public init(
        stopped: Bool, reason: String, lastStep: Int, keptStep: Int, perplexityBudget: Double?, klBudget: Double?,
        perplexityBefore: Double?, perplexityAfter: Double?, kl: Double?
    ) {
        self.stopped = stopped
        self.reason = reason
        self.lastStep = lastStep
        self.keptStep = keptStep
        self.perplexityBudget = perplexityBudget
        self.klBudget = klBudget
        self.perplexityBefore = perplexityBefore
        self.perplexityAfter = perplexityAfter
        self.kl = kl
    }
}

/// One recorded step of the run; a value that was not recorded at that step is nil.
public struct TrajectoryRow: Sendable {
    /// Step; 0 is before the first update.
    public var step: Int
    /// Forget loss, mean log-likelihood of the harmful tokens (it falls as they are forgotten).
    public var forgetLoss: Double?
    /// Retain loss.
    public var retainLoss: Double?
    /// Perplexity of the guard text.
    public var perplexity: Double?
    /// KL(θ0 ‖ θ) on the guard text, nats per token.
    public var kl: Double?
    /// B_d per domain, in the order of the study's domains; empty when not recorded.
    public var bias: [(domain: String, value: Double)]

    /// Makes the row from its parts.
    public init(
        step: Int, forgetLoss: Double?, retainLoss: Double?, perplexity: Double?, kl: Double?,
        bias: [(domain: String, value: Double)]
    ) {
        self.step = step
        self.forgetLoss = forgetLoss
        self.retainLoss = retainLoss
        self.perplexity = perplexity
        self.kl = kl
        self.bias = bias
    }
}
