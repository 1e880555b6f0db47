import LinearAlgebra

/// Spearman's rank correlation, with its p over permutations.
public enum RankCorrelation {
    /// Ranks from 1; equal values share their mean rank.
    public static func ranks(_ values: [Double]) -> [Double] {
        let order = values.indices.sorted { values[$0] < values[$1] }
        var ranks = [Double](repeating: 0, count: values.count)
        var start = 0
        while start < order.count {
            var end = start
            while end + 1 < order.count, values[order[end + 1]] == values[order[start]] { end += 1 }
            for place in start...end { ranks[order[place]] = Double(start + end) / 2 + 1 }
            start = end + 1
        }
        return ranks
    }

    /// Pearson's correlation of the ranks; nil below two values, or when a side does not vary.
    public static func spearman(_ x: [Double], _ y: [Double]) -> Double? {
        precondition(x.count == y.count)
        return Summary.correlation(ranks(x), ranks(y))
    }

    /// One-sided p that orders drawn at random agree at least as well.
    ///
    /// Up to nine values all orders are enumerated and the share that agree at least as well is exact (the order seen is
    /// one of them, so it is never 0); above that, (1 + #)/(1 + draws) over random orders.
    ///
    /// - Returns: nil where there is no correlation.
    public static func p(_ x: [Double], _ y: [Double], draws: Int = 100_000, seed: UInt64) -> (
        p: Double, isExact: Bool
    )? {
        guard spearman(x, y) != nil else { return nil }
        let (a, b) = (ranks(x), ranks(y))
        // With both sets of ranks fixed the correlation grows with Σ a·b alone. Ranks are halves: sums are exact.
        func product(_ order: [Double]) -> Double { zip(a, order).reduce(0) { $0 + $1.0 * $1.1 } }
        let observed = product(b)
        if a.count <= 9 {
            var (all, hits) = (0, 0)
            permute(b) { order in
                all += 1
                if product(order) >= observed { hits += 1 }
            }
            return (Double(hits) / Double(all), true)
        }
        var stream = RandomStream(seed: seed, label: "rank-correlation")
        let sums = (0..<draws).map { _ in product(stream.shuffled(b)) }
        return (Randomisation.p(observed: observed, draws: sums), false)
    }

    /// Calls `body` with every order of the values (Heap's algorithm); equal values are told apart.
    private static func permute(_ values: [Double], _ body: ([Double]) -> Void) {
        var order = values
        var counters = [Int](repeating: 0, count: values.count)
        body(order)
        var i = 0
        while i < order.count {
            if counters[i] < i {
                order.swapAt(i % 2 == 0 ? 0 : counters[i], i)
                body(order)
                counters[i] += 1
                i = 0
            } else {
                counters[i] = 0
                i += 1
            }
        }
    }
}
