import LinearAlgebra

/// Cohen's κ (1960) of two markings of the same items: agreement beyond that of two who mark at random, each as often.
///
/// κ = (p_o − p_e) / (1 − p_e), p_o the share of items marked alike, p_e = p q + (1 − p)(1 − q) of the shares p and q that
/// the two mark. The interval is the percentile interval of bootstrap replicates that draw clusters of items.
public struct CohensKappa: Equatable, Sendable {
    /// κ; nil where both mark all items or both mark none, and chance alone explains everything.
    public let value: Double?
    /// The 95 % interval; nil with ``value``, and for a single cluster.
    public let interval: [Double]?

    /// - Parameters:
    ///   - marks: whether each item is marked by the first and by the second; at least one.
    ///   - clusters: the cluster of each item as an index from 0.
    ///   - draws: of the bootstrap; those in which κ is not defined are left out.
    public init(
        _ marks: [(first: Bool, second: Bool)], clusters: [Int], draws: Int = 2_000, stream: inout RandomStream
    ) {
        func column(_ isMarked: ((first: Bool, second: Bool)) -> Bool) -> [Double] {
            marks.map { isMarked($0) ? 1 : 0 }
        }
        let bootstrap = Bootstrap(
            columns: [column { $0.first }, column { $0.second }, column { $0.first && $0.second }], clusters: clusters,
            draws: draws, stream: &stream)
        let shares = bootstrap.estimates
        value = Self.value(first: shares[0], second: shares[1], both: shares[2])
        let drawn = bootstrap.replicates
        let values = (0..<draws).compactMap {
            Self.value(first: drawn[0][$0], second: drawn[1][$0], both: drawn[2][$0])
        }
        if value == nil || bootstrap.clusterCount < 2 || values.isEmpty {
            interval = nil
        } else {
            let band = Summary.band(values, level: 0.95)
            interval = [band.lower, band.upper]
        }
    }

    /// κ of the shares of items that the first, the second, and both mark.
    public static func value(first: Double, second: Double, both: Double) -> Double? {
        let observed = 1 - first - second + 2 * both
        let chance = first * second + (1 - first) * (1 - second)
        return chance < 1 ? (observed - chance) / (1 - chance) : nil
    }
}
