import Foundation

/// −(2/β) log σ(m) and its derivative in the margin m; the factor makes losses of any β end in the same slopes.
struct LogisticLoss {
    /// −(2/β) log σ(m).
    let value: Double
    /// d value/dm = −(2/β) σ(−m).
    let slope: Double

    init(margin: Double, beta: Double) {
        // log(1 + e^−m), without an overflow on either side.
        value = 2 / beta * (max(0, -margin) + log1p(exp(-abs(margin))))
        slope = -2 / beta / (1 + exp(margin))
    }
}
