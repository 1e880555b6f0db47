import LinearAlgebra

/// Bootstrap replicates of a mean over a crossed table: repetitions (seeds) × items, both resampled.
///
/// Every draw takes as many rows as there are, and as many clusters of columns, each with replacement and independently
/// of the other (the pigeonhole bootstrap of Owen 2007, DOI 10.1214/07-AOAS122): what all items of a seed share and what
/// all seeds of an item share both widen the interval. It errs on the wide side.
public struct TwoWayBootstrap: Sendable {
    /// Means, one a draw.
    public let replicates: [Double]
    /// The mean over the whole table.
    public let estimate: Double

    /// Draws the replicates.
    ///
    /// - Parameters:
    ///   - values: `(rows, items)`, all rows of one length.
    ///   - clusters: cluster of each item as an index from 0; nil makes each item its own cluster.
    public init(values: [[Double]], clusters: [Int]? = nil, draws: Int, stream: inout RandomStream) {
        let items = values.first?.count ?? 0
        precondition(items > 0 && values.allSatisfy { $0.count == items }, "rows of different length")
        let clusters = clusters ?? Array(0..<items)
        precondition(clusters.count == items)
        let (height, width) = (values.count, (clusters.max() ?? 0) + 1)
        var sums = [Double](repeating: 0, count: width * height)  // (clusters, rows)
        var counts = [Double](repeating: 0, count: width)
        for (item, cluster) in clusters.enumerated() {
            counts[cluster] += 1
            for row in 0..<height { sums[cluster * height + row] += values[row][item] }
        }
        estimate = sums.reduce(0, +) / Double(items * height)
        var out = [Double](repeating: 0, count: draws)
        out.withUnsafeMutableBufferPointer { out in
            nonisolated(unsafe) let out = out  // blocks write disjoint ranges
            drawBlocks(draws, &stream) { block, stream in
                var weights = [Double](repeating: 0, count: height)
                for draw in block {
                    for row in 0..<height { weights[row] = 0 }
                    for _ in 0..<height { weights[stream.index(below: height)] += 1 }
                    var (total, count) = (0.0, 0.0)
                    for _ in 0..<width {
                        let cluster = stream.index(below: width)
                        count += counts[cluster]
                        for row in 0..<height { total += weights[row] * sums[cluster * height + row] }
                    }
                    out[draw] = total / (count * Double(height))
                }
            }
        }
        replicates = out
    }

    /// The percentile interval of the mean.
    public func percentileInterval(level: Double) -> (lower: Double, upper: Double) {
        let band = Summary.band(replicates, level: level)
        return (band.lower, band.upper)
    }

    /// Standard deviation of the replicates.
    public var standardError: Double { Summary.deviation(replicates) ?? 0 }
}
