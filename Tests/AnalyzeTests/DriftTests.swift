import Analyze
import Foundation
import LinearAlgebra
import Records
import Statistics
import TestSupport
import Testing

@Suite("Drift")
struct DriftTests {
    @Test("identity: every movement is 0, every p is 1, and the result has no NaN")
    func identity() throws {
        let result = try DriftFixture(seed: 1).analyse()
        for row in result.clusters {
            if row.metric.isLevel {
                #expect(row.value != nil && row.controlMedian != nil && row.p == nil, "\(row.domain) \(row.metric)")
                continue
            }
            #expect(row.value == 0 || row.reason != nil, "\(row.domain) \(row.metric) is \(row.value ?? .nan)")
            #expect(row.p == 1 || row.reason != nil, "\(row.domain) \(row.metric)")
        }
        #expect(result.distances.allSatisfy { $0.relativeChange == 0 && $0.p == 1 && $0.before == $0.after })
        #expect(result.associations.allSatisfy { $0.change == 0 && $0.p == 1 })
        #expect(result.neighbourOverlap?.meanJaccard == 1 && result.neighbourOverlap?.unchanged == 1)
        #expect(result.common.norm == 0 && result.budgets.isEmpty)
        #expect(result.words.allSatisfy { $0.displacement == 0 && $0.angle == 0 })
        #expect(result.neighbours.allSatisfy { $0.jaccard == 1 && $0.gained.isEmpty })
        let whole = result.wholeSpace
        #expect(abs(try #require(whole.linearCKA) - 1) < 1e-12)
        #expect(try #require(whole.procrustesResidual) < 1e-7)
        #expect(whole.unrotatedResidual == 0)
        #expect(result.map?.points.allSatisfy { $0.beforeX == $0.afterX && $0.beforeY == $0.afterY } == true)
        // The encoder throws on NaN and infinities.
        let decoded = try JSONDecoder().decode(DriftResult.self, from: JSONEncoder().encode(result))
        #expect(decoded == result)
    }

    @Test("a pure translation is all common part")
    func translation() throws {
        var fixture = DriftFixture(seed: 2)
        for row in 0..<fixture.after.rows { for i in 0..<DriftFixture.width { fixture.after[row, i] += 0.25 } }
        let result = try fixture.analyse()
        #expect(abs(try #require(result.common.share) - 1) < 1e-6)
        #expect(abs(result.common.norm - 1) < 1e-6)
        for budget in result.budgets { #expect(abs(budget.commonShift - 1) < 1e-5) }
        let removed = try #require(result.row("race", .displacement)?.value)
        #expect(removed < 1e-6)
    }

    @Test("a pure change of scale turns nothing and is norm change")
    func scale() throws {
        var fixture = DriftFixture(seed: 3)
        fixture.after.elements = fixture.before.elements.map { $0 * 1.5 }
        let result = try fixture.analyse()
        #expect(result.words.allSatisfy { ($0.angle ?? 1) < 1e-7 && abs(($0.relativeDisplacement ?? 0) - 0.5) < 1e-6 })
        #expect(abs(try #require(result.wholeSpace.linearCKA) - 1) < 1e-9)
        let budget = try #require(result.budgets.first { $0.domain == "race" && $0.group == nil })
        #expect(budget.commonShift + budget.normChange > 0.999)
        let spread = try #require(result.row("race", .spreadChange, commonRemoved: false)?.value)
        #expect(abs(spread - 0.5) < 1e-6)
    }

    @Test("a rotation moves the rows, and Procrustes finds it")
    func rotation() throws {
        var fixture = DriftFixture(seed: 4)
        let q = try DriftFixture(seed: 99).before.double.gathering(0..<DriftFixture.width).thinQR().q
        fixture.after.elements = Matrix.product(fixture.before.double, q).elements.map(Float.init)
        let whole = try fixture.analyse().wholeSpace
        #expect(try #require(whole.procrustesResidual) < 1e-6)
        #expect(try #require(whole.unrotatedResidual) > 0.5)
        #expect(abs(try #require(whole.linearCKA) - 1) < 1e-6)
    }

    @Test("a planted push along the gender axis is named: race, in the gender subspace, and not the control domain")
    func planted() throws {
        var fixture = DriftFixture(seed: 5)
        fixture.addNoise(0.05, seed: 1)
        fixture.push("race", by: 0.3)
        fixture.push("gender", by: -0.4)
        let result = try fixture.analyse()
        let race = try #require(result.row("race", .targetShare))
        let age = try #require(result.row("age", .targetShare))
        #expect(try #require(race.value) > 0.5)
        #expect(try #require(race.q) < 0.05)
        #expect(race.evidence && race.wordCount == 10)
        #expect(try #require(age.p) > 0.05)
        #expect(try #require(result.row("race", .centroidShift)?.q) < 0.05)
        #expect(try #require(result.row("race", .updateShare)?.q) < 0.05)
        let budget = try #require(result.budgets.first { $0.domain == "race" && $0.group == nil })
        #expect(budget.targetSubspace > 0.5)
        let parts = budget.commonShift + budget.normChange + budget.targetSubspace + budget.ownAxis + budget.residual
        #expect(abs(parts - 1) < 1e-9)
        #expect(result.targetSubspace?.rank == 1)
        #expect(result.groups.first { $0.domain == "race" }?.reading == .block)
    }

    @Test("with noise alone the p-values are uniform over 200 seeds")
    func calibration() throws {
        var p: [Double] = []
        for seed in 0..<200 as Range<UInt64> {
            var fixture = DriftFixture(seed: seed, controls: 1_000)
            fixture.addNoise(0.1, seed: seed)
            let result = try fixture.analyse(draws: 199)
            p.append(try #require(result.row("age", .displacement)?.p))
        }
        #expect(KolmogorovSmirnov.p(uniform: p) > 0.01, "D = \(KolmogorovSmirnov.statistic(uniform: p))")
    }

    @Test("only unexposed words count; seen words and words of two concepts are named as left out")
    func exposure() throws {
        var fixture = DriftFixture(seed: 6)
        let race = fixture.words.indices.filter { fixture.words[$0].domain == "race" }
        fixture.words[race[0]].exposure = .seen
        fixture.words[race[1]].inTwoConcepts = true
        let row = try #require(try fixture.analyse().row("race", .displacement))
        #expect(row.wordCount == 8)
        #expect(row.dropped == ["race0 (seen)", "race1 (in two concepts)"])
        for index in race { fixture.words[index].exposure = .masked }
        let none = try #require(try fixture.analyse().row("race", .displacement))
        #expect(none.value == nil && none.p == nil && none.reason == "no unexposed word")
    }

    @Test("excluded rows are counted, named and kept out; too few controls give no p")
    func excludedRows() throws {
        var fixture = DriftFixture(seed: 7, controls: 15)
        fixture.addNoise(0.1, seed: 7)
        let width = DriftFixture.width
        let race = fixture.words.indices.filter { fixture.words[$0].domain == "race" }
        fixture.after[fixture.words[race[0]].rows[0], 3] = .nan
        for i in 0..<width { fixture.before[fixture.words[race[1]].rows[0], i] = 0 }
        let last = fixture.before.rows - 1
        for i in 0..<width { fixture.before[last, i] = fixture.before[last - 1, i] }
        fixture.after[last - 2, 0] = .infinity
        fixture.rows[last - 3].isPadding = true
        let result = try fixture.analyse()
        #expect(result.excludedRows.nonFinite == 2 && result.excludedRows.zero == 1)
        #expect(result.excludedRows.duplicate == 1 && result.excludedRows.padding == 1)
        #expect(result.excludedRows.examples.count == 4)
        #expect(result.dropped.map(\.word) == ["race0", "race1"])
        let row = try #require(result.row("race", .displacement))
        #expect(row.value != nil && row.p == nil)
        #expect(row.reason?.hasPrefix("no controls") == true)
        #expect(throws: Never.self) { try JSONEncoder().encode(result) }
    }

    @Test("a study that asks for no control draws has numbers without p, and the reason")
    func noDraws() throws {
        var fixture = DriftFixture(seed: 7)
        fixture.addNoise(0.1, seed: 7)
        let row = try #require(try fixture.analyse(draws: 0).row("race", .displacement))
        #expect(row.value != nil && row.p == nil && row.controlMedian == nil)
        #expect(row.reason == "no controls: the study asks for 0 draws")
        #expect(try fixture.analyse().row("race", .displacement)?.p != nil)
    }

    @Test("a concept of one word has numbers and no failure")
    func oneWord() throws {
        var fixture = DriftFixture(seed: 8)
        fixture.addNoise(0.1, seed: 8)
        fixture.words.removeAll { $0.domain == "age" && $0.word != "age0" }
        let result = try fixture.analyse()
        #expect(result.row("age", .coherence, commonRemoved: false)?.value.map { abs($0 - 1) < 1e-12 } == true)
        let spread = try #require(result.row("age", .spreadChange, commonRemoved: false))
        #expect(spread.value == nil && spread.reason == "one word has no spread")
        #expect(result.notComputed.contains { $0.what == "spread of age of space" })
        #expect(result.notComputed.contains { $0.what == "comparison of groups of age of space" })
        #expect(result.row("age", .displacement)?.p != nil)
    }

    @Test("the order of the words does not matter")
    func permutation() throws {
        var fixture = DriftFixture(seed: 9)
        fixture.addNoise(0.1, seed: 9)
        fixture.push("race", by: 0.2)
        let first = try fixture.analyse()
        fixture.words.reverse()
        let second = try fixture.analyse()
        for metric in DriftMetric.allCases {
            let (a, b) = (first.row("race", metric)?.value, second.row("race", metric)?.value)
            guard let a, let b else { continue }
            #expect(abs(a - b) < 1e-12, "\(metric)")
        }
    }

    @Test("whole-space measures agree with numpy")
    func reference() throws {
        func grid(_ i: Int, _ j: Int, _ phase: Double) -> Double {
            sin(phase + 1.7 * Double(i) + 0.6 * Double(j) + 0.1 * Double(i * j))
        }
        var before = Matrix<Float>(rows: 12, columns: 4)
        var after = before
        for i in 0..<12 {
            for j in 0..<4 {
                before[i, j] = Float(grid(i, j, 0.2))
                after[i, j] = Float(grid(i, j, 0.2) + 0.05 * grid(i, j, 1.1))
            }
        }
        let rows = (0..<12).map { DriftRowInfo(key: "w\($0)", frequency: 1, exposure: .unexposed) }
        let space = DriftInput(space: "test", before: before, after: after, rows: rows, words: [], domains: [])
        let whole = try Analysis.run(
            RunRecords(), AnalysisRequest(domains: []), spaces: [space]
        ).drift[0].wholeSpace
        let found = try [
            #require(whole.linearCKA), #require(whole.procrustesResidual), #require(whole.anisotropyBefore),
            #require(whole.topVarianceBefore), #require(whole.updateRank), whole.meanDisplacement, whole.meanAngle,
        ]
        let wanted = [
            0.999852817068142, 0.03382709828789172, -0.080837403647754, 0.5293588335786106, 2.787240404008726,
            0.07088438382032058, 0.037815903630474025,
        ]
        let difference = compare(found, wanted, absolute: 1e-9, relative: 1e-7)
        #expect(difference.isClose, "\(difference)")
    }
}
