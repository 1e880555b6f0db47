import Attribution
import Counterfactuals
import Evaluate
import FileSupport
import Foundation
import LanguageModel
import LinearAlgebra

/// How fast this machine is at each kind of ``Work`` with the model of a study; measured in about half a second.
///
/// A large model makes one short pass forward and one both ways, whatever they take.
struct Calibration {
    /// Floating-point operations a second of forward passes.
    var forward: Double
    /// The same of passes that go back.
    var training: Double
    /// Normal random numbers a second.
    var normals: Double
    /// Parameters a second.
    var touched: Double
    /// Element operations of the analysis a second. Assumed, not measured: a thread makes some 2e7 of them.
    var analysed: Double { 2e7 * Double(Threads.count) }

    func seconds(_ work: Work) -> Double {
        work.forward / forward + work.training / training + work.normals / normals + work.touched / touched
            + work.analysed / analysed
    }

    /// - Parameter budget: seconds, of which the two kinds of passes take most.
    init(_ plan: StudyPlan, budget: Double = 0.5) {
        let model = plan.inputs.before
        // Sentences of the benchmark as a stage would run them, as many at once as make a batch.
        let objective = plan.objectives.map(\.objective).max { $0.sequences.tokenCount < $1.sequences.tokenCount }
        let isLarge = plan.budget.isLarge
        let sample = Self.sample(objective, tokens: isLarge ? 64 : 4096)
        let there = model.forwardOperations(model.load(of: sample.predictions.map(\.row), in: sample.sequences))
        forward = Self.rate(budget * 0.35, warm: !isLarge) {
            _ = model.logProbabilities(sample.predictions, in: sample.sequences)
            return there
        }
        let short = Self.sample(objective, tokens: isLarge ? 64 : 1024)
        let gradient = FloatBuffer(count: model.layout.count)
        let load = model.load(of: short.predictions.map(\.row), in: short.sequences, backward: true)
        let andBack = 3 * model.forwardOperations(load)
        training = Self.rate(budget * 0.35, warm: !isLarge) {
            _ = model.accumulateGradient(
                of: [.weightedLogLikelihood(short.predictions)], in: short.sequences, into: gradient)
            return andBack
        }
        // Of the tensors as many as hold some 2 million numbers.
        var left = 2_000_000
        let norms = model.layout.tensors.map { tensor -> Double in
            left -= tensor.count
            return left + tensor.count > 0 && tensor.count < 8_000_000 ? 1 : 0
        }
        let drawn = zip(model.layout.tensors, norms).reduce(0) { $0 + ($1.1 > 0 ? $1.0.count : 0) }
        let direction = RandomDirection(layout: model.layout, norms: norms)
        normals = Self.rate(budget * 0.1, warm: false) {
            _ = direction.draw(0, seed: 0, gradients: [])
            return Double(max(1, drawn))
        }
        let count = min(gradient.count, 8_000_000)
        touched = Self.rate(budget * 0.1, warm: true) {
            let (x, out) = (model.values.buffer, gradient.buffer)
            parallelFor(count, grain: 1 << 14) { range in for i in range { out[i] = 0.5 * out[i] + x[i] } }
            return Double(count)
        }
    }

    /// Units of work a second: of as many calls as fit the time, one at least, the fastest, which other programs on the
    /// machine disturbed least.
    private static func rate(_ seconds: Double, warm: Bool, _ body: () -> Double) -> Double {
        if warm { _ = body() }
        let start = Date()
        var best = 0.0
        repeat {
            let begun = Date()
            let done = body()
            best = max(best, done / max(Date().timeIntervalSince(begun), 1e-9))
        } while Date().timeIntervalSince(start) < seconds
        return best
    }

    /// The first sequences of an objective, with what is predicted in them.
    private static func sample(_ objective: BiasObjective?, tokens: Int) -> (
        sequences: PackedSequences, predictions: [Prediction]
    ) {
        guard let objective else { return (PackedSequences([]), []) }
        let sequences = objective.sequences.first(tokens: tokens)
        return (sequences, objective.predictions.filter { $0.row < sequences.tokenCount })
    }
}
