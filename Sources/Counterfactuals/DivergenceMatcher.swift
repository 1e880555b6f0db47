/// Finds the scale of an update at which its divergence is a given one.
///
/// KL grows as the square of a small scale, so a step by √(target / KL) nearly hits; a bracket keeps it safe where the
/// square law fails. The first search finds where to start; every later one starts there, so a draw's scale depends on
/// its own number only (and on draw 0).
package struct DivergenceMatcher {
    package let target: Double
    package let tolerance: Double
    private var start: Double?
    private let evaluationLimit = 40

    package init(target: Double, tolerance: Double) {
        self.target = target
        self.tolerance = tolerance
    }

    /// The scale whose divergence is within the tolerance of the target, or the closest one found.
    ///
    /// - Parameter divergence: sets the model to a scale and returns its divergence. Its last call is at the scale
    ///   returned.
    package mutating func match(_ divergence: (Double) -> Double) -> (scale: Double, kl: Double) {
        guard target > 0, target.isFinite else { return (0, divergence(0)) }
        var scale = start ?? 1
        var (low, high) = (0.0, Double.infinity)
        var best = (scale: 0.0, kl: 0.0)
        var last = scale
        for _ in 0..<evaluationLimit {
            let kl = divergence(scale)
            last = scale
            if abs(kl - target) < abs(best.kl - target) { best = (scale, kl) }
            if abs(kl - target) <= tolerance * target { break }
            // A divergence that is not finite comes from a scale that is far too large.
            if kl < target { low = scale } else { high = scale }
            let guess = kl > 0 && kl.isFinite ? scale * (target / kl).squareRoot() : kl == 0 ? scale * 16 : scale / 16
            if guess > low, guess < high {
                scale = guess
            } else {
                scale = high.isFinite ? (low > 0 ? (low * high).squareRoot() : high / 16) : low * 2
            }
            // The scales left to try are neighbours in float: the text cannot tell them apart.
            if high / scale < 1 + 1e-6, scale / low < 1 + 1e-6 { break }
        }
        if last != best.scale { best.kl = divergence(best.scale) }
        if start == nil, best.scale > 0 { start = best.scale }
        return best
    }
}
