import LinearAlgebra
import Records
import Statistics

/// The usable items of one domain on one benchmark, with their bootstrap replicates.
struct ItemTable {
    let benchmark: String
    let profile: String
    let domain: AnalysisDomain
    /// Items with finite gaps in both models.
    let items: [PairedItem]
    /// All items of the domain, those left out included.
    let all: [PairedItem]
    /// Index of each of ``items`` among all items of the domain, for scored models.
    let positions: [Int]
    let nonFinite: Int

    /// Columns of the bootstrap, in this order.
    enum Column: Int, CaseIterable {
        case before, after, change, shareBefore, shareAfter, absoluteBefore, absoluteAfter
    }

    init(benchmark: PairedBenchmark, domain: AnalysisDomain) {
        self.benchmark = benchmark.name
        profile = benchmark.profile
        self.domain = domain
        let all = benchmark.items.filter { $0.score.domain == domain.name }
        self.all = all
        positions = all.indices.filter { all[$0].before.isFinite && all[$0].after.isFinite }
        items = positions.map { all[$0] }
        nonFinite = all.count - items.count
    }

    var columns: [[Double]] {
        [
            items.map(\.before), items.map(\.after), items.map { $0.after - $0.before },
            items.map { $0.before > 0 ? 100 : 0 }, items.map { $0.after > 0 ? 100 : 0 },
            items.map { abs($0.before) }, items.map { abs($0.after) },
        ]
    }

    /// A stream for a purpose within this table: independent of the order in which tables are analysed.
    func stream(_ settings: AnalysisSettings, _ purpose: String) -> RandomStream {
        RandomStream(seed: settings.seed, label: "analyze/\(benchmark)/\(domain.name)/\(purpose)")
    }

    /// Bootstrap replicates of columns over the items, from a stream of this purpose's own.
    func bootstrap(
        _ columns: [[Double]], clusters: [Int]?, _ settings: AnalysisSettings, _ purpose: String
    ) -> Bootstrap {
        var stream = stream(settings, purpose)
        return Bootstrap(columns: columns, clusters: clusters, draws: settings.bootstrapDraws, stream: &stream)
    }

    /// What items can be clustered by: every kind that all items carry, with at least five and fewer than N clusters.
    ///
    /// Below five clusters a bootstrap interval is far too narrow and is not given.
    var clusterings: [(kind: String, clusters: [Int], count: Int)] { Self.clusterings(items.map(\.score.clusters)) }

    /// The same of any items, by what each shares with others.
    static func clusterings(_ items: [[String: String]]) -> [(kind: String, clusters: [Int], count: Int)] {
        guard let kinds = items.first?.keys else { return [] }
        return kinds.sorted().compactMap { kind in
            guard let (clusters, count) = indices(items.map { $0[kind] }) else { return nil }
            return count >= leastClusters && count < items.count ? (kind, clusters, count) : nil
        }
    }

    static let leastClusters = 5

    /// Cluster indices by first appearance; nil when an item has no key.
    static func indices(_ keys: [String?]) -> (clusters: [Int], count: Int)? {
        var known: [String: Int] = [:]
        var out: [Int] = []
        for key in keys {
            guard let key else { return nil }
            let index = known[key] ?? known.count
            known[key] = index
            out.append(index)
        }
        return (out, known.count)
    }
}

extension Interval {
    init(_ ends: (lower: Double, upper: Double)) { self.init(lower: ends.lower, upper: ends.upper) }

    /// The middle `level` of some values.
    init(percentiles values: [Double], level: Double) {
        let band = Summary.band(values, level: level)
        self.init(lower: band.lower, upper: band.upper)
    }

    /// Whether 0 lies outside.
    public var excludesZero: Bool { lower > 0 || upper < 0 }

    /// Whether `change`, whose interval this is, can be told from 0 and has the sign of `other`.
    func tells(_ change: Double, sameSignAs other: Double) -> Bool { excludesZero && (change < 0) == (other < 0) }

    /// Whether the interval lies within ±margin.
    public func lies(within margin: Double) -> Bool { lower >= -margin && upper <= margin }

    var width: Double { upper - lower }
}
