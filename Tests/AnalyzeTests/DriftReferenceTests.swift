import Analyze
import Foundation
import LinearAlgebra
import TestSupport
import Testing

@Suite("Drift numbers against their definitions")
struct DriftReferenceTests {
    private static func rows(_ fixture: DriftFixture, _ domain: String, _ side: Matrix<Float>) -> [[Double]] {
        fixture.words.filter { $0.domain == domain }.map { side.row($0.rows[0]).map(Double.init) }
    }

    private static func mean(_ vectors: [[Double]]) -> [Double] {
        vectors[0].indices.map { i in vectors.reduce(0) { $0 + $1[i] } / Double(vectors.count) }
    }

    private static func distance(_ a: [Double], _ b: [Double]) -> Double {
        zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
    }

    private static func cosine(_ a: [Double], _ b: [Double]) -> Double {
        let dot = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
        return dot / (distance(a, a.map { _ in 0 }) * distance(b, b.map { _ in 0 }))
    }

    @Test("spread, separation, distances, MAC and neighbour turnover are what their definitions say")
    func definitions() throws {
        var fixture = DriftFixture(seed: 51, controls: 300)
        fixture.addNoise(0.2, seed: 51)
        fixture.push("race", by: 0.5)
        let result = try fixture.analyse(draws: 99)
        func value(_ metric: DriftMetric) throws -> Double {
            try #require(result.row("race", metric, commonRemoved: false)?.value, "\(metric)")
        }
        for (side, spread, separation, mac) in [
            (
                fixture.before, DriftMetric.spreadBefore, DriftMetric.separationBefore,
                DriftMetric.attributeDistanceBefore
            ),
            (fixture.after, .spreadAfter, .separationAfter, .attributeDistanceAfter),
        ] {
            let race = Self.rows(fixture, "race", side)
            let center = Self.mean(race)
            let square = race.reduce(0) { $0 + pow(Self.distance($1, center), 2) } / Double(race.count)
            #expect(abs(try value(spread) - square.squareRoot()) < 1e-5)
            let others = ["gender", "age"].map { Self.distance(center, Self.mean(Self.rows(fixture, $0, side))) }
            #expect(abs(try value(separation) - (others[0] + others[1]) / 2) < 1e-5)
            let toAge = try #require(result.distances.first { $0.domain == "race" && $0.other == "age" })
            #expect(abs((spread == .spreadBefore ? toAge.before : toAge.after) - others[1]) < 1e-5)
            let forgotten = fixture.rows.indices.filter { fixture.rows[$0].key.hasPrefix("forgotten") }
                .map { side.row($0).map(Double.init) }
            let distances = race.flatMap { word in forgotten.map { 1 - Self.cosine(word, $0) } }
            #expect(abs(try value(mac) - distances.reduce(0, +) / Double(distances.count)) < 1e-6)
        }
        let change = try value(.separationAfter) / (try value(.separationBefore)) - 1
        #expect(abs(try value(.separationChange) - change) < 1e-5)

        // Neighbours one by one, in double precision.
        func neighbours(_ side: Matrix<Float>, of row: Int) -> Set<Int> {
            let own = side.row(row).map(Double.init)
            let all = (0..<side.rows).filter { $0 != row }
                .map { (cosine: Self.cosine(own, side.row($0).map(Double.init)), row: $0) }
            return Set(all.sorted { $0.cosine > $1.cosine }.prefix(10).map(\.row))
        }
        let turnover = fixture.words.filter { $0.domain == "race" }.map { word -> Double in
            let (a, b) = (neighbours(fixture.before, of: word.rows[0]), neighbours(fixture.after, of: word.rows[0]))
            return 1 - Double(a.intersection(b).count) / Double(a.union(b).count)
        }
        #expect(abs(try value(.neighbourTurnover) - turnover.reduce(0, +) / Double(turnover.count)) < 1e-12)
        let overlap = try #require(result.neighbourOverlap)
        #expect(overlap.kept.reduce(0, +) == fixture.rows.count && overlap.neighbours == 10)
    }

    @Test("debiased CKA is Song's estimator over n × n kernels; of unrelated rows it is near 0 where plain CKA is not")
    func debiased() throws {
        var stream = RandomStream(seed: 52)
        func space(_ n: Int, _ width: Int, related: Bool) -> DriftInput {
            let before = Matrix<Float>(
                rows: n, columns: width, elements: (0..<n * width).map { _ in Float(stream.normal()) })
            var after = before
            for i in after.elements.indices {
                after.elements[i] = Float(stream.normal()) * (related ? 0.5 : 1) + (related ? before.elements[i] : 0)
            }
            return DriftInput(
                space: "space", before: before, after: after,
                rows: (0..<n).map { DriftRowInfo(key: "w\($0)", frequency: 1, exposure: .unexposed) }, words: [],
                domains: [])
        }
        func naive(_ input: DriftInput) -> Double {
            func kernel(_ m: Matrix<Float>) -> Matrix<Double> {
                var out = Matrix.product(m.double, m.double, transposeB: true)
                for i in 0..<out.rows { out[i, i] = 0 }
                return out
            }
            let (k, l) = (kernel(input.before), kernel(input.after))
            let n = Double(k.rows)
            func estimate(_ a: Matrix<Double>, _ b: Matrix<Double>) -> Double {
                let product = Matrix.product(a, b)
                let trace = (0..<a.rows).reduce(0) { $0 + product[$1, $1] }
                let total = product.elements.reduce(0, +)
                let (sumA, sumB) = (a.elements.reduce(0, +), b.elements.reduce(0, +))
                return (trace + sumA * sumB / ((n - 1) * (n - 2)) - 2 / (n - 2) * total) / (n * (n - 3))
            }
            return estimate(k, l) / (estimate(k, k) * estimate(l, l)).squareRoot()
        }
        for (input, related) in [(space(30, 20, related: true), true), (space(60, 90, related: false), false)] {
            let whole = try DriftFixture.analyse(input).wholeSpace
            let found = try #require(whole.debiasedCKA)
            #expect(abs(found - naive(input)) < 1e-9)
            if !related { #expect(abs(found) < 0.1 && (whole.linearCKA ?? 0) > 0.4) }
        }
    }

    @Test("a group drawn to the forgotten words is named by WEAT and MAC, with its p; the other domain is not")
    func association() throws {
        var fixture = DriftFixture(seed: 53)
        fixture.addNoise(0.02, seed: 53)
        let forgotten = Self.mean(
            fixture.rows.indices.filter { fixture.rows[$0].key.hasPrefix("forgotten") }
                .map { fixture.before.row($0).map(Double.init) })
        for word in fixture.words where word.domain == "race" && word.group == "a" {
            for i in 0..<DriftFixture.width { fixture.after[word.rows[0], i] += Float(2 * forgotten[i]) }
        }
        let result = try fixture.analyse()
        let race = try #require(result.associations.first { $0.domain == "race" })
        #expect(try #require(race.change) > 0.3 && (race.p ?? 1) < 0.01)
        let mac = try #require(result.row("race", .attributeDistanceChange, commonRemoved: false))
        #expect((mac.value ?? 0) < 0 && (mac.q ?? 1) < 0.05)
        let age = try #require(result.associations.first { $0.domain == "age" })
        #expect((age.p ?? 0) > 0.05 && age.firstCount == 5 && age.secondCount == 5)
        #expect(result.attributes?.forgotten == 12 && result.attributes?.matched == 12)
    }

    @Test("the logit change of a word is the root mean square of δ·h over the hidden states")
    func logits() throws {
        var fixture = DriftFixture(seed: 54)
        fixture.addNoise(0.1, seed: 54)
        fixture.side = .output
        var input = fixture.input
        var stream = RandomStream(seed: 9)
        let states = Matrix<Float>(
            rows: 50, columns: DriftFixture.width,
            elements: (0..<50 * DriftFixture.width).map { _ in Float(stream.normal()) })
        input.hiddenStates = states
        let found = try #require(
            try DriftFixture.analyse(input).row("age", .logitChange, commonRemoved: false)?.value)
        // The gauge by hand: the mean over rows of no concept, weighing log(1 + frequency).
        let concept = Set(fixture.words.flatMap(\.rows))
        func centred(_ side: Matrix<Float>) -> [[Double]] {
            let all = (0..<side.rows).map { side.row($0).map(Double.init) }
            var mean = [Double](repeating: 0, count: side.columns)
            var total = 0.0
            for row in all.indices where !concept.contains(row) {
                let weight = log(1 + Double(fixture.rows[row].frequency))
                total += weight
                for i in mean.indices { mean[i] += weight * all[row][i] }
            }
            return all.map { row in row.indices.map { row[$0] - mean[$0] / total } }
        }
        let (before, after) = (centred(fixture.before), centred(fixture.after))
        let words = fixture.words.filter { $0.domain == "age" }.map { word -> Double in
            let delta = zip(before[word.rows[0]], after[word.rows[0]]).map { $1 - $0 }
            let squares = (0..<50).map { state -> Double in
                let dot = zip(delta, states.row(state)).reduce(0) { $0 + $1.0 * Double($1.1) }
                return dot * dot
            }
            return (squares.reduce(0, +) / 50).squareRoot()
        }
        #expect(abs(found - words.reduce(0, +) / Double(words.count)) < 1e-5)
    }
}
