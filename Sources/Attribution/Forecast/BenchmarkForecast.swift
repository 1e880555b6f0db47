import Evaluate
import LinearAlgebra
import Records
import Unlearn

/// Forecasts for one benchmark: the domains of a study, then further labels of the same file.
package enum BenchmarkForecast {
    /// Items that a further label needs.
    private static let leastItems = 20

    /// Makes the forecasts.
    ///
    /// - Parameters:
    ///   - names: the domains of the study.
    ///   - others: the further labels; nil where there are none.
    ///   - use: the words that are forgotten.
    ///   - scores: what the model scores, by scorer.
    ///   - gradient: ∇B_d(θ0) of a domain of the study where it is known; only read.
    ///   - progress: called after every domain with the number done and in all; what it throws ends the work.
    package static func table(
        _ update: UpdateForecast, names: [String], scorer: any BenchmarkScorer, others: (any BenchmarkScorer)?,
        use: HarmfulWordUse, scores: (any BenchmarkScorer) throws -> any ScoreTable,
        gradient: (String) throws -> FloatBuffer?, progress: (Int, Int) throws -> Void
    ) throws -> ForecastTable {
        let further = others?.domains ?? []
        let total = names.count + further.count
        var entries = try update.domains(
            names, of: scorer, scores: try scores(scorer), gradient: gradient,
            progress: { try progress($0, total) })
        if let others {
            entries += try update.domains(
                further, of: others, scores: try scores(others),
                progress: { try progress(names.count + $0, total) })
        }
        let shared = HarmfulWordUse.shared(
            use.tokens.keys, in: contrasts(scorer.items) + (others.map { contrasts($0.items) } ?? []))
        for (index, entry) in entries.enumerated() {
            entries[index].sharedWords = shared[entry.domain].map { use.share(of: $0) } ?? 0
        }
        return ForecastTable(benchmark: scorer.benchmark, entries: entries)
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
        let others: any BiasBenchmark = benchmark.selecting(domains: Set(benchmark.domains).subtracting(domains))
        var rest: any BiasBenchmark = others.sampling(count, seed: seed)
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

/// The texts that items compare, with their domains.
package func contrasts(_ items: [any BenchmarkItem]) -> [Contrast] {
    items.map { item in
        let (more, less) = item.contrast
        return (item.domain, more, less)
    }
}
