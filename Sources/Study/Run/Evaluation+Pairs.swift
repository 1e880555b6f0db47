import Evaluate
import Foundation
import Records

extension Evaluation {
    /// The scores of one model on a benchmark's pairs.
    ///
    /// - Parameter exposure: whether a pair's identity and its attribute words are exposed.
    init(
        _ table: PairTable, label: String, pairs: [PairItem],
        exposure: (PairItem) -> (identity: Bool, attribute: Bool) = { _ in (false, false) }
    ) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        self.init(
            label: label, benchmark: table.benchmark, profile: table.profile.rawValue,
            skipped: Dictionary(grouping: table.skipped, by: \.reason).mapValues(\.count),
            items: try zip(table.scores, pairs).map { score, pair in
                var item = ItemScore(row: score.row, domain: score.domain, gap: score.gap)
                (item.biasType, item.direction) = (pair.biasType, pair.direction.rawValue)
                (item.moreMean, item.lessMean) = (score.moreMean, score.lessMean)
                (item.gapChanged, item.gapShared) = (score.gapChanged, score.gapShared)
                (item.tokensMore, item.tokensLess) = (score.tokensMore, score.tokensLess)
                (item.identityExposed, item.attributeExposed) = exposure(pair)
                item.clusters = pair.clusters
                item.perToken = try score.perToken.map { String(decoding: try encoder.encode($0), as: UTF8.self) }
                return item
            })
    }
}
