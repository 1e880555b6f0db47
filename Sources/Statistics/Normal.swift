import Foundation

/// The standard normal distribution.
public enum Normal {
    /// P(Z ≤ x).
    public static func probability(below x: Double) -> Double { 0.5 * erfc(-x * 0.5.squareRoot()) }

    /// The x with P(Z ≤ x) = p; −∞ and ∞ at 0 and 1.
    ///
    /// Acklam's rational approximation (relative error 1.2e-9) and one step of Halley's method, which brings it to
    /// about 1e-15.
    public static func quantile(_ p: Double) -> Double {
        precondition(p >= 0 && p <= 1)
        if p == 0 { return -.infinity }
        if p == 1 { return .infinity }
        // Upper half by symmetry, so that quantile(1 − p) is −quantile(p) to the last digit that 1 − p keeps.
        if p > 0.5 { return -quantile(1 - p) }
        var x = approximation(p)
        let error = probability(below: x) - p
        let step = error * (2 * Double.pi).squareRoot() * exp(x * x / 2)
        x -= step / (1 + x * step / 2)
        return x
    }

    /// Acklam's approximation for 0 < p ≤ 1/2.
    private static func approximation(_ p: Double) -> Double {
        if p < 0.02425 {
            let q = (-2 * log(p)).squareRoot()
            return polynomial(tailNumerator, q) / (polynomial(tailDenominator, q) * q + 1)
        }
        let q = p - 0.5
        let r = q * q
        return polynomial(centerNumerator, r) * q / (polynomial(centerDenominator, r) * r + 1)
    }

    private static func polynomial(_ coefficients: [Double], _ x: Double) -> Double {
        coefficients.reduce(0) { $0 * x + $1 }
    }

    private static let centerNumerator = [
        -3.969683028665376e+01, 2.209460984245205e+02, -2.759285104469687e+02, 1.383577518672690e+02,
        -3.066479806614716e+01, 2.506628277459239e+00,
    ]
    private static let centerDenominator = [
        -5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02, 6.680131188771972e+01,
        -1.328068155288572e+01,
    ]
    private static let tailNumerator = [
        -7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00, -2.549732539343734e+00,
        4.374664141464968e+00, 2.938163982698783e+00,
    ]
    private static let tailDenominator = [
        7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00,
    ]
}
