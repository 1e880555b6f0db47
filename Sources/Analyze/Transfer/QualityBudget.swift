import Records

/// A limit on damage, and where the run ended. A number that is not finite is nil.
public struct QualityBudget: Codable, Sendable, Equatable {
    /// Name: `perplexity`, of a masked model `pseudo-perplexity`, `kl`, or that of a score, such as `lms`.
    public var name: String
    /// Text it was measured on; of a score, ``guardScores``.
    public var text: String
    /// Value before; nil where the measure compares two models.
    public var before: Double?
    /// Value after.
    public var after: Double?
    /// What is compared with the limit: the relative change of a perplexity, the value itself for `kl`, of a score how far it
    /// went the way that counts.
    public var value: Double?
    /// The limit; nil when the study sets none, and then the row is only shown.
    public var limit: Double?
    /// Whether the budget is broken: the value exceeds the limit, or is not a number.
    public var isBroken: Bool {
        guard let limit else { return false }
        guard let value, value.isFinite else { return true }
        return value > limit
    }

    /// Describes a budget.
    public init(name: String, text: String, before: Double?, after: Double?, value: Double?, limit: Double?) {
        (self.name, self.text) = (name, text)
        (self.before, self.after, self.value, self.limit) = (before.finite, after.finite, value.finite, limit.finite)
    }

    /// Where scores are measured that have a budget: at the guard's checks.
    package static let guardScores = "the guard's scores"

    /// Guard text and scores first (what stopped the run), then the reported perplexity, which no stop has seen. Its limits are the
    /// guard's, and the study's limits of damage where the guard has none.
    ///
    /// - Parameter profile: that of the scores, which tells the kind of model.
    static func all(_ metadata: RunMetadata, _ request: AnalysisRequest, profile: String?) -> [QualityBudget] {
        let perplexity = ScoringProfile.perplexityName(underProfile: profile)
        var out: [QualityBudget] = []
        func add(_ text: String, before: Double, after: Double?, kl: Double?, limits: AnalysisRequest.Limits) {
            out.append(
                QualityBudget(
                    name: perplexity, text: text, before: before, after: after,
                    value: after.map { ($0 - before) / before }, limit: limits.perplexityRise))
            out.append(QualityBudget(name: "kl", text: text, before: nil, after: nil, value: kl, limit: limits.kl))
        }
        if let limits = request.guardLimits, let baseline = metadata.outcome?.baseline {
            let kept = metadata.outcome?.kept
            add(
                "guard text", before: baseline.perplexity, after: kept?.perplexity, kl: kept?.klDivergence,
                limits: limits)
            for limit in request.scoreLimits {
                let (before, after) = (baseline.scores?[limit.name], kept?.scores?[limit.name])
                out.append(
                    QualityBudget(
                        name: limit.name, text: guardScores, before: before, after: after,
                        value: before.flatMap { before in after.map { limit.worsening(from: before, to: $0) } },
                        limit: limit.change))
            }
        }
        let limits = AnalysisRequest.Limits(
            perplexityRise: request.guardLimits?.perplexityRise ?? request.damageLimits.perplexityRise,
            kl: request.guardLimits?.kl ?? request.damageLimits.kl)
        for text in metadata.perplexity {
            guard let before = text.before?.value, let after = text.after?.value else { continue }
            let name = text.text.split(separator: "/").last.map(String.init) ?? text.text
            add(name, before: before, after: after, kl: text.kl, limits: limits)
        }
        return out
    }
}
