import Foundation

/// Student's t.
public enum StudentT {
    /// A test of paired numbers.
    public struct Paired: Sendable, Equatable {
        /// Mean difference over its standard error.
        public let t: Double
        /// Number of pairs less 1.
        public let degrees: Int
        /// The two-sided p.
        public let p: Double
    }

    /// The paired test of two lists, `first` less `second`; nil below two pairs, and where the differences do not vary or are no numbers.
    ///
    /// `scipy.stats.ttest_rel` gives the same.
    public static func paired(_ first: [Double], _ second: [Double]) -> Paired? {
        precondition(first.count == second.count, "one for one")
        let differences = zip(first, second).map { $0 - $1 }
        guard let deviation = Summary.deviation(differences), deviation > 0, deviation.isFinite else { return nil }
        let t = Summary.mean(differences) * Double(differences.count).squareRoot() / deviation
        return Paired(
            t: t, degrees: differences.count - 1, p: twoSidedP(t, degrees: Double(differences.count - 1)))
    }

    /// P(|T| ≥ |t|): the regularised incomplete beta function I_x(ν/2, ½) at x = ν / (ν + t²).
    public static func twoSidedP(_ t: Double, degrees: Double) -> Double {
        precondition(degrees > 0)
        let x = degrees / (degrees + t * t)
        return min(1, max(0, incompleteBeta(x, degrees / 2, 0.5)))
    }

    /// I_x(a, b) by its continued fraction (DLMF 8.17.22), on the side of its mean where that converges fast.
    private static func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
        if x <= 0 { return 0 }
        if x >= 1 { return 1 }
        guard x <= (a + 1) / (a + b + 2) else { return 1 - incompleteBeta(1 - x, b, a) }
        let front = exp(a * log(x) + b * log1p(-x) - lgamma(a) - lgamma(b) + lgamma(a + b)) / a
        // Lentz's way: the value is the product of the ratios of the convergents' numerators and denominators.
        var numerator = 1.0
        var denominator = 1 / nonzero(1 - (a + b) * x / (a + 1))
        var value = denominator
        for m in stride(from: 1.0, through: 10_000, by: 1) {
            let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
            let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
            var ratio = 1.0
            for term in [even, odd] {
                denominator = 1 / nonzero(1 + term * denominator)
                numerator = nonzero(1 + term / numerator)
                ratio = numerator * denominator
                value *= ratio
            }
            if abs(ratio - 1) < 1e-15 { break }
        }
        return front * value
    }

    private static func nonzero(_ x: Double) -> Double { abs(x) < 1e-300 ? 1e-300 : x }
}
