import Attribution
import Counterfactuals
import Evaluate
import Foundation
import LanguageModel
import LinearAlgebra
import TestSupport
import Testing

/// A small random model, an update of it, and something to score.
struct Bench {
    let update: ParameterUpdate
    let scorer: PairScorer
    let text: PerplexityText
    var probe: DivergenceProbe { DivergenceProbe(text) }

    /// - Parameter size: deviation of the update's elements; the positions stay as they are.
    init(size: Double = 0.01) throws {
        let before = TransformerModel(
            configuration: ModelConfiguration(
                .gpt2, vocabularySize: 28, contextLength: 24, hiddenSize: 16, layerCount: 1, headCount: 2), seed: 4)
        var stream = RandomStream(seed: 9)
        for i in 0..<before.values.count { before.values.pointer[i] += Float(0.2 * stream.normal()) }
        let after = before.copy()
        for tensor in after.layout.tensors where tensor.module != .positions {
            for i in tensor.range { after.values.pointer[i] += Float(size * stream.normal()) }
        }
        update = ParameterUpdate(from: before, to: after)
        (scorer, text) = try Letters.benchmark()
    }
}

@Suite("Updates and their scaling")
struct UpdateScalingTests {
    @Test("α = 0 is the model before and α = 1 the model after, bit for bit")
    func ends() throws {
        let update = try Bench().update
        let scratch = update.after.copy()
        update.apply(0, to: scratch)
        #expect(scratch.values.buffer.elementsEqual(update.before.values.buffer))
        update.apply(1, to: scratch)
        #expect(scratch.values.buffer.elementsEqual(update.after.values.buffer))
        update.apply(-0.5, to: scratch)
        let delta = update.delta()
        for i in 0..<delta.count {
            let want = update.before.values.pointer[i] - 0.5 * delta.pointer[i]
            #expect(abs(scratch.values.pointer[i] - want) < 1e-6)
        }
    }

    @Test("norms and products are those of the difference, tensor by tensor")
    func norms() throws {
        let update = try Bench().update
        let delta = update.delta()
        for (norm, (tensor, product)) in zip(
            update.norms(), zip(update.before.layout.tensors, update.products(with: update.before.values)))
        {
            let part = tensor.range.map { Double(delta.pointer[$0]) }
            let inner = tensor.range.reduce(0.0) {
                $0 + Double(delta.pointer[$1]) * Double(update.before.values.pointer[$1])
            }
            #expect(abs(norm - part.reduce(0) { $0 + $1 * $1 }.squareRoot()) < 1e-5)
            #expect(abs(product - inner) < 1e-5)
            #expect((norm == 0) == (tensor.module == .positions))
        }
    }

    @Test("a row per α holds the gaps of that model, and its middle is the model before")
    func rows() throws {
        let bench = try Bench(size: 0.003)
        var progress: [Int] = []
        let alphas = [-1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1, 1.25, 1.5]
        let rows = try UpdateScaling.run(
            bench.update, alphas: alphas, scorers: [bench.scorer], perplexity: bench.text, probe: bench.probe,
            progress: { progress.append($0) })
        #expect(rows.map(\.alpha) == alphas)
        #expect(progress == Array(1...11))
        let before = bench.scorer.score(bench.update.before)
        let after = bench.scorer.score(bench.update.after)
        for (alpha, table) in [(0.0, before), (1.0, after)] {
            let row = try #require(rows.first { $0.alpha == alpha })
            #expect(row.kind == .dose && row.scoring == .exact && row.benchmark == "letters")
            for domain in ["x", "y"] {
                #expect(row.bias[domain] == table.bias(domain))
                #expect(row.gaps[domain] == table.gaps(in: domain))
            }
        }
        let middle = try #require(rows.first { $0.alpha == 0 })
        #expect(middle.kl == 0)
        #expect(middle.perplexity == bench.text.measure(bench.update.before).value)
        // A small update: the odd part is the gradient's, the even part is much smaller.
        let last = try #require(rows.first { $0.alpha == 1 })
        let first = try #require(rows.first { $0.alpha == -1 })
        for domain in ["x", "y"] {
            let gradient = bench.scorer.biasObjective(domain).gradient(bench.update.before)
            let slope = bench.update.products(with: gradient).reduce(0, +)
            let (plus, minus) = (last.bias[domain] ?? .nan, first.bias[domain] ?? .nan)
            let odd = (plus - minus) / 2
            let even = (plus + minus) / 2 - (middle.bias[domain] ?? .nan)
            #expect(abs(odd - slope) < 0.05 * abs(slope) + 1e-5, "\(domain): \(odd), \(slope)")
            #expect(abs(even) < 0.3 * abs(odd) + 1e-4, "\(domain): \(even), \(odd)")
        }
        // KL grows with the square of a small α.
        let half = try #require(rows.first { $0.alpha == 0.5 })
        #expect(abs((last.kl ?? 0) / (half.kl ?? 1) - 4) < 0.4)
    }

    @Test("a probe takes as many rows as asked, the same ones for a seed")
    func probe() throws {
        let text = try Bench().text
        #expect(DivergenceProbe(text).rows.count == text.sequences.tokenCount)
        let some = DivergenceProbe(text, maximumRows: 20, seed: 1)
        #expect(some.rows.count == 20 && some.sequences.tokenCount == 20)
        #expect(some.sequences == DivergenceProbe(text, maximumRows: 20, seed: 1).sequences)
    }
}
