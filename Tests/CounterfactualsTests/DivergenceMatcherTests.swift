import Attribution
import Counterfactuals
import Foundation
import Testing

@Suite("Matching a divergence")
struct DivergenceMatcherTests {
    @Test("scales are found for curves of every kind", arguments: [1e-6, 1e-3, 0.05, 0.9])
    func curves(target: Double) {
        let curves: [(Double) -> Double] = [
            { $0 * $0 }, { 1e-4 * $0 * $0 }, { 1e4 * $0 * $0 }, { $0 * $0 + pow($0, 4) }, { 1 - exp(-$0 * $0) },
            { $0 > 30 ? .infinity : $0 * $0 / 1000 }, { $0 > 0.01 ? .nan : 1e5 * $0 * $0 },
            { max(0, $0 - 1e-3) },
        ]
        for curve in curves {
            var matcher = DivergenceMatcher(target: target, tolerance: 0.02)
            for _ in 0..<2 {
                var last = 0.0
                let match = matcher.match {
                    last = $0
                    return curve($0)
                }
                #expect(abs(match.kl / target - 1) <= 0.02)
                #expect(match.kl == curve(match.scale) && last == match.scale)
            }
        }
    }

    @Test("a square law takes two evaluations, and one from the second draw on")
    func evaluations() {
        var matcher = DivergenceMatcher(target: 0.01, tolerance: 0.02)
        var count = 0
        func square(_ scale: Double) -> Double {
            count += 1
            return 7 * scale * scale
        }
        _ = matcher.match(square)
        #expect(count == 2)
        _ = matcher.match(square)
        #expect(count == 3)
    }

    @Test("a target that cannot be reached ends with the closest scale")
    func unreachable() {
        var matcher = DivergenceMatcher(target: 2, tolerance: 0.02)
        let match = matcher.match { min(1, $0) }
        #expect(match.kl == 1)
        var zero = DivergenceMatcher(target: 0, tolerance: 0.02)
        #expect(zero.match { $0 }.scale == 0)
    }
}
