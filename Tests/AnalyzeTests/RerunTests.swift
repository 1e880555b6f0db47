import Analyze
import LinearAlgebra
import Records
import Statistics
import Testing

/// A fixture with retrainings whose outcome is chosen.
private struct RerunFixture {
    var transfer: TransferFixture

    init(count: Int = 120) {
        transfer = TransferFixture(count: count)
        transfer.records.retrainings = RetrainingRecord()
        add(rerun("run", .ladder))
    }

    func rerun(
        _ name: String, _ purpose: Retraining.Purpose, forgotten: String = "gender", seed: Int = 1,
        reason: String? = nil
    ) -> Retraining {
        Retraining(
            name: name, purpose: purpose, change: name, forgotten: forgotten, seed: seed, sentences: 10,
            harmfulTokens: 20, steps: 5, reason: reason)
    }

    /// Adds a retraining without scores.
    mutating func add(_ rerun: Retraining) { transfer.records.retrainings?.reruns.append(rerun) }

    /// Adds one whose every item changed by `scale` times what it changed in the run, and by `shift`.
    mutating func add(_ rerun: Retraining, scale: Double, shift: Double = 0) {
        add(rerun)
        transfer.records.models.append(
            transfer.model(.rerun, rerun.name, share: scale, shift: shift, kl: 0.01, perplexity: 6))
    }

    func analyse() throws -> AttributionResult { try #require(try transfer.explain()) }
}

@Suite("Retrainings, the matrix and the forecast")
struct RerunTests {
    @Test("a ablation that halves every item's change has half the τ, a share of 0.5 and no width")
    func ladder() throws {
        var fixture = RerunFixture()
        fixture.add(fixture.rerun("ladder-words", .ladder), scale: 0.5)
        fixture.add(fixture.rerun("ladder-lexical-race", .ladder, reason: "nothing is left"))
        let result = try fixture.analyse()
        let race = result.ablations.filter { $0.domain == "race" }
        #expect(race.map(\.retraining.name) == ["run", "ladder-words", "ladder-lexical-race"])
        let whole = try #require(race[0].tau.value)
        #expect(race[0].share.value == 1)
        #expect(abs(try #require(race[1].tau.value) - whole / 2) < 1e-12)
        let share = try #require(race[1].share.interval)
        #expect(abs(share.lower - 0.5) < 1e-9 && abs(share.upper - 0.5) < 1e-9)
        #expect(race[1].kl == 0.01 && race[1].perplexity == 6)
        #expect(race[2].tau.value == nil && race[2].tau.reason == "nothing is left")
        // Age did not move in the run: there is nothing to take a share of.
        let age = result.ablations.filter { $0.domain == "age" }
        #expect(age[1].tau.value != nil && age[1].share.value == nil && age[1].share.reason != nil)
        #expect(result.retrainings.isEmpty && result.matrix.isEmpty)
    }

    @Test("the run alone is no ablation; a retraining that was never scored says so")
    func alone() throws {
        var fixture = RerunFixture()
        #expect(try fixture.analyse().ablations.isEmpty)
        fixture.add(fixture.rerun("sgd", .optimizer))
        let row = try #require(try fixture.analyse().retrainings.first)
        #expect(row.tau.reason == "it was not scored")
    }

    @Test("the matrix averages seeds; with three of them its interval holds what seeds differ by")
    func matrix() throws {
        var fixture = RerunFixture()
        for (seed, shift) in [(1, -0.05), (2, 0), (3, 0.05)] {
            fixture.add(
                fixture.rerun("forget-race-seed-\(seed)", .matrix, forgotten: "race", seed: seed), scale: 1,
                shift: shift)
        }
        let result = try fixture.analyse()
        #expect(result.matrix.map(\.forgotten) == ["gender", "gender", "gender", "race", "race", "race"])
        let own = try #require(result.matrix.first { $0.measured == "race" })
        let other = try #require(result.matrix.first { $0.forgotten == "race" && $0.measured == "race" })
        #expect(own.seeds == 1 && other.seeds == 3)
        #expect(abs(try #require(own.tau.value) - (try #require(other.tau.value))) < 1e-12)
        let (narrow, wide) = (try #require(own.tau.interval), try #require(other.tau.interval))
        #expect(wide.upper - wide.lower > 3 * (narrow.upper - narrow.lower))
        #expect(wide.lower < own.tau.value! - 0.02 && wide.upper > own.tau.value! + 0.02)
    }

    @Test("τ over seeds: with the items of three seeds its interval is that of both resampled")
    func seeds() throws {
        var fixture = RerunFixture()
        for (seed, shift) in [(2, 0.03), (3, -0.03)] {
            fixture.add(fixture.rerun("seed-\(seed)", .seed, seed: seed), scale: 1, shift: shift)
        }
        func spread() throws -> SeedSpread {
            try #require(try fixture.transfer.analyse().transfer.first { $0.domain == "race" }?.seeds)
        }
        let found = try spread()
        let interval = try #require(found.interval)
        #expect(found.count == 3 && found.sameSign == 3)
        #expect(interval.lower < found.mean - 0.015 && interval.upper > found.mean + 0.015)
        fixture.transfer.records.retrainings?.reruns.removeLast()
        #expect(try spread().interval == nil)
    }

    @Test("the front holds every point that no other beats in both bias and divergence")
    func pareto() throws {
        var fixture = RerunFixture()
        func point(_ value: Double, _ kl: Double?, _ bias: Double) -> ScoredModel {
            var model = ScoredModel(benchmark: "pairs", kind: .dose, alpha: value, kl: kl, perplexity: 6 + value)
            model.bias = ["gender": bias, "race": 2 * bias]
            return model
        }
        fixture.transfer.remove(.dose)
        fixture.transfer.records.models += [
            point(0, 0, 0.1), point(0.5, 0.01, 0.06), point(1, 0.04, -0.02), point(-1, 0.04, 0.2),
            point(1.5, 0.09, -0.05), point(2, nil, 0),
        ]
        let points = try fixture.analyse().pareto
        #expect(points.map(\.isOnFront) == [true, true, true, false, false, false])
        #expect(points[2].target == 0.02 && points[2].transfer == 0.04)
        #expect(abs(try #require(points[2].perplexityChange) - 1.0 / 6) < 1e-12)
    }

    private func entry(_ domain: String, _ predicted: Double, actual: Double? = nil, bias: Double = 0.1)
        -> ForecastEntry
    {
        ForecastEntry(
            domain: domain, items: 30, bias: bias, predicted: predicted, cosine: 0, sharedWords: 0, actual: actual)
    }

    @Test("a forecast is ranked by the fall it predicts, compared with τ, and tested over all labels but the target")
    func forecast() throws {
        var fixture = RerunFixture()
        fixture.transfer.records.forecast = ForecastRecord(
            tables: [
                ForecastTable(
                    benchmark: "pairs",
                    entries: [
                        entry("gender", -0.2), entry("age", 0.001), entry("race", -0.03),
                        entry("height", 0.02, actual: 0.03, bias: -0.1), entry("weight", 0.04, actual: 0.05),
                    ])
            ], batches: 1, steps: 1)
        let found = try #require(try fixture.analyse().forecast)
        #expect(found.entries.map(\.domain) == ["gender", "race", "height", "age", "weight"])
        let race = try #require(found.entries.first { $0.domain == "race" })
        #expect(abs(try #require(race.actual) + 0.05) < 0.01)
        // Race, age, height and weight rise in this order in both.
        let p = try #require(found.p)
        #expect(found.rankCorrelationAll == 1 && abs(p - 1.0 / 24) < 1e-12)
        #expect(found.rankCorrelation == nil && found.reason?.contains("2 domains") == true)
    }

    @Test("two domains beside the target are too few for a rank correlation, and the reason says so")
    func fewDomains() throws {
        var fixture = RerunFixture()
        fixture.transfer.records.forecast = ForecastRecord(
            tables: [
                ForecastTable(
                    benchmark: "pairs", entries: [entry("gender", -0.2), entry("race", -0.03), entry("age", 0.001)])
            ], batches: 1, steps: 1)
        let found = try #require(try fixture.analyse().forecast)
        #expect(found.rankCorrelation == nil && found.rankCorrelationAll == nil && found.p == nil)
        #expect(found.reason == "2 domains beside the target, 3 wanted")
    }

    @Test("a null tells how many draws are exact and how well they match; three neutral words decide nothing")
    func nulls() throws {
        var fixture = RerunFixture()
        fixture.transfer.records.metadata.null = RandomUpdateSummary(
            targetKL: 0.01, worstKLError: 0.019, unmatched: 0, allExact: true, calibration: [])
        fixture.transfer.records.retrainings?.targetKL = 0.01
        for number in 1...3 { fixture.add(fixture.rerun("neutral-words-\(number)", .neutralWords), scale: 0.02) }
        let race = try #require(try fixture.transfer.analyse().transfer.first { $0.domain == "race" })
        #expect(race.nulls.map(\.exactCount) == [199, 3])
        #expect(race.nulls.map(\.worstKLError) == [0.019, 0] && race.nulls.map(\.unmatched) == [0, 0])
        #expect(race.nulls[1].pFloor == 0.25 && race.nulls[1].pTowardHolm == nil && race.nulls[1].familySize == 0)
    }
}
