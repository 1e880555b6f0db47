import Foundation
import LanguageModel
import LinearAlgebra

/// Adds up, step by step, what the forget term and weight decay did under the run's optimiser.
///
/// For AdamW with the forget term's gradient g^F, the clip factor s and the v that all terms share:
/// m^F ← m^F + (s g^F − m^F)(1 − β1), Δ^F ← Δ^F − η/(1 − β1ᵗ) · m^F/(√v̂ + ε). For SGD m^F ← μ m^F + s g^F and
/// Δ^F ← Δ^F − η m^F. Both are linear in the gradient, so the terms add up to the step.
///
/// Buffers of moments are packed as the optimiser's: the trained ranges one after the other.
final class TermSums {
    private let optimizer: Optimizer
    private let clipNorm: Double?
    /// The tied matrix, where its output side is told apart, and where its moments begin.
    private let tied: (matrix: ParameterInfo, momentsAt: Int)?

    /// The forget term's gradient of this step, in the order of the layout; empty when it is the only term.
    private let gradient: FloatBuffer
    /// Of it, the output side of the tied matrix, `(V, D)`.
    private let outputGradient: FloatBuffer
    private let forgetMoment: FloatBuffer
    private let outputMoment: FloatBuffer
    private let decayMoment: FloatBuffer

    /// Δ^F so far; nil when the forget term is the only one, whose share is then all that decay did not do.
    let forget: FloatBuffer?
    /// Of Δ^F, the output side, `(V, D)`; nil without a tied matrix.
    let output: FloatBuffer?
    /// What weight decay did so far; nil without it.
    let decay: FloatBuffer?

    /// - Parameters:
    ///   - splitsRetain: whether there is another term besides the forget term.
    ///   - folder: where buffers lie that are large; nil keeps them in memory.
    init(
        _ optimizer: Optimizer, before: TransformerModel, splitsRetain: Bool, clipNorm: Double?, folder: String?
    ) throws {
        self.optimizer = optimizer
        self.clipNorm = clipNorm
        let (configuration, count) = (optimizer.configuration, before.layout.count)
        let matrix = before.inputEmbedding
        tied = before.hasTiedEmbeddings ? Self.momentsAt(matrix, optimizer.ranges).map { (matrix, $0) } : nil
        let packed = optimizer.ranges.reduce(0) { $0 + $1.count }
        let hasMoment = configuration.name == .adamw || configuration.momentum != 0
        let decays = configuration.weightDecay != 0
        func buffer(_ count: Int) throws -> FloatBuffer { try FloatBuffer(count: count, in: folder) }
        gradient = try buffer(splitsRetain ? count : 0)
        outputGradient = try buffer(tied == nil ? 0 : matrix.count)
        forgetMoment = try buffer(splitsRetain && hasMoment ? packed : 0)
        outputMoment = try buffer(tied != nil && hasMoment ? matrix.count : 0)
        decayMoment = try buffer(decays && configuration.name == .sgd && configuration.momentum != 0 ? packed : 0)
        forget = splitsRetain ? try buffer(count) : nil
        // A matrix that is not trained keeps an output share of zero.
        output = before.hasTiedEmbeddings ? try buffer(matrix.count) : nil
        decay = decays ? try buffer(count) : nil
    }

    /// Keeps the forget term's gradient, whose two sides of a tied matrix stand at `input` and `output`.
    func keepForget(_ sum: FloatBuffer, output side: ParameterInfo?) {
        func copy(_ place: Int, to target: FloatBuffer) {
            FloatBuffer.walk(0..<target.count) { part in
                (target.pointer + part.lowerBound).update(
                    from: sum.pointer + place + part.lowerBound, count: part.count)
            } then: { part in
                target.release(part)
            }
        }
        if tied != nil, let side { copy(side.offset, to: outputGradient) }
        guard gradient.count > 0 else { return }
        copy(0, to: gradient)
        if let tied, let side {
            let (to, from) = (gradient.pointer + tied.matrix.offset, sum.pointer + side.offset)
            FloatBuffer.walk(0..<side.count) { part in
                for i in part { to[i] += from[i] }
            } then: { part in
                gradient.release(tied.matrix.offset + part.lowerBound..<tied.matrix.offset + part.upperBound)
            }
        }
    }

    /// Adds what decay is about to do to the parameters.
    func addDecay(_ values: FloatBuffer, learningRate: Double) {
        guard let decay else { return }
        let configuration = optimizer.configuration
        let weight = Float(configuration.weightDecay)
        // The optimiser multiplies by this factor, rounded.
        let shrink = 1 - Float(1 - learningRate * configuration.weightDecay)
        let (rate, momentum) = (Float(learningRate), Float(configuration.momentum))
        eachRange { range, moments in
            let (p, d) = (values.pointer + range.lowerBound, decay.pointer + range.lowerBound)
            let m = decayMoment.pointer + (decayMoment.count > 0 ? moments : 0)
            switch (configuration.name, decayMoment.count > 0) {
            case (.adamw, _): for i in 0..<range.count { d[i] -= shrink * p[i] }
            case (.sgd, false): for i in 0..<range.count { d[i] -= rate * (weight * p[i]) }
            case (.sgd, true):
                for i in 0..<range.count {
                    m[i] = momentum * m[i] + weight * p[i]
                    d[i] -= rate * m[i]
                }
            }
        }
    }

    /// Adds what the step that the optimiser has just made did through the forget term.
    func addStep(norm: Double, learningRate: Double) {
        let rule = Rule(
            optimizer, learningRate: learningRate, scale: Float(Optimizer.clipFactor(norm: norm, clipNorm: clipNorm)))
        let second = optimizer.moments[1]
        if let forget {
            eachRange { range, moments in
                rule.add(
                    gradient.pointer + range.lowerBound, moment: forgetMoment, second: second, at: moments,
                    secondAt: moments, to: forget.pointer + range.lowerBound, count: range.count)
            }
        }
        if let output, let tied {
            FloatBuffer.walk(0..<tied.matrix.count) { part in
                rule.add(
                    outputGradient.pointer + part.lowerBound, moment: outputMoment, second: second, at: part.lowerBound,
                    secondAt: tied.momentsAt + part.lowerBound, to: output.pointer + part.lowerBound, count: part.count)
            } then: { part in
                for buffer in [outputGradient, outputMoment, output] { buffer.release(part) }
            }
        }
    }

    /// Parts of the trained ranges with the place of their moments, in parallel.
    private func eachRange(_ body: (Range<Int>, Int) -> Void) {
        var moments = 0
        for range in optimizer.ranges {
            let offset = moments - range.lowerBound
            FloatBuffer.walk(range) { part in
                body(part, part.lowerBound + offset)
            } then: { part in
                for buffer in [gradient, forget, decay] where buffer?.count ?? 0 > 0 { buffer?.release(part) }
                for buffer in [forgetMoment, decayMoment] where buffer.count > 0 {
                    buffer.release(part.lowerBound + offset..<part.upperBound + offset)
                }
            }
            moments += range.count
        }
    }

    /// Where a tensor's moments begin; nil when it is not trained.
    private static func momentsAt(_ tensor: ParameterInfo, _ ranges: [Range<Int>]) -> Int? {
        var start = 0
        for range in ranges {
            if range.contains(tensor.offset) { return start + tensor.offset - range.lowerBound }
            start += range.count
        }
        return nil
    }
}

/// The optimiser's step as a linear function of one term's gradient.
private struct Rule {
    let isAdam: Bool
    let scale: Float
    let keep: Float
    let momentum: Float
    let step: Float
    let inverseRoot: Float
    let epsilon: Float

    init(_ optimizer: Optimizer, learningRate: Double, scale: Float) {
        let configuration = optimizer.configuration
        isAdam = configuration.name == .adamw
        self.scale = scale
        keep = 1 - Float(configuration.beta1)
        momentum = Float(configuration.momentum)
        epsilon = Float(configuration.epsilon)
        let factors = optimizer.adamFactors(at: optimizer.stepCount, learningRate: learningRate)
        step = Float(isAdam ? factors.step : learningRate)
        inverseRoot = Float(factors.inverseRoot)
    }

    /// Takes a gradient into its moment and subtracts what comes of it from `sum`.
    func add(
        _ gradient: UnsafePointer<Float>, moment: FloatBuffer, second: FloatBuffer, at place: Int, secondAt: Int,
        to sum: UnsafeMutablePointer<Float>, count: Int
    ) {
        let m = moment.pointer + (moment.count > 0 ? place : 0)
        if isAdam {
            let v = second.pointer + secondAt
            for i in 0..<count {
                m[i] += (scale * gradient[i] - m[i]) * keep
                sum[i] -= step * m[i] / (v[i].squareRoot() * inverseRoot + epsilon)
            }
        } else if moment.count > 0 {
            for i in 0..<count {
                m[i] = momentum * m[i] + scale * gradient[i]
                sum[i] -= step * m[i]
            }
        } else {
            for i in 0..<count { sum[i] -= step * (scale * gradient[i]) }
        }
    }
}
