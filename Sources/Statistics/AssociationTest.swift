import LinearAlgebra

/// The effect size and p of WEAT (Caliskan, Bryson and Narayanan 2017, doi 10.1126/science.aal4230) from the associations
/// s(w) of its target words.
///
/// d = (mean of s over X − mean of s over Y) / standard deviation of s over X ∪ Y. p is the share of the partitions of X ∪ Y into
/// sets of these sizes whose Σ_X s − Σ_Y s is at least as large as observed; equal ones count, so that p is never 0. It is
/// one-sided: that X goes with the first attributes.
public struct AssociationTest: Sendable, Equatable {
    /// d, with n − 1 in the deviation, as Caliskan et al., SEAT and bias-bench have it; nil where s does not vary.
    public let effectSize: Double?
    /// d with n in the deviation, as WEFE has it.
    public let populationEffectSize: Double?
    /// The one-sided p.
    public let p: Double
    /// Partitions that p rests on: all of them, or those that were drawn.
    public let partitions: Int
    /// Whether they are all.
    public let isExact: Bool

    /// The most target words of which all partitions are counted.
    public static let exactLimit = 40

    /// Tests the associations of two sets of targets.
    ///
    /// - Parameter draws: partitions drawn where there are more than ``exactLimit`` targets.
    /// - Returns: nil where a set has fewer than two words.
    public init?(first: [Double], second: [Double], draws: Int = 99_999, stream: inout RandomStream) {
        guard first.count > 1, second.count > 1 else { return nil }
        let all = first + second
        effectSize = Self.effectSize(first, second)
        populationEffectSize = effectSize.map { $0 * (Double(all.count) / Double(all.count - 1)).squareRoot() }
        isExact = all.count <= Self.exactLimit
        if isExact {
            let found = Self.countPartitions(all, choosing: first.count)
            (p, partitions) = (Double(found.atLeast) / Double(found.all), found.all)
        } else {
            let isFirst = all.indices.map { $0 < first.count }
            p = Randomisation.choiceP(all, isChosen: isFirst, draws: draws, stream: &stream).p
            partitions = draws
        }
    }

    /// d of two sets of targets; nil where s does not vary.
    package static func effectSize(_ first: [Double], _ second: [Double]) -> Double? {
        guard let deviation = Summary.deviation(first + second), deviation > 0 else { return nil }
        return (Summary.mean(first) - Summary.mean(second)) / deviation
    }

    /// How many choices of `count` values there are, and how many of them sum to at least what the first `count` do.
    ///
    /// Every choice is one from either half of the values. With the sums of both halves sorted by the number of values chosen,
    /// those that reach the observed sum are counted without a visit to each.
    private static func countPartitions(_ values: [Double], choosing count: Int) -> (atLeast: Int, all: Int) {
        let half = values.count / 2
        let left = sortedSums(values[..<half])
        let right = sortedSums(values[half...])
        // Sums that are equal but for rounding count as ties.
        let least = values[..<count].reduce(0, +) - 1e-12 * values.reduce(0) { $0 + abs($1) }
        var (atLeast, all) = (0, 0)
        for chosen in max(0, count - right.count + 1)...min(count, left.count - 1) {
            let others = right[count - chosen]
            var first = others.count
            for sum in left[chosen] {
                while first > 0, sum + others[first - 1] >= least { first -= 1 }
                atLeast += others.count - first
            }
            all += left[chosen].count * others.count
        }
        return (atLeast, all)
    }

    /// The sums of all subsets, rising, by the number of values in them.
    private static func sortedSums(_ values: ArraySlice<Double>) -> [[Double]] {
        var sums: [[Double]] = [[0]]
        for value in values {
            sums.append([])
            for size in stride(from: sums.count - 2, through: 0, by: -1) {
                sums[size + 1] += sums[size].map { $0 + value }
            }
        }
        return sums.map { $0.sorted() }
    }
}
