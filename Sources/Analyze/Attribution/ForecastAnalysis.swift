import Records
import Statistics

/// A forecast compared with what happened.
enum ForecastAnalysis {
    static func fill(_ result: inout AttributionResult, _ context: AttributionContext) {
        guard var table = context.records.forecast?.tables.first(where: { $0.benchmark == context.benchmark }) else {
            return
        }
        let outcome = context.records.forecastOutcome?.actual[context.benchmark] ?? [:]
        for i in table.entries.indices {
            table.entries[i].actual = outcome[table.entries[i].domain] ?? table.entries[i].actual
        }
        result.forecast = compare(table, rows: context.rows, seed: context.settings.seed)
    }

    /// Rank correlations of predicted with actual change.
    ///
    /// The target is in neither: that it moves most is what the study makes happen.
    static func compare(_ table: ForecastTable, rows: [TransferRow], seed: UInt64) -> ForecastResult {
        var entries = table.entries
        for i in entries.indices {
            if let row = rows.first(where: { $0.domain == entries[i].domain }) { entries[i].actual = row.tau }
        }
        entries = ForecastRanking.order(entries)
        let target = rows.first { $0.role == .target }?.domain
        let others = entries.filter { $0.domain != target && $0.predicted.isFinite && $0.actual?.isFinite == true }
        let studied = others.filter { entry in rows.contains { $0.domain == entry.domain } }
        func correlation(_ entries: [ForecastEntry]) -> Double? {
            entries.count < 3
                ? nil : RankCorrelation.spearman(entries.map(\.predicted), entries.map { $0.actual ?? .nan })
        }
        let own = correlation(studied)
        let all = others.count > studied.count ? correlation(others) : nil
        let tested = all == nil ? studied : others
        let p = RankCorrelation.p(tested.map(\.predicted), tested.map { $0.actual ?? .nan }, seed: seed)
        var reason: String?
        if own == nil {
            reason =
                studied.count < 3
                ? "\(studied.count) domains beside the target, 3 wanted" : "the predictions or the changes do not vary"
        } else if all == nil {
            reason = "the benchmark has no further label with 20 pairs"
        }
        return ForecastResult(
            benchmark: table.benchmark, entries: entries, rankCorrelation: own, rankCorrelationAll: all,
            p: own ?? all == nil ? nil : p?.p, reason: reason)
    }
}

/// The order in which a forecast is read.
public enum ForecastRanking {
    /// The entries, strongest predicted fall first: what moves a bias toward 0 is a fall, whatever its sign.
    public static func order(_ entries: [ForecastEntry]) -> [ForecastEntry] {
        func rise(_ entry: ForecastEntry) -> Double { entry.bias < 0 ? -entry.predicted : entry.predicted }
        return entries.enumerated().sorted { (rise($0.element), $0.offset) < (rise($1.element), $1.offset) }
            .map(\.element)
    }
}
