import Foundation

/// The Kolmogorov–Smirnov test of a sample against the uniform distribution on [0, 1], or against another sample.
///
/// Used to see whether p-values under a true null are spread as they should be.
public enum KolmogorovSmirnov {
    /// The largest distance between the empirical and the uniform distribution function.
    public static func statistic(uniform sample: [Double]) -> Double {
        let sorted = sample.sorted()
        let n = Double(sorted.count)
        var largest = 0.0
        for (i, value) in sorted.enumerated() {
            largest = max(largest, max(Double(i + 1) / n - value, value - Double(i) / n))
        }
        return largest
    }

    /// The p-value of ``statistic(uniform:)``: Kolmogorov's limit with Stephens' correction for n.
    public static func p(uniform sample: [Double]) -> Double {
        sample.isEmpty ? 1 : limit(statistic(uniform: sample), size: Double(sample.count))
    }

    /// The p-value of two samples of one continuous distribution.
    public static func p(_ first: [Double], _ second: [Double]) -> Double {
        guard !first.isEmpty, !second.isEmpty else { return 1 }
        let (n, m) = (Double(first.count), Double(second.count))
        var (largest, difference) = (0.0, 0.0)
        for (_, step) in (first.map { ($0, 1 / n) } + second.map { ($0, -1 / m) }).sorted(by: { $0.0 < $1.0 }) {
            difference += step
            largest = max(largest, abs(difference))
        }
        return limit(largest, size: n * m / (n + m))
    }

    private static func limit(_ statistic: Double, size: Double) -> Double {
        let root = size.squareRoot()
        let x = statistic * (root + 0.12 + 0.11 / root)
        guard x > 0.2 else { return 1 }  // the series below does not converge near 0, where p is 1 to 12 digits
        var sum = 0.0
        for k in 1...100 {
            let term = exp(-2 * Double(k * k) * x * x)
            sum += k.isMultiple(of: 2) ? -term : term
            if term < 1e-16 { break }
        }
        return min(1, max(0, 2 * sum))
    }
}
