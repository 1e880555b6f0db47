import Attribution
import Evaluate
import LanguageModel
import Records

/// Scores θ0 + α·Δθ over a grid of α.
///
/// What is odd in α is the update's direction; what is even is damage.
package enum UpdateScaling {
    /// What is known of a model beforehand, and else is measured.
    package struct Known {
        /// Its perplexity of the text.
        package var perplexity: Perplexity?
        /// What it scores.
        package var scores: (any BenchmarkScorer) throws -> (any ScoreTable)? = { _ in nil }

        package init() {}
    }

    /// One row per α and benchmark, in that order.
    ///
    /// - Parameters:
    ///   - perplexity: a text whose perplexity is measured at every α.
    ///   - probe: neutral text for KL(θ0 ‖ θ).
    ///   - known: what is known of a model that was measured before, at α = 0 and 1.
    package static func run(
        _ update: ParameterUpdate, alphas: [Double], scorers: [any BenchmarkScorer],
        perplexity: PerplexityText? = nil, probe: DivergenceProbe,
        known: (_ alpha: Double) throws -> Known = { _ in Known() }, progress: (Int) throws -> Void = { _ in }
    ) throws -> [ScoredModel] {
        let scratch = update.before.copy()
        let reference = probe.keep(update.before)
        var rows: [ScoredModel] = []
        for (index, alpha) in alphas.enumerated() {
            update.apply(alpha, to: scratch)
            let kl = alpha == 0 ? 0 : probe.divergence(from: reference, to: scratch)
            let known = try known(alpha)
            let measured = perplexity.map { (known.perplexity ?? $0.measure(scratch)).value }
            for scorer in scorers {
                var row = ScoredModel(
                    benchmark: scorer.benchmark, kind: .dose, alpha: alpha, kl: kl, perplexity: measured)
                row.setScores(try known.scores(scorer) ?? scorer.score(scratch))
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
