/// What a sample can and cannot tell, by the normal approximation.
public enum Power {
    /// The smallest true effect that a two-sided test at `alpha` finds with probability `power`:
    /// (z(1 − α/2) + z(power)) · standard error.
    public static func smallestDetectable(standardError: Double, alpha: Double, power: Double) -> Double {
        (Normal.quantile(1 - alpha / 2) + Normal.quantile(power)) * standardError
    }

    /// Items at which an effect of this size would be found, given the standard error at `count` items; nil for no effect.
    public static func itemsToDetect(
        effect: Double, standardError: Double, count: Int, alpha: Double, power: Double
    ) -> Int? {
        let size = abs(effect)
        guard size > 0, standardError > 0 else { return nil }
        let ratio = smallestDetectable(standardError: standardError, alpha: alpha, power: power) / size
        let items = Double(count) * ratio * ratio
        return items < 1e12 ? Int(items.rounded(.up)) : nil
    }

    /// Items at which the interval would lie within ±margin with the stated power; nil when the effect itself does not.
    public static func itemsToFindEquivalent(
        effect: Double, margin: Double, standardError: Double, count: Int, alpha: Double, power: Double
    ) -> Int? {
        itemsToDetect(
            effect: max(0, margin - abs(effect)), standardError: standardError, count: count, alpha: alpha,
            power: power)
    }
}
