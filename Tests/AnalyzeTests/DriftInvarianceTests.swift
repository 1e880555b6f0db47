import Analyze
import Foundation
import LinearAlgebra
import TestSupport
import Testing

@Suite("Drift does not depend on what means nothing")
struct DriftInvarianceTests {
    /// Noise, race and gender pushed along one axis.
    private static func moved(_ seed: UInt64) -> DriftFixture {
        var fixture = DriftFixture(seed: seed)
        fixture.addNoise(0.05, seed: seed)
        fixture.push("race", by: 0.3)
        fixture.push("gender", by: -0.4)
        return fixture
    }

    /// Every number of a result, with a name for messages.
    static func numbers(_ result: DriftResult) -> [(String, Double)] {
        var out: [(String, Double)] = []
        func add(_ name: String, _ values: [Double?]) {
            for (i, value) in values.enumerated() { out.append(("\(name) \(i)", value ?? -1)) }
        }
        for row in result.clusters {
            add(
                "\(row.domain) \(row.group ?? "") \(row.metric) \(row.commonRemoved)",
                [row.value, row.controlMedian, row.controlLower, row.controlUpper, row.p, row.q])
        }
        for row in result.distances {
            add(
                "\(row.domain)-\(row.other)",
                [
                    row.before, row.after, row.relativeChange, row.controlMedian, row.controlLower, row.controlUpper,
                    row.p,
                ])
        }
        for row in result.associations {
            add("\(row.domain) WEAT", [row.before, row.after, row.change, row.controlLower, row.controlUpper, row.p])
        }
        for row in result.groups {
            add("\(row.domain) groups", [row.distanceBefore, row.distanceAfter, row.shiftCosine])
        }
        for row in result.budgets {
            add(
                "\(row.domain) budget",
                [row.commonShift, row.normChange, row.targetSubspace, row.ownAxis, row.residual] + row.orderSensitivity)
        }
        for row in result.overlaps { add("\(row.first) \(row.second)", [row.overlapBefore, row.overlapAfter]) }
        for row in result.words {
            add(
                row.word,
                [
                    row.displacement, row.relativeDisplacement, row.angle, row.displacementCommonRemoved,
                    row.targetShare,
                    row.updateShare,
                ])
        }
        for point in result.map?.points ?? [] {
            add(point.label, [point.beforeX, point.beforeY, point.afterX, point.afterY])
        }
        let whole = result.wholeSpace
        add(
            "whole space",
            [
                whole.meanDisplacement, whole.meanAngle, whole.linearCKA, whole.debiasedCKA, whole.procrustesResidual,
                whole.unrotatedResidual, whole.anisotropyBefore, whole.anisotropyAfter, whole.topVarianceBefore,
                whole.topVarianceAfter, whole.updateRank, result.common.norm, result.common.share,
                result.neighbourOverlap?.meanJaccard,
            ])
        for neighbour in result.neighbours { add("neighbours of \(neighbour.word)", [neighbour.jaccard]) }
        return out
    }

    /// Holds every number of two results against each other, within `tolerance` times their size, at least 1.
    static func expectSame(_ a: DriftResult, _ b: DriftResult, _ tolerance: Double = 1e-5) {
        let (a, b) = (numbers(a), numbers(b))
        #expect(a.map(\.0) == b.map(\.0))
        for (x, y) in zip(a, b) {
            #expect(abs(x.1 - y.1) <= tolerance * max(1, abs(y.1)), "\(x.0): \(x.1), expected \(y.1)")
        }
    }

    @Test("a rotation of both sides together changes no number", arguments: SpaceSide.allCases)
    func rotation(side: SpaceSide) throws {
        var fixture = Self.moved(31)
        fixture.side = side
        let expected = try fixture.analyse()
        let q = try DriftFixture(seed: 77).before.double.gathering(0..<DriftFixture.width).thinQR().q
        fixture.before.elements = Matrix.product(fixture.before.double, q).elements.map(Float.init)
        fixture.after.elements = Matrix.product(fixture.after.double, q).elements.map(Float.init)
        Self.expectSame(try fixture.analyse(), expected)
    }

    @Test("one vector added to every output row of either side changes no number of the output side")
    func gauge() throws {
        var fixture = Self.moved(32)
        fixture.side = .output
        var input = fixture.input
        var stream = RandomStream(seed: 5)
        input.hiddenStates = Matrix(
            rows: 40, columns: DriftFixture.width,
            elements: (0..<40 * DriftFixture.width).map { _ in Float(stream.normal()) })
        let expected = try DriftFixture.analyse(input)
        #expect(expected.row("race", .logitChange, commonRemoved: false)?.p != nil)
        for (before, after) in [(1.0, 0.0), (0.0, 1.0), (0.7, -0.4)] {
            var shifted = input
            let added = (0..<DriftFixture.width).map { _ in (stream.normal(), stream.normal()) }
            for row in 0..<input.before.rows {
                for i in 0..<DriftFixture.width {
                    shifted.before[row, i] += Float(before * added[i].0)
                    shifted.after[row, i] += Float(after * added[i].1)
                }
            }
            let found = try DriftFixture.analyse(shifted)
            Self.expectSame(found, expected)
            #expect(try #require(found.gauge).shift > 0.1)
        }
        // On the input side the same shift is a movement.
        fixture.side = .input
        let plain = try fixture.analyse()
        for row in 0..<fixture.after.rows { fixture.after[row, 2] += 1 }
        let moved = try fixture.analyse()
        let displacement = { (result: DriftResult) in
            result.row("age", .displacement, commonRemoved: false)?.value ?? .nan
        }
        #expect(displacement(moved) > displacement(plain) + 0.5)
        #expect(moved.gauge == nil)
    }

    @Test("a pure shift of all output rows is no drift")
    func pureGauge() throws {
        var fixture = DriftFixture(seed: 33)
        fixture.side = .output
        for row in 0..<fixture.after.rows { fixture.after[row, 4] += 3 }
        let result = try fixture.analyse()
        #expect(result.words.allSatisfy { ($0.displacement ?? 1) < 1e-5 })
        #expect(abs(try #require(result.gauge).shift - 3) < 1e-5)
    }

    // Not to the last bit: BLAS may split a product among other threads while tests run beside each other.
    @Test("another order of the vocabulary gives the same numbers, control bands included")
    func permutation() throws {
        let fixture = Self.moved(34)
        for side in SpaceSide.allCases {
            var input = fixture.input
            input.side = side
            let expected = try DriftFixture.analyse(input)
            var stream = RandomStream(seed: 6)
            let order = stream.shuffled(Array(0..<input.rows.count))
            var place = [Int](repeating: 0, count: order.count)
            for (new, old) in order.enumerated() { place[old] = new }
            var permuted = input
            permuted.before = input.before.gathering(order)
            permuted.after = input.after.gathering(order)
            permuted.rows = order.map { input.rows[$0] }
            for i in permuted.words.indices { permuted.words[i].rows = input.words[i].rows.map { place[$0] } }
            let found = try DriftFixture.analyse(permuted)
            Self.expectSame(found, expected, 1e-10)
            #expect(found.neighbours == expected.neighbours && found.excludedRows == expected.excludedRows, "\(side)")
            let bands = zip(found.clusters, expected.clusters).filter { $0.p != $1.p || $0.dropped != $1.dropped }
            #expect(bands.isEmpty)
        }
    }
}
