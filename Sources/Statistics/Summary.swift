/// Means, spreads and quantiles in double precision.
public enum Summary {
    /// The arithmetic mean; 0 for no values.
    public static func mean(_ values: some Collection<Double>) -> Double {
        guard !values.isEmpty else { return 0 }
        var sum = 0.0
        for value in values { sum += value }
        return sum / Double(values.count)
    }

    /// The standard deviation with n − 1; nil below two values.
    public static func deviation(_ values: some Collection<Double>) -> Double? {
        guard values.count > 1 else { return nil }
        let center = mean(values)
        var sum = 0.0
        for value in values { sum += (value - center) * (value - center) }
        return (sum / Double(values.count - 1)).squareRoot()
    }

    /// Pearson's correlation; nil when a side does not vary.
    public static func correlation(_ x: [Double], _ y: [Double]) -> Double? {
        precondition(x.count == y.count)
        let (mx, my) = (mean(x), mean(y))
        var (xx, yy, xy) = (0.0, 0.0, 0.0)
        for (a, b) in zip(x, y) {
            xx += (a - mx) * (a - mx)
            yy += (b - my) * (b - my)
            xy += (a - mx) * (b - my)
        }
        guard xx > 0, yy > 0 else { return nil }
        return xy / (xx * yy).squareRoot()
    }

    /// The quantile of sorted values, linear between order statistics (type 7 of Hyndman and Fan; numpy's default).
    public static func quantile(sorted: [Double], _ probability: Double) -> Double {
        precondition(!sorted.isEmpty && probability >= 0 && probability <= 1)
        let position = probability * Double(sorted.count - 1)
        let low = Int(position)
        let high = min(low + 1, sorted.count - 1)
        return sorted[low] + (position - Double(low)) * (sorted[high] - sorted[low])
    }

    /// The median and the ends of the middle `level` of unsorted values.
    public static func band(_ values: [Double], level: Double) -> (lower: Double, median: Double, upper: Double) {
        let found = quantiles(values, [(1 - level) / 2, 0.5, (1 + level) / 2])
        return (found[0], found[1], found[2])
    }

    /// Quantiles of unsorted values, in the order asked for.
    public static func quantiles(_ values: [Double], _ probabilities: [Double]) -> [Double] {
        let sorted = values.sorted()
        return probabilities.map { quantile(sorted: sorted, $0) }
    }
}
