import Records
import Statistics

/// A forecast compared with what happened.
enum ForecastAnalysis {
    static func fill(_ result: inout AttributionResult, _ context: AttributionContext) {
        guard let table = context.records.forecast?.tables.first(where: { $0.benchmark == context.benchmark })
        else { return }
        let outcome = context.records.forecastOutcome?.actual[context.benchmark] ?? [:]
        let entries = table.entries.map { entry in
            var entry = entry
            entry.actual = context.row(entry.domain)?.tau ?? outcome[entry.domain] ?? entry.actual
            return entry
        }
        result.forecast = compare(ForecastRanking.order(entries), context)
    }

    /// Rank correlations of predicted with actual change.
    ///
    /// The target is in neither: that it moves most is what the study makes happen.
    private static func compare(_ entries: [ForecastEntry], _ context: AttributionContext) -> ForecastResult {
        let others = entries.filter {
            !context.targets.contains($0.domain) && $0.predicted.isFinite && $0.actual?.isFinite == true
        }
        let studied = others.filter { context.row($0.domain) != nil }
        func correlation(_ entries: [ForecastEntry]) -> Double? {
            entries.count < 3
                ? nil : RankCorrelation.spearman(entries.map(\.predicted), entries.map { $0.actual ?? .nan })
        }
        let own = correlation(studied)
        let all = others.count > studied.count ? correlation(others) : nil
        let tested = all == nil ? studied : others
        let p = RankCorrelation.p(
            tested.map(\.predicted), tested.map { $0.actual ?? .nan }, seed: context.settings.seed)
        var reason: String?
        if own == nil {
            reason =
                studied.count < 3
                ? "\(studied.count) domains beside the target, 3 wanted" : "the predictions or the changes do not vary"
        } else if all == nil {
            reason = "the benchmark has no further label with 20 pairs"
        }
        return ForecastResult(
            benchmark: context.benchmark, entries: entries, rankCorrelation: own, rankCorrelationAll: all,
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
