import LinearAlgebra

/// Tests by randomisation. A p is never 0: the observed value counts as one of the draws.
public enum Randomisation {
    /// (1 + #draws at least as large as the observed value) / (1 + n), one-sided.
    ///
    /// - Parameter tolerance: draws less than this below the observed value count as equal to it, so that values that
    ///   are equal but for rounding count as ties.
    public static func p(observed: Double, draws: [Double], tolerance: Double = 0) -> Double {
        Double(1 + draws.count { $0 >= observed - tolerance }) / Double(1 + draws.count)
    }

    /// One-sided p that the chosen values sum to more than as many values chosen at random do.
    ///
    /// - Parameters:
    ///   - isChosen: which of `values` are chosen, a flag for each.
    ///   - draws: random choices, without replacement.
    /// - Returns: the p, and the smallest that so many draws of so many choices allow.
    public static func choiceP(
        _ values: [Double], isChosen: [Bool], draws: Int, stream: inout RandomStream
    ) -> (p: Double, floor: Double) {
        precondition(values.count == isChosen.count)
        let count = isChosen.count { $0 }
        let observed = zip(values, isChosen).reduce(0) { $1.1 ? $0 + $1.0 : $0 }
        var order = values
        let sums = (0..<draws).map { _ in
            // The first of a shuffle, no further than they are needed.
            for i in 0..<count { order.swapAt(i, i + stream.index(below: order.count - i)) }
            return order[..<count].reduce(0, +)
        }
        let scale = values.reduce(0) { $0 + abs($1) }
        // Choices grow past all draws after a few factors; the product stops mattering there.
        var choices = 1.0
        for i in 0..<count where choices < Double(draws) * 2 { choices *= Double(values.count - i) / Double(i + 1) }
        return (
            p(observed: observed, draws: sums, tolerance: 1e-12 * scale),
            max(1 / Double(1 + draws), 1 / max(1, choices))
        )
    }

    /// Two-sided p of a mean of 0 by flipping signs of clusters of paired differences.
    ///
    /// - Parameters:
    ///   - sums: one number per cluster: the sum of its items' differences.
    ///   - draws: random sign patterns.
    public static func signFlipP(sums: [Double], draws: Int, stream: inout RandomStream) -> Double {
        let scale = sums.reduce(0) { $0 + abs($1) }
        let flipped = (0..<draws).map { _ in
            var total = 0.0
            var bits: UInt64 = 0
            for (i, sum) in sums.enumerated() {
                if i & 63 == 0 { bits = stream.next() }
                total += bits & 1 == 0 ? sum : -sum
                bits >>= 1
            }
            return abs(total)
        }
        return p(observed: abs(sums.reduce(0, +)), draws: flipped, tolerance: 1e-12 * scale)
    }
}
