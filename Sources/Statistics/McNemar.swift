import Foundation

/// McNemar's exact test of paired yes/no answers.
public enum McNemar {
    /// Two-sided exact p for `b` changes one way and `c` the other: min(1, 2·P(X ≤ min(b, c))), X ~ Binomial(b + c, ½).
    public static func exactP(_ b: Int, _ c: Int) -> Double {
        precondition(b >= 0 && c >= 0)
        let n = b + c
        guard n > 0 else { return 1 }
        var tail = 0.0
        let base = lgamma(Double(n + 1)) - Double(n) * log(2)
        for k in 0...min(b, c) { tail += exp(base - lgamma(Double(k + 1)) - lgamma(Double(n - k + 1))) }
        return min(1, 2 * tail)
    }
}
