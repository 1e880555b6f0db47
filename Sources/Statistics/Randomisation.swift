import LinearAlgebra

/// Tests by randomisation. A p is never 0: the observed value counts as one of the draws.
public enum Randomisation {
    /// (1 + #draws at least as large as the observed value) / (1 + n), one-sided.
    ///
    /// - Parameter tolerance: draws less than this below the observed value count as equal to it, so that values that
    ///   are equal but for rounding count as ties.
    public static func p(observed: Double, draws: [Double], tolerance: Double = 0) -> Double {
        var count = 0
        for draw in draws where draw >= observed - tolerance { count += 1 }
        return Double(1 + count) / Double(1 + draws.count)
    }

    /// Two-sided p of a mean of 0 by flipping signs of clusters of paired differences.
    ///
    /// - Parameters:
    ///   - sums: one number per cluster: the sum of its items' differences.
    ///   - draws: random sign patterns.
    public static func signFlipP(sums: [Double], draws: Int, stream: inout RandomStream) -> Double {
        let observed = abs(sums.reduce(0, +))
        let scale = sums.reduce(0) { $0 + abs($1) }
        let limit = observed - 1e-12 * scale
        var count = 0
        for _ in 0..<draws {
            var total = 0.0
            var bits: UInt64 = 0
            for (i, sum) in sums.enumerated() {
                if i & 63 == 0 { bits = stream.next() }
                total += bits & 1 == 0 ? sum : -sum
                bits >>= 1
            }
            if abs(total) >= limit { count += 1 }
        }
        return Double(1 + count) / Double(1 + draws)
    }
}
