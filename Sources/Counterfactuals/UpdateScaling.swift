import Attribution
import Evaluate
import LanguageModel
import Records

/// Scores θ0 + α·Δθ over a grid of α.
///
/// What is odd in α is the update's direction; what is even is damage.
package enum UpdateScaling {
    /// One row per α and benchmark, in that order.
    ///
    /// - Parameters:
    ///   - perplexity: a text whose perplexity is measured at every α.
    ///   - probe: neutral text for KL(θ0 ‖ θ).
    package static func run(
        _ update: ParameterUpdate, alphas: [Double], scorers: [any BenchmarkScorer],
        perplexity: PerplexityText? = nil, probe: DivergenceProbe, progress: (Int) throws -> Void = { _ in }
    ) throws -> [ScoredModel] {
        let scratch = update.before.copy()
        let reference = probe.keep(update.before)
        var rows: [ScoredModel] = []
        for (index, alpha) in alphas.enumerated() {
            update.apply(alpha, to: scratch)
            let kl = alpha == 0 ? 0 : probe.divergence(from: reference, to: scratch)
            let measured = perplexity?.measure(scratch).value
            for scorer in scorers {
                var row = ScoredModel(
                    benchmark: scorer.benchmark, kind: .dose, alpha: alpha, kl: kl, perplexity: measured)
                row.setScores(scorer.score(scratch))
                rows.append(row)
            }
            try progress(index + 1)
        }
        return rows
    }
}

extension ScoredModel {
    /// Takes over the bias and the gaps of a table.
    mutating func setScores(_ table: any ScoreTable) {
        scoring = .exact
        for domain in table.domains {
            bias[domain] = table.bias(domain)
            gaps[domain] = table.gaps(in: domain)
        }
    }
}
