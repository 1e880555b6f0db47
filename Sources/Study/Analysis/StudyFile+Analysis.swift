import Analyze
import Records
import StudyFiles

extension StudyFile {
    /// The domains with their roles, targets first.
    var analysisDomains: [AnalysisDomain] {
        domains.targets.map { AnalysisDomain(name: $0, role: .target) }
            + domains.transfer.map { AnalysisDomain(name: $0, role: .transfer) }
            + domains.control.map { AnalysisDomain(name: $0, role: .control) }
    }

    /// What the study asks of the analysis.
    var analysisRequest: AnalysisRequest {
        var request = AnalysisRequest(domains: analysisDomains)
        request.settings.seed = UInt64(seeds[0])
        request.settings.bootstrapDraws = analyze.bootstrap
        request.settings.controlDraws = analyze.controls
        request.settings.margin = analyze.margin
        request.guardLimits = guardRule.map { .init(perplexityRise: $0.limits.perplexityRise, kl: $0.limits.kl) }
        request.scoreLimits = guardRule?.scoreLimits(evaluate.custom) ?? []
        request.damageLimits = .init(perplexityRise: analyze.damage.perplexityRise, kl: analyze.damage.kl)
        request.explains = why != .none
        request.expectsForecast = why.forecast
        request.notAsked = notAsked
        return request
    }

    /// What the study left out of the explanation, with the key that asks for it.
    private var notAsked: [NotComputed] {
        let parts: [(NotComputed.Kind, String, isAsked: Bool, String)] = [
            (.forecast, "forecast", why.forecast, "why.forecast is off"),
            (.ablations, "ladder", why.ablations, "why.ablations is off"),
            (
                .retrainings, "retrainings without the retain term and with plain SGD", why.retrainings,
                "why.retrainings is off"
            ),
            (.neutralWords, "null of neutral words", why.neutralWords > 0, "why.neutral-words is 0"),
            (.matrix, "transfer matrix", !why.matrix.isEmpty, "the study names no further forget set under why.matrix"),
        ]
        return parts.filter { !$0.isAsked }.map { NotComputed(what: $0.1, reason: $0.3, kind: $0.0) }
    }
}
