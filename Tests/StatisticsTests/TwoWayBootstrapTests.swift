import LinearAlgebra
import Statistics
import Testing

@Suite("Bootstrap over seeds and items")
struct TwoWayBootstrapTests {
    /// Every way to draw `count` of `count` with replacement, each equally likely.
    private func draws(_ count: Int) -> [[Int]] {
        (0..<count).reduce([[]]) { all, _ in all.flatMap { head in (0..<count).map { head + [$0] } } }
    }

    /// Means over all ways to draw rows and clusters.
    private func enumerated(_ values: [[Double]], _ clusters: [Int]) -> [Double] {
        let width = (clusters.max() ?? 0) + 1
        return draws(values.count).flatMap { rows in
            draws(width).map { chosen in
                var (sum, count) = (0.0, 0.0)
                for cluster in chosen {
                    for item in clusters.indices where clusters[item] == cluster {
                        for row in rows {
                            sum += values[row][item]
                            count += 1
                        }
                    }
                }
                return sum / count
            }
        }
    }

    @Test("it agrees with all draws enumerated: mean, spread and quantiles, clusters of different size")
    func enumeration() {
        let values = [[0.1, 0.4, -0.3, 0.9, 0.2], [0.5, 0.6, 0.1, 1.4, 0.0], [-0.8, 0.2, -0.4, 0.3, -0.6]]
        let clusters = [0, 0, 1, 2, 3]
        let exact = enumerated(values, clusters)
        #expect(exact.count == 27 * 256)
        var stream = RandomStream(seed: 3)
        let bootstrap = TwoWayBootstrap(values: values, clusters: clusters, draws: 200_000, stream: &stream)
        #expect(abs(bootstrap.estimate - values.flatMap { $0 }.reduce(0, +) / 15) < 1e-12)
        let (mean, spread) = (Summary.mean(exact), Summary.deviation(exact) ?? 0)
        #expect(abs(Summary.mean(bootstrap.replicates) - mean) < 5 * spread / 200_000.0.squareRoot())
        #expect(abs(bootstrap.standardError - spread) < 0.01 * spread)
        let found = bootstrap.percentileInterval(level: 0.9)
        let wanted = Summary.quantiles(exact, [0.05, 0.95])
        #expect(abs(found.lower - wanted[0]) < 0.03 * spread && abs(found.upper - wanted[1]) < 0.03 * spread)
    }

    @Test("what all items of a seed share widens it: items alone do not see it")
    func seedsCount() {
        var stream = RandomStream(seed: 5)
        let values = [0.0, 1, 2].map { shift in (0..<100).map { _ in shift + 0.1 * stream.normal() } }
        let both = TwoWayBootstrap(values: values, draws: 2_000, stream: &stream).standardError
        let means = (0..<100).map { item in values.reduce(0) { $0 + $1[item] } / 3 }
        let items = Bootstrap(columns: [means], draws: 2_000, stream: &stream).standardError()
        #expect(both > 20 * items)
    }

    @Test("the replicates do not depend on the number of threads")
    func deterministic() {
        let before = Threads.count
        defer { Threads.use(before) }
        let all = [1, 3].map { threads -> [Double] in
            Threads.use(threads)
            var stream = RandomStream(seed: 9)
            return TwoWayBootstrap(values: [[1, 2, 4], [3, 5, 9]], draws: 1_001, stream: &stream).replicates
        }
        #expect(all[0] == all[1])
    }
}

@Suite("Rank correlation")
struct RankCorrelationTests {
    @Test("ranks share the mean of their places")
    func ranks() {
        #expect(RankCorrelation.ranks([3, 1, 3, 2]) == [3.5, 1, 3.5, 2])
    }

    @Test("without ties it is 1 − 6 Σd²/(n³ − n)")
    func formula() throws {
        let (x, y) = ([0.3, -1, 2, 7, 4.5], [10.0, 2, 3, 8, 9])
        let differences = zip(RankCorrelation.ranks(x), RankCorrelation.ranks(y)).map { $0 - $1 }
        let wanted = 1 - 6 * differences.reduce(0) { $0 + $1 * $1 } / 120
        #expect(abs(try #require(RankCorrelation.spearman(x, y)) - wanted) < 1e-12)
        #expect(RankCorrelation.spearman([1, 1, 1], [1, 2, 3]) == nil)
    }

    /// All orders of `0..<count`, by recursion.
    private func orders(_ count: Int) -> [[Int]] {
        count == 0
            ? [[]]
            : orders(count - 1).flatMap { order in
                (0...order.count).map { place in order[..<place] + [count - 1] + order[place...] }
            }
    }

    @Test("its p is the share of all orders that agree at least as well", arguments: [[2.0, 1, 3, 4], [1, 1, 3, 4]])
    func exact(y: [Double]) throws {
        let x = [1.0, 2, 3, 4]
        let observed = try #require(RankCorrelation.spearman(x, y))
        let all = orders(4)
        #expect(Set(all).count == 24)
        let hits = all.count { order in
            (RankCorrelation.spearman(x, order.map { y[$0] }) ?? -2) >= observed - 1e-12
        }
        let found = try #require(RankCorrelation.p(x, y, seed: 1))
        #expect(found.isExact && abs(found.p - Double(hits) / 24) < 1e-12)
    }

    @Test("three values in the expected order have p 1/6, and ten of them are sampled")
    func sizes() throws {
        #expect(abs(try #require(RankCorrelation.p([1, 2, 3], [2, 4, 9], seed: 1)).p - 1.0 / 6) < 1e-12)
        let long = (0..<10).map(Double.init)
        let sampled = try #require(RankCorrelation.p(long, long, draws: 999, seed: 1))
        #expect(!sampled.isExact && sampled.p == 1.0 / 1000)
    }
}
