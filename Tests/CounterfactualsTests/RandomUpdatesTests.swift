import Attribution
import BuiltInStudy
import Counterfactuals
import Evaluate
import Foundation
import LanguageModel
import LinearAlgebra
import TestSupport
import Testing

@Suite("Random updates of matched damage")
struct RandomUpdatesTests {
    private func options(_ draws: Int, _ scoring: RandomUpdates.Options.Scoring) -> RandomUpdates.Options {
        var options = RandomUpdates.Options()
        options.draws = draws
        options.scoring = scoring
        return options
    }

    private func run(_ bench: Bench, _ options: RandomUpdates.Options) throws -> RandomUpdates.Result {
        try RandomUpdates(bench.update, scorers: [bench.scorer], probe: bench.probe, options: options).run()
    }

    @Test("every draw diverges as much as the run", arguments: [0.003, 0.05])
    func matched(size: Double) throws {
        let bench = try Bench(size: size)
        let result = try run(bench, options(12, .exact))
        let summary = result.summary
        #expect(summary.targetKL == bench.probe.divergence(from: bench.update.before, to: bench.update.after))
        #expect(result.rows.count == 12 && summary.unmatched == 0 && summary.worstKLError <= 0.02)
        #expect(summary.allExact && summary.calibration.isEmpty)
        for row in result.rows {
            #expect(abs((row.kl ?? 0) / summary.targetKL - 1) <= 0.02)
            #expect(row.kind == .random && row.scoring == .exact && row.gaps["x"]?.count == 2)
            #expect(row.alpha > 0)
        }
        #expect(Set(result.rows.map { $0.bias["x"] }).count == 12)
    }

    @Test("a draw has the update's norm in every tensor, depends on its number only and is drawn anew the same")
    func direction() throws {
        let bench = try Bench()
        let layout = bench.update.before.layout
        let norms = bench.update.norms()
        let gradient = bench.scorer.biasObjective("x").gradient(bench.update.before)
        let direction = RandomDirection(layout: layout, norms: norms)
        let scratch = bench.update.before.copy()
        func model(_ draw: Int) -> (values: [Float], product: Double) {
            let products = direction.draw(draw, seed: 7, gradients: [gradient])
            direction.apply(scale: 1, base: bench.update.before, to: scratch)
            return (Array(scratch.values.buffer), products[0])
        }
        let first = model(3)
        let other = model(4)
        #expect(first.values != other.values)
        #expect(model(3).values == first.values)
        var product = 0.0
        for (tensor, norm) in zip(layout.tensors, norms) {
            let part = tensor.range.map { Double(first.values[$0] - bench.update.before.values.pointer[$0]) }
            #expect(abs(part.reduce(0) { $0 + $1 * $1 }.squareRoot() - norm) < 1e-3 * norm + 1e-12)
            product += zip(part, tensor.range).reduce(0) { $0 + $1.0 * Double(gradient.pointer[$1.1]) }
        }
        #expect(abs(product - first.product) < 1e-3 * abs(first.product) + 1e-6)
    }

    @Test("where the update is small, the first order agrees with exact scores")
    func firstOrder() throws {
        let bench = try Bench(size: 0.001)
        var settings = options(60, .firstOrder)
        settings.klTolerance = 0.005
        let cheap = try run(bench, settings)
        settings.scoring = .exact
        let exact = try run(bench, settings)
        #expect(!cheap.summary.allExact && cheap.summary.calibration.map(\.domain) == ["x", "y"])
        for calibration in cheap.summary.calibration {
            #expect(calibration.draws == 20)
            #expect(calibration.errorDeviation < 0.1 * calibration.firstOrderDeviation)
        }
        let scales = Set(cheap.rows.prefix(20).map(\.alpha))
        for (a, b) in zip(cheap.rows, exact.rows) {
            let isScored = (a.draw ?? 0) < 20
            #expect(a.scoring == (isScored ? .exact : .firstOrder))
            if isScored {
                #expect(a.alpha == b.alpha && a.kl == b.kl && a.bias == b.bias)
            } else {
                // Not made: drawn from the law of the products, with the scale of a draw that was.
                #expect(scales.contains(a.alpha) && a.kl == nil && a.bias["x"] != b.bias["x"])
            }
        }
        for domain in ["x", "y"] {
            func values(_ result: RandomUpdates.Result) -> [Double] {
                result.rows.dropFirst(20).map { $0.bias[domain] ?? .nan }
            }
            #expect(KolmogorovSmirnov.p(values(cheap), values(exact)) > 0.01)
        }
    }

    @Test("the law of the products is that of drawn updates, for each gradient and for sums of them")
    func law() throws {
        let model = try CheckpointFolder.load(BuiltInStudy.path("planted/model")).model
        let layout = model.layout
        var stream = RandomStream(seed: 11)
        let norms = layout.tensors.indices.map { $0.isMultiple(of: 5) ? 0 : 0.1 + stream.uniform() }
        // Gradients that share a part, of another size in every tensor; the last is a sum of the others.
        let gradients = (0..<3).map { _ in FloatBuffer(count: layout.count) }
        for tensor in layout.tensors {
            let size = exp(stream.normal())
            for i in tensor.range {
                let common = stream.normal()
                gradients[0].pointer[i] = Float(size * (stream.normal() + common))
                gradients[1].pointer[i] = Float(size * (stream.normal() - 0.5 * common))
                gradients[2].pointer[i] = gradients[0].pointer[i] + gradients[1].pointer[i]
            }
        }
        let direction = RandomDirection(layout: layout, norms: norms)
        let law = try RandomProducts(layout: layout, norms: norms, gradients: gradients)
        let draws = 1_000
        let drawn = (0..<draws).map { direction.draw($0, seed: 2, gradients: gradients) }
        let told = (0..<draws).map { _ in law.draw(&stream) }
        for weights in [[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [1, -1, 0], [1, 3, 0]] {
            func sums(_ draws: [[Double]]) -> [Double] {
                draws.map { zip($0, weights).reduce(0) { $0 + $1.0 * $1.1 } }
            }
            let p = KolmogorovSmirnov.p(sums(drawn), sums(told))
            print("products weighted \(weights): p \(p)")
            #expect(p > 0.01, "\(weights)")
        }
        #expect(told.allSatisfy { abs($0[0] + $0[1] - $0[2]) < 1e-5 * (abs($0[0]) + abs($0[1])) })
    }

    @Test("random updates have no direction: over draws the odd part averages to nothing")
    func noDirection() throws {
        let bench = try Bench(size: 0.003)
        let result = try run(bench, options(100, .exact))
        let start = bench.scorer.score(bench.update.before)
        for domain in ["x", "y"] {
            let changes = result.rows.map { ($0.bias[domain] ?? .nan) - start.bias(domain) }
            let mean = changes.reduce(0, +) / 100
            let deviation = (changes.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 99).squareRoot()
            #expect(abs(mean) < 4 * deviation / 10, "\(domain): \(mean) of \(deviation)")
            #expect(deviation > 0)
        }
    }

    @Test("an update of zero has draws of zero that score as the model before")
    func nothing() throws {
        let bench = try Bench(size: 0)
        let result = try run(bench, options(3, .exact))
        #expect(result.summary.targetKL == 0 && result.summary.unmatched == 0)
        let start = bench.scorer.score(bench.update.before)
        #expect(result.rows.allSatisfy { $0.kl == 0 && $0.bias["x"] == start.bias("x") })
    }

    @Test("the automatic choice is exact up to a number of multiplications")
    func automatic() throws {
        let bench = try Bench()
        var settings = options(199, .automatic)
        #expect(RandomUpdates(bench.update, scorers: [bench.scorer], probe: bench.probe, options: settings).isExact)
        settings.exactLimit = 1
        #expect(!RandomUpdates(bench.update, scorers: [bench.scorer], probe: bench.probe, options: settings).isExact)
    }
}
