import LinearAlgebra
import Statistics
import TestSupport
import Testing

@Suite("Tests and corrections")
struct TestsTests {
    @Test("Holm and Benjamini–Hochberg step as by hand, and tests not made count for nothing")
    func corrections() throws {
        let p: [Double?] = [0.01, nil, 0.04, 0.03, 0.005]
        let holm = MultipleTests.holm(p)
        let q = MultipleTests.benjaminiHochberg(p)
        #expect(holm[1] == nil && q[1] == nil)
        #expect(compare(holm.compactMap { $0 }, [0.03, 0.06, 0.06, 0.02], absolute: 1e-12, relative: 0).isClose)
        #expect(compare(q.compactMap { $0 }, [0.02, 0.04, 0.04, 0.02], absolute: 1e-12, relative: 0).isClose)
        #expect(MultipleTests.holm([0.9, 0.8]).compactMap { $0 } == [1, 1])
    }

    @Test(
        "McNemar's exact p agrees with whole-number arithmetic",
        arguments: [
            (3, 11, 0.057373046875), (0, 6, 0.03125), (5, 5, 1.0), (40, 60, 0.05688793364098079), (0, 0, 1.0),
        ])
    func mcnemar(_ entry: (b: Int, c: Int, p: Double)) {
        #expect(abs(McNemar.exactP(entry.b, entry.c) - entry.p) < 1e-12)
        #expect(abs(McNemar.exactP(entry.c, entry.b) - entry.p) < 1e-12)
    }

    /// mpmath 1.3.0's regularised incomplete beta function: `tails` in EvaluateTests/Fixtures/benchmark-parity/reference.json.
    @Test(
        "the two-sided p of Student's t",
        arguments: [
            (0.0, 1.0, 1.0),
            (0.0, 2.0, 1.0),
            (0.0, 7.0, 1.0),
            (0.0, 252.0, 1.0),
            (0.0, 100000.0, 1.0),
            (0.3, 1.0, 0.8144528418445153),
            (0.3, 2.0, 0.7924856608401779),
            (0.3, 7.0, 0.7728900504021344),
            (0.3, 252.0, 0.7644244715584966),
            (0.3, 100000.0, 0.764177779196577),
            (-1.0, 1.0, 0.5),
            (-1.0, 2.0, 0.4226497308103742),
            (-1.0, 7.0, 0.35061666282020754),
            (-1.0, 252.0, 0.3182697559406312),
            (-1.0, 100000.0, 0.31731292756543056),
            (2.5, 1.0, 0.2422378831816868),
            (2.5, 2.0, 0.12961172022151082),
            (2.5, 7.0, 0.040992218585752895),
            (2.5, 252.0, 0.013055743119357541),
            (2.5, 100000.0, 0.01242091919256753),
            (8.0, 1.0, 0.07916684832113109),
            (8.0, 2.0, 0.015268072165338138),
            (8.0, 7.0, 9.11492117087536e-05),
            (8.0, 252.0, 4.5390681093295506e-14),
            (8.0, 100000.0, 1.2573919876224018e-15),
            (40.0, 1.0, 0.015912179824051628),
            (40.0, 2.0, 0.0006244146721847406),
            (40.0, 7.0, 1.5902179984850376e-09),
            (40.0, 252.0, 3.854827271470511e-111),
            (40.0, 100000.0, 0.0),
        ])
    func studentT(_ entry: (t: Double, degrees: Double, p: Double)) {
        let close = compare(
            [StudentT.twoSidedP(entry.t, degrees: entry.degrees)], [entry.p], absolute: 1e-300, relative: 1e-9)
        #expect(close.isClose, "\(close)")
    }

    @Test("a randomisation p is never 0 and counts ties")
    func randomisation() {
        #expect(Randomisation.p(observed: 5, draws: [1, 2, 3]) == 0.25)
        #expect(Randomisation.p(observed: 2, draws: [1, 2, 3]) == 0.75)
        #expect(Randomisation.p(observed: 0, draws: [0, 0]) == 1)
        #expect(Randomisation.p(observed: 2 + 1e-15, draws: [2], tolerance: 1e-12) == 1)
    }

    @Test("sign-flip p-values are uniform without an effect and small with one")
    func signFlips() {
        var p: [Double] = []
        for seed in 0..<200 as Range<UInt64> {
            var stream = RandomStream(seed: seed, label: "sign flips")
            let sums = (0..<70).map { _ in stream.normal() }
            p.append(Randomisation.signFlipP(sums: sums, draws: 499, stream: &stream))
        }
        #expect(KolmogorovSmirnov.p(uniform: p) > 0.01)
        var stream = RandomStream(seed: 1)
        let shifted = (0..<70).map { _ in 1 + stream.normal() }
        #expect(Randomisation.signFlipP(sums: shifted, draws: 499, stream: &stream) == 0.002)
        #expect(Randomisation.signFlipP(sums: [0, 0, 0], draws: 99, stream: &stream) == 1)
    }

    @Test("p of a choice of values against all choices of as many, counted out")
    func choices() {
        let values = [3.0, -1, 2, 2, 0.5, -4, 1.5]
        var stream = RandomStream(seed: 11)
        for bits in [0b0000101, 0b0011100, 0b1100010, 0b0000111] {
            let chosen = values.indices.map { bits >> $0 & 1 == 1 }
            let observed = zip(values, chosen).reduce(0) { $1.1 ? $0 + $1.0 : $0 }
            let size = chosen.count { $0 }
            let all = (0..<128).filter { $0.nonzeroBitCount == size }
            let asMuch = all.count { set in
                values.indices.reduce(0) { set >> $1 & 1 == 1 ? $0 + values[$1] : $0 } >= observed - 1e-9
            }
            let (p, floor) = Randomisation.choiceP(values, isChosen: chosen, draws: 20000, stream: &stream)
            let exact = Double(asMuch) / Double(all.count)
            #expect(abs(p - exact) < 5 * (exact / 20000).squareRoot() + 1e-4, "\(p), counted \(exact)")
            #expect(floor == 1 / Double(all.count))
        }
        let many = Randomisation.choiceP(
            (0..<40).map(Double.init), isChosen: (0..<40).map { $0 >= 20 }, draws: 999, stream: &stream)
        #expect(many.p == 0.001 && many.floor == 0.001)
    }

    @Test("Kolmogorov–Smirnov rejects what is not uniform")
    func kolmogorov() {
        var stream = RandomStream(seed: 6)
        let uniform = (0..<500).map { _ in stream.uniform() }
        #expect(KolmogorovSmirnov.p(uniform: uniform) > 0.05)
        #expect(KolmogorovSmirnov.p(uniform: uniform.map { $0 * $0 }) < 1e-6)
        #expect(abs(KolmogorovSmirnov.statistic(uniform: [0.25, 0.75]) - 0.25) < 1e-15)
    }

    @Test("normal quantiles invert the distribution to 1e-12 and know the textbook values")
    func normal() {
        #expect(abs(Normal.quantile(0.975) - 1.959963984540054) < 1e-12)
        #expect(abs(Normal.quantile(0.8) - 0.8416212335729143) < 1e-12)
        for p in [1e-8, 1e-3, 0.02, 0.3, 0.5, 0.9, 0.99999] {
            #expect(abs(Normal.probability(below: Normal.quantile(p)) / p - 1) < 1e-12)
        }
        #expect(Normal.quantile(0) == -.infinity && Normal.quantile(1) == .infinity)
    }

    @Test("quantiles and deviations agree with numpy")
    func summary() throws {
        let x = [0.3, -1.2, 4.0, 2.5, 2.5, 0.0, -3.1]
        let found = Summary.quantiles(x, [0.025, 0.25, 0.5, 0.9])
        #expect(compare(found, [-2.815, -0.6, 0.3, 3.1], absolute: 1e-12, relative: 0).isClose)
        #expect(abs(try #require(Summary.deviation(x)) - 2.4518214803342784) < 1e-13)
        #expect(Summary.deviation([1]) == nil)
        #expect(Summary.correlation([1, 2, 3], [2, 4, 6]) == 1)
        #expect(Summary.correlation([1, 2, 3], [2, 2, 2]) == nil)
    }

    @Test("the smallest detectable effect is found with the stated power, and more items find smaller ones")
    func power() throws {
        let size = Power.smallestDetectable(standardError: 0.1, alpha: 0.05, power: 0.8)
        #expect(abs(size - 0.28015852181) < 1e-9)
        let same = Power.itemsToDetect(effect: size * 1.0001, standardError: 0.1, count: 50, alpha: 0.05, power: 0.8)
        let half = Power.itemsToDetect(effect: size * 0.50001, standardError: 0.1, count: 50, alpha: 0.05, power: 0.8)
        #expect(same == 50 && half == 200)
        #expect(Power.itemsToDetect(effect: 0, standardError: 0.1, count: 50, alpha: 0.05, power: 0.8) == nil)
        #expect(
            Power.itemsToFindEquivalent(
                effect: 0.3, margin: 0.02, standardError: 0.1, count: 50, alpha: 0.05, power: 0.8) == nil)
    }
}
