import FileSupport
import Foundation
import LanguageModel
import LinearAlgebra
import TestSupport
import Testing
import Unlearn

@Suite("Unlearner")
struct UnlearnerTests {
    @Test("The forget loss is the mean log p of the batch's harmful tokens")
    func forgetLoss() throws {
        let study = try TinyStudy()
        var configuration = study.configuration
        configuration.forgetWeight = 3
        configuration.passTokens = 20
        let (unlearner, _) = try study.unlearner(configuration)
        let result = try unlearner.run()
        let point = result.trajectory[1]
        let expected = study.meanLogProbability(study.model, harmful: true)
        let loss = try #require(point.forgetLoss)
        let close = compare([loss], [expected], absolute: 1e-5, relative: 1e-5, name: "forget loss")
        #expect(close.isClose, "\(close)")
        #expect(Set(result.log[0].sentences) == Set(0..<5))
    }

    @Test("One SGD step moves the parameters by minus the gradient of the loss, clipped to the norm")
    func sgdStep() throws {
        let study = try TinyStudy()
        var configuration = study.configuration
        configuration.steps = 1
        configuration.retainLoss = .nll
        configuration.retainWeight = 0.5
        configuration.retainBatch = 4
        configuration.clipNorm = 0.1
        // Several passes a step must add up to one.
        configuration.passTokens = 30
        configuration.optimizer = OptimizerConfiguration(name: .sgd, learningRate: 0.01)
        let (unlearner, after) = try study.unlearner(configuration)
        let result = try unlearner.run()

        // The same gradient in one piece, from whole sentences, written out here.
        var sequences: [[Int32]] = []
        var predictions: [Prediction] = []
        let harmful = study.forget.sentences.reduce(0) { $0 + $1.harmfulPositions.count }
        let retained = study.neutral.pieces.reduce(0) { $0 + $1.count - 1 }
        var start = 0
        func add(_ tokens: [Int32], _ positions: [Int], _ weight: Double) {
            sequences.append(tokens)
            predictions += positions.map {
                Prediction(row: start + $0 - 1, token: tokens[$0], weight: Float(weight))
            }
            start += tokens.count
        }
        for sentence in study.forget.sentences {
            add(sentence.tokens, sentence.harmfulPositions, 1 / Double(harmful))
        }
        for piece in study.neutral.pieces { add(piece, Array(1..<piece.count), -0.5 / Double(retained)) }
        let gradient = FloatBuffer(count: study.model.layout.count)
        _ = study.model.accumulateGradient(
            of: [.weightedLogLikelihood(predictions)], in: PackedSequences(sequences), into: gradient, trainable: .all)
        let norm = gradient.buffer.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        let found = try #require(result.trajectory[1].gradientNorm)
        #expect(abs(found - norm) < 1e-4 * norm)
        #expect(norm > 0.1)
        let moved = zip(after.array, study.model.array).map { Double($0) - Double($1) }
        let expected = gradient.buffer.map { -0.01 * Double($0) * 0.1 / norm }
        #expect(relativeError(moved, expected) < 1e-3)
    }

    @Test("Harmful tokens lose far more probability than the words around them")
    func selective() throws {
        let study = try TinyStudy()
        var configuration = study.configuration
        configuration.retainLoss = .kl
        configuration.steps = 20
        let (unlearner, after) = try study.unlearner(configuration)
        let result = try unlearner.run()
        let harmful =
            study.meanLogProbability(after, harmful: true) - study.meanLogProbability(study.model, harmful: true)
        let others =
            study.meanLogProbability(after, harmful: false) - study.meanLogProbability(study.model, harmful: false)
        #expect(harmful < -0.5)
        #expect(abs(others) < abs(harmful) / 4)
        #expect(try #require(result.trajectory.last?.retainLoss) > 0)
        #expect(result.reason == .finished && result.keptStep == 20)
    }

    @Test("The KL retain loss is the mean divergence from the model before, over all positions of the batch")
    func klRetainLoss() throws {
        let study = try TinyStudy()
        var configuration = study.configuration
        configuration.retainLoss = .kl
        configuration.retainWeight = 2
        configuration.retainBatch = 4
        configuration.steps = 2
        configuration.passTokens = 30
        let (unlearner, after) = try study.unlearner(configuration)
        var moved: [Float] = []
        let result = try unlearner.run { step in
            if step.point.step == 1 { moved = step.model.array }
            return .goOn
        }
        #expect(try abs(#require(result.trajectory[1].retainLoss)) < 1e-7)
        let between = after.copy()
        _ = between.values.buffer.update(fromContentsOf: moved)
        let packed = PackedSequences(study.neutral.pieces)
        let rows = (0..<packed.sequenceCount).flatMap { Array(packed.range($0).dropLast()) }
        let values = between.klDivergence(from: study.model, rows: rows, in: packed)
        let expected = values.reduce(0.0) { $0 + Double($1) } / Double(rows.count)
        let found = try #require(result.trajectory[2].retainLoss)
        #expect(expected > 0)
        #expect(abs(found - expected) < 1e-3 * expected)
    }

    @Test("A piece of one token predicts nothing and is left out")
    func pieces() {
        let text = TextPieces(path: "", sha256: "", pieces: [[0, 4, 5], [0], [], [0, 6]])
        #expect(text.pieces == [[0, 4, 5], [0, 6]])
        #expect(text.predictedTokens == 3)
    }

    @Test("Tensors outside the selection keep their bits")
    func selection() throws {
        let study = try TinyStudy()
        var configuration = study.configuration
        configuration.parameters = ["mlp", "layers 1"]
        let (unlearner, after) = try study.unlearner(configuration)
        _ = try unlearner.run()
        for tensor in after.layout.tensors {
            let same = after.tensor(tensor).elementsEqual(study.model.tensor(tensor))
            #expect(same == !(tensor.module == .mlp && tensor.layer == 1), "\(tensor.name)")
        }
    }

    @Test("A seed decides the rows: the same seed the same bits, another seed others")
    func seeds() throws {
        let study = try TinyStudy()
        var configuration = study.configuration
        configuration.batch = 2
        configuration.resampleRows = true
        func run(_ seed: UInt64) throws -> ([Float], [StepRecord]) {
            configuration.seed = seed
            let (unlearner, after) = try study.unlearner(configuration)
            let log = try unlearner.run().log
            return (after.array, log)
        }
        let (first, second, third) = (try run(1), try run(1), try run(2))
        #expect(first.0 == second.0)
        #expect(first.1 == second.1)
        #expect(first.0 != third.0)
        #expect(first.1.map(\.sentences) != third.1.map(\.sentences))
    }

    @Test("Every row is used once an epoch when rows are not resampled")
    func epochs() throws {
        let study = try TinyStudy()
        var configuration = study.configuration
        configuration.batch = 2
        configuration.steps = 5
        let (unlearner, _) = try study.unlearner(configuration)
        let used = try unlearner.run().log.flatMap(\.sentences)
        #expect(used.prefix(5).sorted() == [0, 1, 2, 3, 4])
        #expect(used.suffix(5).sorted() == [0, 1, 2, 3, 4])
    }

    @Test("A placebo, neutral words as the harmful ones, runs the same way and lowers those words")
    func placebo() throws {
        let study = try TinyStudy(harmful: ["zebras", "day"])
        let (unlearner, after) = try study.unlearner(study.configuration)
        _ = try unlearner.run()
        #expect(
            study.meanLogProbability(after, harmful: true) < study.meanLogProbability(study.model, harmful: true))
    }

    @Test("A configuration that cannot be meant is refused with its key")
    func validation() throws {
        let study = try TinyStudy()
        func place(_ change: (inout UnlearnConfiguration) -> Void) -> String {
            var configuration = study.configuration
            change(&configuration)
            do {
                _ = try study.unlearner(configuration)
                return ""
            } catch { return (error as? InputError)?.place ?? "\(error)" }
        }
        #expect(place { _ in }.isEmpty)
        #expect(place { $0.steps = 0 } == "optimizer.steps")
        #expect(place { $0.batch = 0 } == "optimizer.batch")
        #expect(place { $0.checkEvery = -1 } == "guard.check-every")
        #expect(place { $0.forgetWeight = .nan } == "objective.weight")
        #expect(place { $0.clipNorm = 0 } == "optimizer.clip")
        #expect(place { $0.optimizer.learningRate = 0 } == "optimizer.learning-rate")
        #expect(place { $0.budget.klDivergence = -1 } == "guard.kl")
        #expect(place { $0.parameters = ["head"] } == "parameters")
    }
}
