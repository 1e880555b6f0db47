import Analyze
import LinearAlgebra
import Records
import Statistics
import TestSupport
import Testing

@Suite("Transfer")
struct TransferTests {
    @Test("identity: every change and interval is 0, every p is 1")
    func identity() throws {
        var fixture = TransferFixture(tau: [0, 0, 0], noise: 0)
        fixture.remove(.random)
        let result = try fixture.analyse()
        for row in result.transfer {
            #expect(row.tau == 0 && row.interval == Interval(lower: 0, upper: 0) && row.direction == .undecided)
            #expect(row.permutationP == 1 && row.mcnemar?.p == 1 && row.smallestDetectable == 0)
        }
        #expect(result.verdicts.allSatisfy { $0.outcome == .noTransfer })
        #expect(result.notComputed.contains { $0.what == "excess of race on pairs" })
    }

    @Test("scores are means, shares and spreads of the gaps; items that are not finite are counted and left out")
    func scores() throws {
        let gaps = [0.2, -0.1, 0.0, 0.3]
        let items =
            gaps.enumerated().map {
                FixtureItem(row: $0.offset, domain: "gender", before: $0.element, after: $0.element / 2)
            } + [FixtureItem(row: 9, domain: "gender", before: .nan, after: 0)]
        let fixture = TransferFixture(items: items, domains: [AnalysisDomain(name: "gender", role: .target)])
        let before = try fixture.analyse().scores[0].before
        #expect(abs(before.bias - 0.1) < 1e-15 && before.share == 50 && before.shareDistance == 0)
        #expect(abs(before.meanAbsoluteGap - 0.15) < 1e-15 && abs(before.gapDeviation - 0.18257418583505536) < 1e-12)
        #expect(before.count == 4 && before.ties == 1 && before.nonFinite == 1)
    }

    @Test("items that share a template widen the interval, and the widest interval decides")
    func clustered() throws {
        var fixture = TransferFixture(noise: 0)
        var stream = RandomStream(seed: 3)
        let shifts = (0..<12).map { _ in 0.03 * stream.normal() }
        fixture.edit { $0.after += shifts[$0.row % 12] }
        let row = try #require(try fixture.analyse().transfer.first { $0.domain == "race" })
        let (interval, plain) = try (#require(row.interval), #require(row.itemInterval))
        #expect(row.intervalKind == "template" && row.clusterIntervals[0].clusters == 12)
        #expect(interval.upper - interval.lower > 2 * (plain.upper - plain.lower))
    }

    @Test("odd and even parts of a planted response are found at every α with a mirror image")
    func scaling() throws {
        let scaling = try #require(
            try TransferFixture(even: -0.03).analyse().updateScaling.first { $0.domain == "gender" })
        let part = try #require(scaling.atOne)
        #expect(abs(part.odd + 0.07) < 0.01 && abs(part.even + 0.03) < 1e-12)
        #expect(scaling.parts.map(\.alpha) == [0.5, 1] && scaling.points.map(\.alpha) == TransferFixture.alphas)
        #expect(part.oddInterval?.excludesZero == true)
    }

    @Test("what is left of a change without the common shift is a share paired over items; of no change there is none")
    func commonRemovedShare() throws {
        var fixture = TransferFixture()
        fixture.edit { $0.afterCommonRemoved = $0.before + 0.4 * ($0.after - $0.before) }
        let rows = try fixture.analyse().transfer
        let race = try #require(rows.first { $0.domain == "race" }?.commonRemoved)
        let share = try #require(race.share?.value)
        let interval = try #require(race.share?.interval)
        // The same in every item, so no resampling moves it, however wide the interval of τ.
        #expect([share, interval.lower, interval.upper].allSatisfy { abs($0 - 0.4) < 1e-9 }, "\(share) \(interval)")
        #expect(race.interval.map { $0.upper - $0.lower > 0.001 } == true)
        let age = rows.first { $0.domain == "age" }?.commonRemoved
        #expect(age?.tau != nil && age?.share?.value == nil && age?.share?.reason == "the interval of τ holds 0")
    }

    @Test("first-order draws are corrected by the exact ones, and refused with fewer than ten of these")
    func firstOrder() throws {
        var fixture = TransferFixture()
        var stream = RandomStream(seed: 5)
        let gaps = fixture.items.filter { $0.domain == "race" }.map(\.before)
        let start = Summary.mean(gaps)
        fixture.remove(.random)
        fixture.records.models += (0..<199).map { i in
            let first = 0.005 * stream.normal()
            var model = ScoredModel(benchmark: "pairs", kind: .random, draw: i)
            model.firstOrder["race"] = start + first
            model.bias["race"] = start + first - 0.01
            model.scoring = i < 20 ? .exact : .firstOrder
            return model
        }
        let null = try #require(try fixture.analyse().transfer.first { $0.domain == "race" }?.nulls.first)
        #expect(null.isFirstOrder && null.count == 199 && null.pFloor == 0.005)
        #expect(abs(null.mean + 0.01) < 0.002)
        let calibration = try #require(null.calibration)
        #expect(calibration.count == 20 && abs(calibration.meanError + 0.01) < 1e-12)
        for i in fixture.records.models.indices where (fixture.records.models[i].draw ?? 0) >= 9 {
            fixture.records.models[i].scoring = .firstOrder
        }
        let result = try fixture.analyse()
        #expect(result.transfer.allSatisfy { $0.nulls.isEmpty })
        #expect(result.notComputed.contains { $0.reason.contains("10 wanted") })
    }

    @Test("under a true null the randomisation p is uniform over 200 seeds")
    func calibration() throws {
        var p: [Double] = []
        for seed in 0..<200 as Range<UInt64> {
            var stream = RandomStream(seed: seed, label: "null tau")
            let tau = 0.005 * stream.normal()
            var fixture = TransferFixture(seed: seed, count: 10, tau: [-0.07, tau, 0], noise: 0)
            fixture.settings.bootstrapDraws = 50
            fixture.remove(.dose)
            let row = try #require(try fixture.analyse().transfer.first { $0.domain == "race" })
            p.append(try #require(row.nulls.first?.pToward))
        }
        #expect(KolmogorovSmirnov.p(uniform: p) > 0.01)
    }

    @Test("the order of the items does not change the estimates, and the same seed gives the same result")
    func order() throws {
        var fixture = TransferFixture()
        fixture.remove(.dose)
        let first = try fixture.analyse()
        #expect(try fixture.analyse() == first)
        fixture.items.reverse()
        let second = try fixture.analyse()
        for (a, b) in zip(first.transfer, second.transfer) {
            #expect(abs(a.tau - b.tau) < 1e-14 && a.mcnemar == b.mcnemar && a.direction == b.direction)
        }
        #expect(first.verdicts.map(\.outcome) == second.verdicts.map(\.outcome))
    }

    @Test("a benchmark without items of a domain says so instead of giving numbers")
    func empty() throws {
        var fixture = TransferFixture()
        fixture.items.removeAll { $0.domain == "gender" }
        let result = try fixture.analyse()
        #expect(result.verdicts.isEmpty)
        #expect(result.notComputed.contains { $0.what == "scores of gender on pairs" })
        #expect(result.notComputed.contains { $0.what == "verdict of race on pairs" })
    }

    @Test("scores of different items before and after are refused, not compared")
    func otherItems() throws {
        var records = TransferFixture().all
        records.evaluations[1].items.removeLast()
        let request = TransferFixture().request
        #expect { try Analysis.run(records, request, spaces: []) } throws: { "\($0)".contains("different items") }
    }
}
