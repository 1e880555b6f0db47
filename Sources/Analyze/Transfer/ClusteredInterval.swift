import LinearAlgebra
import Records
import Statistics

/// An interval of a number of one model's items: of the plain and the clustered bootstrap intervals the widest, as τ has it.
package struct ClusteredInterval: Sendable, Equatable {
    /// The interval.
    package var interval: Interval
    /// What it is clustered by: `items` or a kind of cluster.
    package var kind: String

    /// The intervals of some numbers of the same items, all by the same draws.
    ///
    /// - Parameters:
    ///   - clusters: what each item shares with others, by kind.
    ///   - label: names what the items are; the draws depend on it and on nothing else.
    /// - Returns: by number; nil below five items, and where a draw gives no finite number.
    package static func all(
        _ statistics: [Statistic], clusters: [[String: String]], label: String,
        settings: AnalysisSettings = AnalysisSettings()
    ) -> [ClusteredInterval?] {
        guard clusters.count >= ItemTable.leastClusters, !statistics.isEmpty else { return statistics.map { _ in nil } }
        let clusterings: [(kind: String, clusters: [Int]?)] =
            [("items", nil)] + ItemTable.clusterings(clusters).map { ($0.kind, $0.clusters) }
        let found = clusterings.map { kind, indices -> [ClusteredInterval?] in
            var stream = RandomStream(seed: settings.seed, label: "evaluate/\(label)/\(kind)")
            let bootstrap = Bootstrap(
                columns: statistics.flatMap(\.columns), clusters: indices, draws: settings.bootstrapDraws,
                stream: &stream)
            var end = 0
            return statistics.map { statistic in
                let start = end
                end += statistic.columns.count
                return bootstrap.acceleratedInterval(of: statistic.value, columns: start..<end, level: settings.level)
                    .map { ClusteredInterval(interval: Interval($0), kind: kind) }
            }
        }
        return statistics.indices.map { place in
            let intervals = found.compactMap { $0[place] }
            // Where one clustering gives none, the others would look surer than the number is.
            guard intervals.count == found.count else { return nil }
            return intervals.reduce(intervals[0]) { $1.interval.width > $0.interval.width ? $1 : $0 }
        }
    }
}
