import Evaluate
import LanguageModel
import Unlearn

/// Forecasts for one benchmark: the domains of a study, then further labels of the same file.
package struct BenchmarkForecast {
    /// Pairs that a further label needs.
    static let leastPairs = 20

    /// The benchmark.
    package let benchmark: String
    /// The forecasts.
    package let domains: [UpdateForecast.Domain]
    /// Share of the forgotten tokens whose word stands in the pairs of a domain, as what both sentences say.
    package let sharedWords: [String: Double]

    /// Makes the forecasts.
    ///
    /// - Parameters:
    ///   - names: the domains of the study.
    ///   - others: the further labels; nil where there are none.
    ///   - use: the words that are forgotten.
    ///   - progress: called after every domain with the number done and in all; what it throws ends the work.
    package init(
        _ update: UpdateForecast, names: [String], scorer: PairScorer, others: PairScorer?, use: HarmfulWordUse,
        progress: (Int, Int) throws -> Void
    ) throws {
        benchmark = scorer.benchmark
        let further = others?.domains ?? []
        let total = names.count + further.count
        var found = try update.domains(names, of: scorer) { try progress($0, total) }
        if let others { found += try update.domains(further, of: others) { try progress(names.count + $0, total) } }
        domains = found
        let items = scorer.items + (others?.items ?? [])
        sharedWords = HarmfulWordUse.inPairs(use.tokens.keys, items.map { ($0.domain, $0.more, $0.less) })
            .mapValues { use.share(of: $0) }
    }

    /// A scorer of the labels of a pair file that are none of a study's domains and have enough pairs; nil where there are
    /// none.
    ///
    /// - Parameters:
    ///   - count: the most pairs of a label.
    ///   - seed: chooses them.
    package static func furtherLabels(
        of set: PairSet, beside domains: [String], count: Int?, seed: UInt64, tokenizer: any Tokenizer,
        profile: ScoringProfile, contextLength: Int
    ) -> PairScorer? {
        var set = set.selecting(domains: Set(set.domains).subtracting(domains)).sampling(count, seed: seed)
        // Twice: which pairs can be scored is known once they are laid out.
        for _ in 0..<2 {
            let counts = Dictionary(grouping: set.items, by: \.domain).mapValues(\.count)
            set = set.selecting(domains: Set(counts.filter { $0.value >= leastPairs }.keys))
            guard !set.items.isEmpty,
                let laid = try? PairScorer(
                    pairs: set, tokenizer: tokenizer, profile: profile, contextLength: contextLength)
            else { return nil }
            if laid.items.count == set.items.count { return laid }
            set.items = laid.items
        }
        return nil
    }
}
