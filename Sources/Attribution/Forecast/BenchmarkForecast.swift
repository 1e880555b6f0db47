import Evaluate
import LanguageModel
import Unlearn

/// Forecasts for one benchmark: the domains of a study, then further labels of the same file.
package struct BenchmarkForecast {
    /// Items that a further label needs.
    static let leastItems = 20

    /// The benchmark.
    package let benchmark: String
    /// The forecasts.
    package let domains: [UpdateForecast.Domain]
    /// Share of the forgotten tokens whose word stands in the items of a domain, as what both texts say.
    package let sharedWords: [String: Double]

    /// Makes the forecasts.
    ///
    /// - Parameters:
    ///   - names: the domains of the study.
    ///   - others: the further labels; nil where there are none.
    ///   - use: the words that are forgotten.
    ///   - progress: called after every domain with the number done and in all; what it throws ends the work.
    package init(
        _ update: UpdateForecast, names: [String], scorer: any BenchmarkScorer, others: (any BenchmarkScorer)?,
        use: HarmfulWordUse,
        progress: (Int, Int) throws -> Void
    ) throws {
        benchmark = scorer.benchmark
        let further = others?.domains ?? []
        let total = names.count + further.count
        var found = try update.domains(names, of: scorer) { try progress($0, total) }
        if let others { found += try update.domains(further, of: others) { try progress(names.count + $0, total) } }
        domains = found
        let contrasts = scorer.contrasts + (others?.contrasts ?? [])
        sharedWords = HarmfulWordUse.shared(use.tokens.keys, in: contrasts).mapValues { use.share(of: $0) }
    }

    /// A scorer of the labels of a benchmark that are none of a study's domains and have enough items; nil where there are
    /// none.
    ///
    /// - Parameters:
    ///   - count: the most items of a label.
    ///   - seed: chooses them.
    package static func furtherLabels(
        of benchmark: any BiasBenchmark, beside domains: [String], count: Int?, seed: UInt64,
        scorer: (any BiasBenchmark) throws -> any BenchmarkScorer
    ) -> (any BenchmarkScorer)? {
        func selecting(_ benchmark: any BiasBenchmark) -> any BiasBenchmark {
            benchmark.selecting(domains: Set(benchmark.domains).subtracting(domains))
        }
        func sampling(_ benchmark: any BiasBenchmark) -> any BiasBenchmark { benchmark.sampling(count, seed: seed) }
        var rest = sampling(selecting(benchmark))
        // Twice: which items can be scored is known once they are laid out.
        for _ in 0..<2 {
            let items: [any BenchmarkItem] = rest.items
            let counts = Dictionary(grouping: items, by: { $0.domain }).mapValues(\.count)
            rest = rest.selecting(domains: Set(counts.filter { $0.value >= leastItems }.keys))
            guard !rest.items.isEmpty, let laid = try? scorer(rest) else { return nil }
            if laid.items.count == rest.items.count { return laid }
            rest = rest.selecting(rows: Set(laid.items.map { $0.row }))
        }
        return nil
    }
}

extension BenchmarkScorer {
    /// The texts that the items compare, with their domains.
    package var contrasts: [Contrast] {
        items.map { item in
            let (more, less) = item.contrast
            return (item.domain, more, less)
        }
    }
}

extension BiasBenchmark {
    /// The texts that the items compare, with their domains.
    package var contrasts: [Contrast] {
        items.map { item in
            let (more, less) = item.contrast
            return (item.domain, more, less)
        }
    }
}
