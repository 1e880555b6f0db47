import Foundation
import LanguageModel
import LinearAlgebra
import TestSupport
import Testing
import Unlearn

@Suite("Update decomposition of a run")
struct UpdateDecompositionTests {
    /// A run of a tiny study that was made, and the decomposition of its update.
    private struct Made {
        let study: TinyStudy
        let decomposition: UpdateDecomposition
        let result: UnlearnResult
        let after: TransformerModel
        /// θ after every step, θ0 first.
        var path: [[Float]] = []

        init(_ change: (inout UnlearnConfiguration) -> Void) throws {
            study = try TinyStudy()
            // Larger than at initialisation, so that every token of the context matters.
            var stream = RandomStream(seed: 3)
            for i in 0..<study.model.values.count { study.model.values.pointer[i] += Float(0.2 * stream.normal()) }
            var configuration = study.configuration
            change(&configuration)
            let (unlearner, after) = try study.unlearner(configuration)
            var path: [[Float]] = []
            result = try unlearner.run { step in
                path.append(step.model.array)
                return .goOn
            }
            self.path = path
            self.after = after
            decomposition = try UpdateDecomposition(
                before: study.model, forget: study.forget, retain: study.neutral, configuration: configuration,
                steps: result.keptStep)
        }

        var moved: [Double] { zip(after.array, study.model.array).map { Double($0) - Double($1) } }
    }

    /// The harmful tokens of some sentences, each in a sequence of its own, with the factor 1/Σ|H|.
    private static func forgetTerm(_ sentences: [ForgetSentence]) -> (PackedSequences, [Prediction]) {
        let count = sentences.reduce(0) { $0 + $1.harmfulPositions.count }
        var start = 0
        var predictions: [Prediction] = []
        for sentence in sentences {
            predictions += sentence.harmfulPositions.map {
                Prediction(row: start + $0 - 1, token: sentence.tokens[$0], weight: 1 / Float(count))
            }
            start += sentence.tokens.count
        }
        return (PackedSequences(sentences.map(\.tokens)), predictions)
    }

    private static func gradient(_ model: TransformerModel, _ packed: PackedSequences, _ term: LossTerm) -> [Double] {
        let gradient = FloatBuffer(count: model.layout.count)
        _ = model.accumulateGradient(of: [term], in: packed, into: gradient)
        return gradient.buffer.map(Double.init)
    }

    @Test(
        "One plain step: the output part is −η(1/|H|) Σ ([v = y] − p(v)) h, the input and retain parts are autograd's")
    func plainStep() throws {
        let rate = 0.5
        let made = try Made {
            $0.optimizer = OptimizerConfiguration(name: .sgd, learningRate: rate)
            $0.steps = 1
            $0.retainLoss = .nll
            $0.retainWeight = 0.5
            $0.retainBatch = 4
        }
        let terms = try made.decomposition.split()
        let model = made.study.model
        let (packed, predictions) = Self.forgetTerm(made.study.forget.sentences)
        let width = model.configuration.hiddenSize
        let vocabulary = model.configuration.vocabularySize
        // From probabilities and hidden states alone, without any gradient.
        let hidden = model.hiddenStates(at: predictions.map(\.row), in: packed).last
        let states = try #require(hidden)
        var expected = [Double](repeating: 0, count: vocabulary * width)
        for (t, prediction) in predictions.enumerated() {
            let all = (0..<Int32(vocabulary)).map { Prediction(row: prediction.row, token: $0) }
            for (v, log) in model.logProbabilities(all, in: packed).enumerated() {
                let surprise = (v == Int(prediction.token) ? 1 : 0) - exp(Double(log))
                for i in 0..<width {
                    expected[v * width + i] -= rate / Double(predictions.count) * surprise * Double(states[t, i])
                }
            }
        }
        let output = try #require(terms.output)
        #expect(relativeError(output.buffer.map(Double.init), expected) < 1e-5)

        let untied = model.untied()
        let bySide = Self.gradient(untied, packed, .weightedLogLikelihood(predictions))
        let rows = terms.rows(Array(0..<vocabulary))
        let input = bySide[untied.inputEmbedding.range].map { -rate * $0 }
        #expect(relativeError(rows.input.elements.map(Double.init), input) < 1e-5)
        // Both sides together are the gradient of the tied matrix.
        let tied = Self.gradient(model, packed, .weightedLogLikelihood(predictions)).map { -rate * $0 }
        #expect(relativeError(terms.forget.buffer.map(Double.init), tied) < 1e-5)

        let pieces = made.study.neutral.pieces
        let count = pieces.reduce(0) { $0 + $1.count - 1 }
        let neutral = PackedSequences(pieces)
        let texts = (0..<neutral.sequenceCount).flatMap { s in
            neutral.range(s).dropLast().map {
                Prediction(row: $0, token: neutral.tokens[$0 + 1], weight: -0.5 / Float(count))
            }
        }
        let retained = Self.gradient(model, neutral, .weightedLogLikelihood(texts)).map { -rate * $0 }
        let retain = try #require(terms.retain)
        #expect(relativeError(retain.buffer.map(Double.init), retained) < 1e-4)
        #expect(terms.decay == nil)
    }

    @Test(
        "AdamW, five steps: forget, retain, decay and output part are those of moments kept apart in double precision")
    func adam() throws {
        let rate = 3e-3
        let decayWeight = 1.0
        let clip = 0.5
        let made = try Made {
            $0.optimizer = OptimizerConfiguration(learningRate: rate, weightDecay: decayWeight)
            $0.steps = 5
            $0.batch = 2
            $0.retainLoss = .kl
            $0.retainWeight = 2
            $0.clipNorm = clip
            $0.resampleRows = true
        }
        let terms = try made.decomposition.split()

        let model = made.study.model
        let at = model.copy()
        let untied = model.untied()
        let (count, matrix, side) = (model.layout.count, model.inputEmbedding, untied.outputEmbedding)
        var theta = model.array.map(Double.init)
        let zero = [Double](repeating: 0, count: count)
        var (mF, mR, v, forget, retain, decay) = (zero, zero, zero, zero, zero, zero)
        var mO = [Double](repeating: 0, count: matrix.count)
        var output = mO
        for record in made.result.log {
            for i in 0..<count { at.values.pointer[i] = Float(theta[i]) }
            untied.takeValues(ofTied: at)
            let (packed, predictions) = Self.forgetTerm(record.sentences.map { made.study.forget.sentences[$0] })
            let sides = Self.gradient(untied, packed, .weightedLogLikelihood(predictions))
            let gO = sides[side.range]
            var gF = Array(sides.prefix(count))
            for (i, g) in zip(matrix.range, gO) { gF[i] += g }
            let neutral = PackedSequences(record.retainPieces.map { made.study.neutral.pieces[$0] })
            let rows = (0..<neutral.sequenceCount).flatMap { Array(neutral.range($0).dropLast()) }
            let gR = Self.gradient(at, neutral, .klDivergence(from: model, rows: rows, weight: 2))
            let norm = zip(gF, gR).reduce(0.0) { $0 + ($1.0 + $1.1) * ($1.0 + $1.1) }.squareRoot()
            let scale = min(1, clip / (norm + 1e-6))
            let t = Double(record.step)
            let (b1, b2) = (0.9.power(t), 0.999.power(t))
            for i in 0..<count {
                mF[i] = 0.9 * mF[i] + 0.1 * scale * gF[i]
                mR[i] = 0.9 * mR[i] + 0.1 * scale * gR[i]
                let g = scale * (gF[i] + gR[i])
                v[i] = 0.999 * v[i] + 0.001 * g * g
                let step = rate / (1 - b1) / ((v[i] / (1 - b2)).squareRoot() + 1e-8)
                forget[i] -= step * mF[i]
                retain[i] -= step * mR[i]
                decay[i] -= rate * decayWeight * theta[i]
                theta[i] -= rate * decayWeight * theta[i] + step * (mF[i] + mR[i])
                if matrix.range.contains(i) {
                    let o = i - matrix.offset
                    mO[o] = 0.9 * mO[o] + 0.1 * scale * gO[gO.startIndex + o]
                    output[o] -= step * mO[o]
                }
            }
        }
        #expect(relativeError(terms.forget.buffer.map(Double.init), forget) < 2e-3)
        #expect(relativeError(try #require(terms.retain).buffer.map(Double.init), retain) < 1e-2)
        #expect(relativeError(try #require(terms.decay).buffer.map(Double.init), decay) < 1e-3)
        #expect(relativeError(try #require(terms.output).buffer.map(Double.init), output) < 2e-3)
        // The terms are no small matter beside each other, so that a swap would show.
        func norm(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
        #expect(norm(retain) > 0.05 * norm(forget) && norm(decay) > 0.05 * norm(forget))
    }

    @Test("The terms add up to the update of the real run, for every optimiser and retain term", arguments: 0..<6)
    func meetsTheRun(_ variant: Int) throws {
        let made = try Made {
            $0.retainLoss = [.none, .nll, .kl][variant % 3]
            $0.steps = 5
            $0.clipNorm = 0.3
            $0.batch = 2
            $0.passTokens = 30
            if variant >= 3 {
                $0.optimizer = OptimizerConfiguration(
                    name: .sgd, learningRate: 0.05, weightDecay: 0.02, momentum: 0.8)
            }
        }
        let terms = try made.decomposition.split()
        let error = try #require(terms.relativeError(from: made.study.model, to: made.after))
        #expect(error < 1e-3, "\(error)")
        #expect((terms.retain == nil) == (variant % 3 == 0))
        #expect((terms.decay == nil) == (variant < 3))
        // Twice the same bits.
        let again = try made.decomposition.split()
        #expect(again.forget.buffer.elementsEqual(terms.forget.buffer))
    }

    @Test("Only the steps that were kept are taken again, and frozen tensors do not move")
    func keptSteps() throws {
        let made = try Made {
            $0.retainLoss = .kl
            $0.parameters = ["embeddings", "mlp"]
            $0.optimizer.weightDecay = 0.1
        }
        let three = try UpdateDecomposition(
            before: made.study.model, forget: made.study.forget, retain: made.study.neutral,
            configuration: made.decomposition.configuration, steps: 3)
        let terms = try three.split()
        let middle = made.study.model.copy()
        _ = middle.values.buffer.update(fromContentsOf: made.path[3])
        #expect(try #require(terms.relativeError(from: made.study.model, to: middle)) < 1e-3)
        #expect(try #require(terms.relativeError(from: made.study.model, to: made.after)) > 0.1)
        for tensor in terms.layout.tensors where tensor.module != .embeddings && tensor.module != .mlp {
            #expect(tensor.range.allSatisfy { terms.forget.pointer[$0] == 0 && terms.decay?.pointer[$0] == 0 })
        }
    }

    @Test("A walk goes the run's own way bit for bit")
    func walk() throws {
        let made = try Made {
            $0.retainLoss = .kl
            $0.clipNorm = 0.5
            $0.batch = 2
        }
        var steps: [Int] = []
        let exact = try made.decomposition.walk { step in
            #expect(step.model.array == made.path[step.step - 1])
            #expect(step.sentences == made.result.log[step.step - 1].sentences)
            for (prediction, source) in zip(step.predictions, step.sources) {
                let sentence = made.study.forget.sentences[source.sentence]
                #expect(sentence.harmfulPositions.contains(source.position))
                #expect(sentence.tokens[source.position] == prediction.token)
            }
            steps.append(step.step)
        }
        #expect(exact && steps == Array(1...6))
    }

    @Test("The update is −Σ c ⊙ g over the steps", arguments: [0, 1, 2])
    func coefficients(_ variant: Int) throws {
        let made = try Made {
            $0.clipNorm = 0.5
            $0.batch = 2
            $0.forgetWeight = 1.5
            $0.scheduleShape = .linear
            $0.warmupSteps = 1
            if variant == 1 {
                $0.optimizer = OptimizerConfiguration(name: .sgd, learningRate: 0.05, momentum: 0.8)
            }
        }
        var sum = [Double](repeating: 0, count: made.study.model.layout.count)
        let exact = try made.decomposition.walk(limit: variant == 2 ? 0 : 1 << 30) { step in
            let gradient = Self.gradient(step.model, step.sequences, .weightedLogLikelihood(step.predictions))
            for i in sum.indices { sum[i] -= Double(step.coefficients.pointer[i]) * gradient[i] }
        }
        let error = relativeError(sum, made.moved)
        #expect(exact == (variant != 2))
        // With interpolated second moments the sum is near, not equal.
        #expect(variant == 2 ? (1e-3...0.3).contains(error) : error < 1e-3, "\(error)")
    }
}

extension Double {
    fileprivate func power(_ count: Double) -> Double { (0..<Int(count)).reduce(1) { value, _ in value * self } }
}
