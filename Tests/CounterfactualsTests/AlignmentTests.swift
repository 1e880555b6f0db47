import Attribution
import Counterfactuals
import Evaluate
import Foundation
import LanguageModel
import LinearAlgebra
import TestSupport
import Testing

@Suite("Alignment of an update")
struct AlignmentTests {
    @Test("quadrature integrates polynomials of degree 2n − 2 exactly, from 0 on", arguments: 1...8)
    func quadrature(count: Int) {
        let nodes = GaussRadau.nodes(count)
        #expect(abs(nodes.reduce(0) { $0 + $1.weight } - 1) < 1e-14)
        #expect(nodes[0].position == 0 && nodes.map(\.position) == nodes.map(\.position).sorted())
        for degree in 0..<2 * count - 1 {
            let sum = nodes.reduce(0) { $0 + $1.weight * pow($1.position, Double(degree)) }
            #expect(abs(sum - 1 / Double(degree + 1)) < 1e-13, "degree \(degree)")
        }
        let next = nodes.reduce(0) { $0 + $1.weight * pow($1.position, Double(2 * count - 1)) }
        #expect(abs(next - 1 / Double(2 * count)) > 1e-9 || count > 5)
    }

    @Test("an untied model computes the same, and its gradients add up to the tied one's")
    func untied() throws {
        let bench = try AttributionBench()
        let (tied, untied) = (bench.tied.before, bench.update.before)
        #expect(!untied.hasTiedEmbeddings && tied.hasTiedEmbeddings)
        let objective = bench.scorer.biasObjective("x")
        let logs = (
            tied.logProbabilities(objective.predictions, in: objective.sequences),
            untied.logProbabilities(objective.predictions, in: objective.sequences)
        )
        for (a, b) in zip(logs.0, logs.1) { #expect(abs(a - b) < 1e-6) }
        let (one, two) = (objective.gradient(tied), objective.gradient(untied))
        let head = untied.outputEmbedding
        for tensor in tied.layout.tensors {
            for i in 0..<tensor.count {
                var sum = two.pointer[tensor.offset + i]
                if tensor.offset == tied.inputEmbedding.offset { sum += two.pointer[head.offset + i] }
                #expect(abs(sum - one.pointer[tensor.offset + i]) < 1e-6, "\(tensor.name)")
            }
        }
    }

    @Test("the components' path integrals add up to the change of the bias, and their starts to its slope")
    func completeness() throws {
        let bench = try AttributionBench()
        let measure = AlignmentMeasure(bench.update, isTied: true, neutral: bench.text)
        for domain in ["x", "y"] {
            let objective = bench.scorer.biasObjective(domain)
            let alignment = try measure.measure(
                objective, from: bench.start(objective), change: bench.change(objective), of: domain, on: "pairs",
                nodes: 6
            ).alignment
            let exact = objective.value(bench.tied.after) - objective.value(bench.tied.before)
            #expect(abs(alignment.path - exact) < 2e-5, "\(domain): \(alignment.path), \(exact)")
            // The slope by central differences along the update.
            let scratch = bench.tied.before.copy()
            let step = 0.05
            bench.tied.apply(step, to: scratch)
            let plus = objective.value(scratch)
            bench.tied.apply(-step, to: scratch)
            let slope = (plus - objective.value(scratch)) / (2 * step)
            let start = alignment.components.reduce(0) { $0 + $1.start }
            #expect(abs(start - slope) < 0.02 * abs(slope) + 2e-4, "\(domain): \(start), \(slope)")
            #expect(Set(alignment.components.map(\.component)) == Set(ModelComponent.allCases.map(\.rawValue)))
            #expect(abs(start) > 1e-3)
        }
    }

    @Test("cosines are those of the tied model's own gradient, with the neutral gradient out of both")
    func cosines() throws {
        let bench = try AttributionBench()
        let objective = bench.scorer.biasObjective("x")
        let measure = AlignmentMeasure(bench.update, isTied: true, neutral: bench.text)
        let alignment = try measure.measure(
            objective, from: bench.start(objective), change: bench.change(objective), of: "x", on: "pairs", nodes: 1
        ).alignment
        func doubles(_ buffer: FloatBuffer) -> [Double] { (0..<buffer.count).map { Double(buffer.pointer[$0]) } }
        let gradient = doubles(objective.gradient(bench.tied.before))
        let neutral = doubles(PathGradient.neutral(bench.text, model: bench.tied.before))
        let delta = doubles(bench.tied.delta())
        func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
        func without(_ a: [Double]) -> [Double] {
            let factor = dot(a, neutral) / dot(neutral, neutral)
            return zip(a, neutral).map { $0 - factor * $1 }
        }
        func cosine(_ a: [Double], _ b: [Double]) -> Double { dot(a, b) / (dot(a, a) * dot(b, b)).squareRoot() }
        #expect(abs(alignment.cosine - cosine(gradient, delta)) < 1e-5)
        #expect(abs(alignment.cosineNeutralRemoved - cosine(without(gradient), without(delta))) < 1e-5)
        #expect(abs(dot(without(gradient), neutral)) < 1e-8 * dot(neutral, neutral))
    }

    @Test("the path gradient that a measure leaves, its two sides added up, is that of the tied model")
    func leftGradient() throws {
        let bench = try AttributionBench()
        let objective = bench.scorer.biasObjective("y")
        let measure = AlignmentMeasure(bench.update, isTied: true, neutral: bench.text)
        let left = try measure.measure(
            objective, from: bench.start(objective), change: bench.change(objective), of: "y", on: "pairs", nodes: 3)
        let folded = try bench.tied.before.foldedOutputGradient(left.pathGradient)
        let expected = try PathGradient.average(update: bench.tied, objective: objective, nodes: 3)
        let close = compare(
            Array(folded.buffer.map(Double.init)), expected.buffer.map(Double.init), absolute: 1e-6, relative: 1e-4,
            name: "path gradient")
        #expect(close.isClose, "\(close)")
        // A model that was never tied has nothing to add up.
        let same = try bench.update.before.foldedOutputGradient(left.pathGradient)
        #expect(same.buffer.elementsEqual(left.pathGradient.buffer))
    }

    @Test("summands of the update share its path integral, laid out tied or untied")
    func summands() throws {
        let bench = try AttributionBench()
        let objective = bench.scorer.biasObjective("y")
        func split(_ update: ParameterUpdate) -> [FloatBuffer] {
            let delta = update.delta()
            let part = delta.copy()
            for i in 0..<part.count { part.pointer[i] *= 0.25 }
            let rest = delta.copy()
            for i in 0..<rest.count { rest.pointer[i] -= part.pointer[i] }
            return [part, rest]
        }
        for summands in [split(bench.tied), split(bench.update)] {
            let measure = AlignmentMeasure(
                bench.update, isTied: true, neutral: bench.text, summands: summands.map { summand in { summand } })
            let alignment = try measure.measure(
                objective, from: bench.start(objective), change: bench.change(objective), of: "y", on: "pairs", nodes: 3
            ).alignment
            for part in alignment.components {
                let (forget, retain) = (part.forget ?? .nan, part.retain ?? .nan)
                #expect(abs(forget + retain - part.path) < 1e-6 && part.decay == nil)
                #expect(abs(forget - 0.25 * part.path) < 1e-6)
            }
        }
    }

    @Test("minimal pairs differ in one control word, each pair once, the same for a seed")
    func minimalPairs() {
        let words = (0..<30).map {
            (text: "thing\($0)", frequency: 100 - $0, lexicon: $0 < 15 ? "a" : "b", group: "")
        }
        let sentences = (0..<30).map { "There stood thing\($0), quite alone." }
        let pairs = NeutralMinimalPairs.make(
            sentences: sentences, words: words, kind: \.lexicon, count: 50, closest: 4, seed: 3)
        #expect(pairs.count == 50)
        #expect(Set(pairs.map { $0.0 + $0.1 }).count == 50)
        for (one, two) in pairs {
            let (a, b) = (one.split(separator: " "), two.split(separator: " "))
            let different = zip(a, b).filter { $0 != $1 }
            #expect(a.count == b.count && different.count == 1 && different[0].1.hasSuffix(","))
            let ranks = [different[0].0, different[0].1].compactMap { Int($0.dropFirst(5).dropLast()) }
            #expect(ranks.count == 2 && abs(ranks[0] - ranks[1]) <= 4 && (ranks[0] < 15) == (ranks[1] < 15))
        }
        let again = NeutralMinimalPairs.make(
            sentences: sentences, words: words, kind: \.lexicon, count: 50, closest: 4, seed: 3)
        #expect(again.map(\.1) == pairs.map(\.1))
        #expect(
            NeutralMinimalPairs.make(
                sentences: ["nothing here at all"], words: words, kind: \.lexicon, count: 5, seed: 1
            ).isEmpty)
    }

    @Test(
        "retained text gives minimal pairs only where other text gives too few, and a pair is turned to a gap of 0 or more"
    )
    func neutralPairs() throws {
        let names = (0..<30).map {
            "w" + String(Character(UnicodeScalar(UInt8(97 + $0 % 26)))) + String(repeating: "x", count: $0 / 26)
        }
        let words = names.enumerated().map {
            (text: $1, frequency: 10 + $0, lexicon: "things", group: $0 % 2 == 0 ? "a" : "b")
        }
        func sentences(_ tail: String, _ count: Int) -> [String] {
            (0..<count).map { "we saw \(names[$0 % names.count]) \(tail) \($0)" }
        }
        func choose(_ untouched: Int) -> [(String, String)] {
            NeutralMinimalPairs.choose(
                words, sentences: sentences("there", untouched), retained: sentences("kept", 300), count: 240,
                longest: 20, seed: 1)
        }
        let many = choose(300)
        #expect(many.count == 240 && !many.contains { $0.0.contains("kept") })
        #expect(choose(20).contains { $0.0.contains("kept") })
        let bench = try AttributionBench()
        let gaps = try NeutralMinimalPairs.gaps(
            of: [("he runs far", "she runs far"), ("she runs far", "he runs far"), ("a cat", "a dog")],
            under: bench.update, tokenizer: LetterTokenizer(), profile: .driftscope, check: {})
        #expect(gaps.before.count == 3 && gaps.before.allSatisfy { $0 >= 0 })
        #expect(gaps.before[0] == gaps.before[1] && gaps.after[0] == gaps.after[1])
    }
}
