import LinearAlgebra

/// Bootstrap replicates of the means of several columns over the same resampled clusters of items.
///
/// Clusters are drawn with replacement and bring all their items; a replicate is Σ sums / Σ counts of the drawn
/// clusters. Columns share the draws, so that differences of columns are paired. The draws are made in blocks of fixed
/// size, each with a stream of its own: the numbers do not depend on the number of threads.
public struct Bootstrap: Sendable {
    /// Replicates by column, `(columns, draws)`.
    public let replicates: [[Double]]
    /// Means of the columns over all items.
    public let estimates: [Double]
    /// Number of clusters drawn from.
    public let clusterCount: Int

    private let sums: [[Double]]  // (columns, clusters)
    private let counts: [Double]  // (clusters)

    /// Draws the replicates.
    ///
    /// - Parameters:
    ///   - columns: values by column, each with one value per item.
    ///   - clusters: cluster of each item as an index from 0; nil makes each item its own cluster.
    public init(columns: [[Double]], clusters: [Int]? = nil, draws: Int, stream: inout RandomStream) {
        let items = columns.first?.count ?? 0
        precondition(items > 0 && columns.allSatisfy { $0.count == items }, "columns of different length")
        let clusters = clusters ?? Array(0..<items)
        precondition(clusters.count == items)
        let clusterCount = (clusters.max() ?? 0) + 1
        precondition(clusterCount < 1 << 24, "too many clusters for 32-bit draws")
        var sums = [[Double]](repeating: [Double](repeating: 0, count: clusterCount), count: columns.count)
        var counts = [Double](repeating: 0, count: clusterCount)
        for (item, cluster) in clusters.enumerated() {
            counts[cluster] += 1
            for column in columns.indices { sums[column][cluster] += columns[column][item] }
        }
        (self.sums, self.counts, self.clusterCount) = (sums, counts, clusterCount)
        estimates = sums.map { $0.reduce(0, +) / Double(items) }
        replicates = Self.draw(sums: sums, counts: counts, draws: draws, stream: &stream)
    }

    private static func draw(sums: [[Double]], counts: [Double], draws: Int, stream: inout RandomStream) -> [[Double]] {
        let clusters = counts.count
        let width = sums.count + 1
        // Counts and sums of a cluster side by side: one cache line a draw.
        var packed = [Double](repeating: 0, count: clusters * width)
        for cluster in 0..<clusters {
            packed[cluster * width] = counts[cluster]
            for column in sums.indices { packed[cluster * width + column + 1] = sums[column][cluster] }
        }
        var flat = [Double](repeating: 0, count: draws * width)
        flat.withUnsafeMutableBufferPointer { flat in
            packed.withUnsafeBufferPointer { packed in
                nonisolated(unsafe) let flat = flat  // blocks write disjoint ranges
                drawBlocks(draws, &stream) { block, stream in
                    for draw in block {
                        let row = flat[draw * width..<(draw + 1) * width]
                        accumulate(packed, clusters: clusters, width: width, stream: &stream, into: row)
                    }
                }
            }
        }
        return sums.indices.map { column in
            (0..<draws).map { flat[$0 * width + column + 1] / flat[$0 * width] }
        }
    }

    /// Adds `clusters` random rows of `packed` into `row`.
    private static func accumulate(
        _ packed: UnsafeBufferPointer<Double>, clusters: Int, width: Int, stream: inout RandomStream,
        into row: Slice<UnsafeMutableBufferPointer<Double>>
    ) {
        let row = UnsafeMutableBufferPointer(rebasing: row)
        // Two indices from each 64 bits, by multiplication: the bias is below clusters / 2³².
        let scale = UInt64(clusters)
        var remaining = clusters
        while remaining > 0 {
            let bits = stream.next()
            add(Int(((bits >> 32) * scale) >> 32))
            if remaining > 1 { add(Int(((bits & 0xFFFF_FFFF) * scale) >> 32)) }
            remaining -= 2
        }
        func add(_ cluster: Int) {
            for i in 0..<width { row[i] += packed[cluster * width + i] }
        }
    }

    /// The percentile interval of a column.
    public func percentileInterval(column: Int = 0, level: Double) -> (lower: Double, upper: Double) {
        Self.percentiles(replicates[column].sorted(), level)
    }

    /// The bias-corrected and accelerated interval of a column (Efron 1987), with the acceleration from the jackknife
    /// over clusters; the percentile interval where the correction is not defined (no spread, a single cluster, a pole).
    public func acceleratedInterval(column: Int = 0, level: Double) -> (lower: Double, upper: Double) {
        Self.acceleratedInterval(
            replicates[column], estimate: estimates[column], level: level, leftOut: leftOut([column]).map { $0[0] })
    }

    /// The same of a function of the means of some columns; nil where a replicate of it is no finite number.
    public func acceleratedInterval(
        of value: ([Double]) -> Double, columns: Range<Int>, level: Double
    ) -> (lower: Double, upper: Double)? {
        let found = replicates[columns.lowerBound].indices.map { draw in value(columns.map { replicates[$0][draw] }) }
        let left = leftOut(Array(columns)).map(value)
        guard found.allSatisfy(\.isFinite), left.allSatisfy(\.isFinite) else { return nil }
        return Self.acceleratedInterval(found, estimate: value(Array(estimates[columns])), level: level, leftOut: left)
    }

    private static func acceleratedInterval(
        _ replicates: [Double], estimate: Double, level: Double, leftOut: [Double]
    ) -> (lower: Double, upper: Double) {
        let sorted = replicates.sorted()
        let share = sorted.share(below: estimate)
        guard share > 0, share < 1, let acceleration = acceleration(leftOut) else { return percentiles(sorted, level) }
        let bias = Normal.quantile(share)
        let reach = abs(bias) + abs(Normal.quantile((1 - level) / 2))
        // With few clusters and one outlier the correction passes its pole and turns the interval inside out.
        guard abs(acceleration) * reach < 0.9 else { return percentiles(sorted, level) }
        func end(_ probability: Double) -> Double {
            let z = bias + Normal.quantile(probability)
            let adjusted = Normal.probability(below: bias + z / (1 - acceleration * z))
            return Summary.quantile(sorted: sorted, adjusted)
        }
        return (end((1 - level) / 2), end((1 + level) / 2))
    }

    /// Standard deviation of a column's replicates: the bootstrap standard error.
    public func standardError(column: Int = 0) -> Double { Summary.deviation(replicates[column]) ?? 0 }

    /// Means of some columns with one cluster left out at a time, `(clusters, columns)`.
    private func leftOut(_ columns: [Int]) -> [[Double]] {
        let totals = columns.map { sums[$0].reduce(0, +) }
        let items = counts.reduce(0, +)
        return counts.indices.filter { items > counts[$0] }.map { cluster in
            zip(columns, totals).map { ($1 - sums[$0][cluster]) / (items - counts[cluster]) }
        }
    }

    /// Skewness of the leave-one-cluster-out estimates over six, as BCa wants it.
    private static func acceleration(_ left: [Double]) -> Double? {
        let center = Summary.mean(left)
        var (square, cube) = (0.0, 0.0)
        for value in left {
            let d = center - value
            square += d * d
            cube += d * d * d
        }
        guard square > 0 else { return nil }
        return cube / (6 * square * square.squareRoot())
    }

    private static func percentiles(_ sorted: [Double], _ level: Double) -> (lower: Double, upper: Double) {
        (Summary.quantile(sorted: sorted, (1 - level) / 2), Summary.quantile(sorted: sorted, (1 + level) / 2))
    }
}
