import Evaluate
import Records

extension Evaluation {
    /// The scores of one model on a benchmark's items.
    ///
    /// - Parameter exposure: whether an item's identity and its attribute words are exposed.
    init(
        _ table: any ScoreTable, of scorer: any BenchmarkScorer, label: String,
        exposure: (any BenchmarkItem) -> (identity: Bool, attribute: Bool) = { _ in (false, false) }
    ) throws {
        let (scores, items): ([any BenchmarkScore], [any BenchmarkItem]) = (table.scores, scorer.items)
        self.init(
            label: label, benchmark: table.benchmark, profile: table.profile.name,
            skipped: Dictionary(grouping: table.skipped, by: \.reason).mapValues(\.count),
            items: zip(scores, items).map { score, item in
                var out = ItemScore(row: score.row, domain: score.domain, gap: score.gap)
                (out.identityExposed, out.attributeExposed) = exposure(item)
                out.clusters = item.clusters
                let tokens = SentenceTokens.json(score.sentences)
                out.perToken = tokens.isEmpty ? nil : tokens
                return out
            }, columns: scorer.itemColumns + table.columns,
            measures: (table.domains + [nil]).flatMap { domain in
                table.measures(domain).filter { $0.use != .none }.map {
                    OwnMeasure(
                        domain: domain, name: $0.name, heading: $0.heading ?? $0.name, value: $0.value,
                        isQuality: $0.use == .quality)
                }
            })
    }
}
