import LinearAlgebra
import Statistics
import TestSupport
import Testing

@Suite("The effect size and p of WEAT")
struct AssociationTestTests {
    /// The partitions whose first set sums to at least what is observed, each visited.
    private func visited(_ first: [Double], _ second: [Double]) -> (p: Double, count: Int) {
        let all = first + second
        let observed = first.reduce(0, +)
        var (atLeast, count) = (0, 0)
        for mask in 0..<(1 << all.count) where mask.nonzeroBitCount == first.count {
            let sum = all.indices.reduce(0.0) { mask >> $1 & 1 == 1 ? $0 + all[$1] : $0 }
            count += 1
            if sum >= observed - 1e-9 { atLeast += 1 }
        }
        return (Double(atLeast) / Double(count), count)
    }

    @Test(
        "p over all partitions is that of visiting each, ties counted",
        arguments: [(2, 2), (3, 5), (8, 8), (2, 12), (9, 4), (7, 7)], [false, true])
    func exact(sizes: (Int, Int), hasTies: Bool) throws {
        var stream = RandomStream(seed: 7)
        func values(_ count: Int) -> [Double] {
            (0..<count).map { _ in hasTies ? Double(stream.index(below: 4)) / 10 : stream.normal() }
        }
        for _ in 0..<5 {
            let (first, second) = (values(sizes.0), values(sizes.1))
            let test = try #require(AssociationTest(first: first, second: second, stream: &stream))
            let expected = visited(first, second)
            #expect(test.isExact && test.partitions == expected.count && test.p == expected.p)
        }
    }

    @Test("d is the difference of means over the deviation of all, with either divisor")
    func effect() throws {
        var stream = RandomStream(seed: 1)
        let test = try #require(AssociationTest(first: [0.3, 0.5, 0.1], second: [0, -0.2, 0.2], stream: &stream))
        // numpy: x.mean() - y.mean() = 0.3; std of the six values 0.2428992 (ddof 1), 0.2217355 (ddof 0).
        #expect(abs((test.effectSize ?? 0) - 1.2350805) < 1e-6)
        #expect(abs((test.populationEffectSize ?? 0) - 1.3529629) < 1e-6)
        // One that does not vary has no d, and all partitions tie.
        let flat = try #require(AssociationTest(first: [0.1, 0.1], second: [0.1, 0.1], stream: &stream))
        #expect(flat.effectSize == nil && flat.p == 1)
        #expect(AssociationTest(first: [0.1], second: [0.1, 0.3], stream: &stream) == nil)
    }

    @Test(
        "all 137,846,528,820 partitions of twenty and twenty are counted; beyond, partitions are drawn and p is never 0"
    )
    func large() throws {
        var stream = RandomStream(seed: 3)
        let values = (0..<41).map { Double($0) }
        let whole = try #require(
            AssociationTest(first: Array(values[20..<40]), second: Array(values[..<20]), stream: &stream))
        #expect(whole.isExact && whole.partitions == 137_846_528_820 && whole.p == 1 / 137_846_528_820)
        let drawn = try #require(
            AssociationTest(first: Array(values[20...]), second: Array(values[..<20]), draws: 999, stream: &stream))
        #expect(!drawn.isExact && drawn.partitions == 999 && drawn.p == 1e-3)
        // Of a fair split about half of all partitions are as large.
        let even = values.indices.filter { $0 % 2 == 0 }.map { values[$0] }
        let odd = values.indices.filter { $0 % 2 == 1 }.map { values[$0] }
        let fair = try #require(AssociationTest(first: even, second: odd, draws: 999, stream: &stream))
        #expect(abs(fair.p - 0.5) < 0.06)
    }
}
