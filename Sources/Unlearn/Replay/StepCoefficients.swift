import Foundation
import LanguageModel
import LinearAlgebra

/// How the gradient of each step enters the whole update; the formula stands at ``Replay/walk(limit:onPrepared:body:)``.
///
/// For AdamW the sum over later steps is taken backward: with a_t = η_t/(1 − β1ᵗ)/(√v̂_t + ε), R_s = a_s + β1 R_{s+1} and
/// c_s = (1 − β1) · clip_s · R_s.
final class StepCoefficients {
    private let configuration: OptimizerConfiguration
    private let rates: [Double]
    private let ranges: [Range<Int>]
    /// a_t, then R_t, of every step over the trained parameters; empty when they do not fit.
    private var kept: [FloatBuffer] = []
    /// The coefficients of the step at hand, in the order of the layout.
    let values: FloatBuffer
    /// Whether no later √v̂ is guessed.
    let isExact: Bool

    /// - Parameter rates: the learning rate of every step.
    init(
        _ configuration: OptimizerConfiguration, layout: ParameterLayout, trainable: ParameterSelection,
        rates: [Double], limit: Int
    ) {
        self.configuration = configuration
        self.rates = rates
        ranges = layout.tensors.filter(trainable.contains).map(\.range)
        values = FloatBuffer(count: layout.count)
        let count = ranges.reduce(0) { $0 + $1.count }
        isExact = configuration.name == .sgd || rates.count * count * 4 <= limit
        if configuration.name == .adamw, isExact { kept = rates.map { _ in FloatBuffer(count: count) } }
    }

    /// Whether every step must be seen once before coefficients can be taken.
    var needsRehearsal: Bool { !kept.isEmpty }

    /// Keeps a_t of a step, before its update.
    func rehearse(step: Int, gradient: FloatBuffer, scale: Double, _ optimizer: Optimizer) {
        let rate = Float(optimizer.adamFactors(at: step, learningRate: rates[step - 1]).step)
        let out = kept[step - 1].pointer
        eachDenominator(step: step, gradient: gradient, scale: scale, optimizer) { _, packed, denominator in
            out[packed] = rate / denominator
        }
    }

    /// Turns the a_t into R_t.
    func finishRehearsal() {
        let keep = Float(configuration.beta1)
        for step in stride(from: kept.count - 2, through: 0, by: -1) {
            let (now, later) = (kept[step].pointer, kept[step + 1].pointer)
            parallelFor(kept[step].count, grain: 1 << 14) { part in for i in part { now[i] += keep * later[i] } }
        }
    }

    /// Sets ``values`` for a step, before its update.
    func take(step: Int, gradient: FloatBuffer, scale: Double, _ optimizer: Optimizer) {
        let out = values.pointer
        switch configuration.name {
        case .sgd:
            var sum = 0.0
            for rate in rates[(step - 1)...].reversed() { sum = rate + configuration.momentum * sum }
            let coefficient = Float(scale * sum)
            for range in ranges { for i in range { out[i] = coefficient } }
        case .adamw where isExact:
            let factor = Float((1 - configuration.beta1) * scale)
            let sums = kept[step - 1].pointer
            var packed = 0
            for range in ranges {
                for i in range {
                    out[i] = factor * sums[packed]
                    packed += 1
                }
            }
        case .adamw:
            var sum = 0.0
            for t in (step...rates.count).reversed() {
                sum = optimizer.adamFactors(at: t, learningRate: rates[t - 1]).step + configuration.beta1 * sum
            }
            let factor = Float((1 - configuration.beta1) * scale * sum)
            eachDenominator(step: step, gradient: gradient, scale: scale, optimizer) { i, _, denominator in
                out[i] = factor / denominator
            }
        }
    }

    /// √v̂ + ε of a step about to be made, for each trained parameter: its place in the layout and among the trained.
    private func eachDenominator(
        step: Int, gradient: FloatBuffer, scale: Double, _ optimizer: Optimizer, _ body: (Int, Int, Float) -> Void
    ) {
        let (g, v) = (gradient.pointer, optimizer.moments[1].pointer)
        let (scale, keep) = (Float(scale), Float(configuration.beta2))
        let root = Float(optimizer.adamFactors(at: step, learningRate: 0).inverseRoot)
        let epsilon = Float(configuration.epsilon)
        var start = 0
        for range in ranges {
            let offset = start - range.lowerBound
            parallelFor(range.count, grain: 1 << 14) { part in
                for i in range.lowerBound + part.lowerBound..<range.lowerBound + part.upperBound {
                    let scaled = scale * g[i]
                    let second = v[i + offset] * keep + scaled * scaled * (1 - keep)
                    body(i, i + offset, second.squareRoot() * root + epsilon)
                }
            }
            start += range.count
        }
    }
}
