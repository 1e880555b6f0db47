import Foundation

/// Gauss–Radau quadrature on [0, 1], whose first node is 0: n nodes integrate polynomials of degree 2n − 2 exactly.
///
/// A path from θ0 begins where a gradient is wanted anyway, so this takes one gradient less than a rule without its ends.
package enum GaussRadau {
    /// The nodes, ascending, with their weights, which add up to 1.
    ///
    /// Beside −1 the zeros of Pₙ₋₁ + Pₙ, with the weights (1 − x) / (n Pₙ₋₁(x))² (Abramowitz and Stegun 1964, 25.4.31), by
    /// Newton's method and mapped from [−1, 1].
    package static func nodes(_ count: Int) -> [(position: Double, weight: Double)] {
        precondition(count > 0, "at least one node")
        let n = Double(count)
        return (0..<count).map { index in
            guard index > 0 else { return (position: 0, weight: 1 / (n * n)) }
            var x = -cos(2 * Double.pi * Double(index) / (2 * n - 1))
            var before = legendre(count - 1, x)
            for _ in 0..<100 {
                before = legendre(count - 1, x)
                let (last, value) = (before.value, legendre(count, x).value)
                let slopes = n * (x * value - last) + (n - 1) * (x * last - before.last)
                let step = (last + value) * (x * x - 1) / slopes
                x -= step
                if abs(step) < 1e-15 { break }
            }
            return (position: (1 + x) / 2, weight: (1 - x) / (2 * n * n * before.value * before.value))
        }
    }

    /// P_k(x), and P_{k−1}(x) before it, by their recurrence.
    private static func legendre(_ k: Int, _ x: Double) -> (last: Double, value: Double) {
        var (last, value) = (0.0, 1.0)
        for n in 0..<k {
            (last, value) = (value, ((2 * Double(n) + 1) * x * value - Double(n) * last) / Double(n + 1))
        }
        return (last, value)
    }
}
