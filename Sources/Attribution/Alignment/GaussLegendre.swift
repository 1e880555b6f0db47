import Foundation

/// Gauss–Legendre quadrature on [0, 1]: n nodes integrate polynomials of degree 2n − 1 exactly.
package enum GaussLegendre {
    /// The nodes, ascending, with their weights, which add up to 1.
    ///
    /// Zeros of the Legendre polynomial by Newton's method from Tricomi's estimate (Press et al., Numerical Recipes,
    /// §4.6), mapped from [−1, 1].
    package static func nodes(_ count: Int) -> [(position: Double, weight: Double)] {
        precondition(count > 0, "at least one node")
        return (0..<count).map { index in
            var x = cos(Double.pi * (Double(index) + 0.75) / (Double(count) + 0.5))
            var slope = 1.0
            for _ in 0..<100 {
                // P_n by its recurrence; the derivative follows from P_n and P_{n−1}.
                var (last, value) = (0.0, 1.0)
                for n in 0..<count {
                    (last, value) = (value, ((2 * Double(n) + 1) * x * value - Double(n) * last) / Double(n + 1))
                }
                slope = Double(count) * (x * value - last) / (x * x - 1)
                let step = value / slope
                x -= step
                if abs(step) < 1e-15 { break }
            }
            return (position: (1 - x) / 2, weight: 1 / ((1 - x * x) * slope * slope))
        }
    }
}
