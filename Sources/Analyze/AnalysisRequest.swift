import Records

/// What is asked of the analysis of a run.
public struct AnalysisRequest: Sendable {
    /// How much a measure of damage may be; nil for no limit.
    public struct Limits: Sendable, Equatable {
        /// Largest relative rise of perplexity.
        public var perplexityRise: Double?
        /// Largest KL(θ0 ‖ θ1), in nats a token.
        public var kl: Double?

        /// Sets limits.
        public init(perplexityRise: Double? = nil, kl: Double? = nil) {
            (self.perplexityRise, self.kl) = (perplexityRise, kl)
        }
    }

    /// The domains of the study with their roles; at least one target.
    public var domains: [AnalysisDomain]
    /// Draws, seed, margin and thresholds.
    public var settings = AnalysisSettings()
    /// The limits of the guard that watched the run; nil without a guard.
    public var guardLimits: Limits?
    /// The guard's limits on scores; empty without one.
    public var scoreLimits: [ScoreLimit] = []
    /// What counts as damage where the guard has no limit.
    public var damageLimits = Limits()
    /// Whether the biases' movement is to be explained.
    public var explains = false
    /// Whether a forecast should have been written before the first step.
    public var expectsForecast = false
    /// The parts of an explanation that are left out, with reasons.
    public var notAsked: [NotComputed] = []

    /// The domains, with the default settings and no limits.
    public init(domains: [AnalysisDomain]) { self.domains = domains }
}
