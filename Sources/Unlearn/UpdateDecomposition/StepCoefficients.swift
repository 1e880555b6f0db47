import Foundation
import LanguageModel
import LinearAlgebra

/// How the gradient of each step enters the whole update; the formula stands at ``UpdateDecomposition/walk(limit:folder:onPrepared:body:)``.
///
/// For AdamW the sum over later steps is taken backward: with a_t = η_t/(1 − β1ᵗ)/(√v̂_t + ε), R_s = a_s + β1 R_{s+1} and
/// c_s = (1 − β1) · clip_s · R_s.
///
/// That takes √v̂ of every step. Where so much does not fit, the v of the steps after s is interpolated between that of s,
/// which is known when s is reached, and that of the last step, which a run of the steps beforehand has told: as if all g²
/// between them were equal, v_t = v_s β2^{t−s} + (1 − β2^{t−s}) q, with the q that gives the last. (With v_s alone in their
/// place, coefficients of the first steps are wrong by a factor while their sum over sentences hardly shows it.)
final class StepCoefficients {
    private let configuration: OptimizerConfiguration
    private let rates: [Double]
    private let ranges: [Range<Int>]
    /// a_t, then R_t, of every step over the trained parameters; empty when they do not fit.
    private var kept: [FloatBuffer] = []
    /// v of the last step over the trained parameters, where the others do not fit.
    private var last: FloatBuffer?
    /// The coefficients of the step at hand, in the order of the layout.
    let values: FloatBuffer
    /// Whether no later √v̂ is interpolated.
    let isExact: Bool

    /// - Parameter rates: the learning rate of every step.
    init(
        _ configuration: OptimizerConfiguration, layout: ParameterLayout, trainable: ParameterSelection,
        rates: [Double], limit: Int, folder: String? = nil
    ) throws {
        self.configuration = configuration
        self.rates = rates
        ranges = layout.tensors.filter(trainable.contains).map(\.range)
        values = try FloatBuffer(count: layout.count, in: folder)
        let count = ranges.reduce(0) { $0 + $1.count }
        isExact = configuration.name == .sgd || rates.count * count * 4 <= limit
        guard configuration.name == .adamw, !rates.isEmpty else { return }
        if isExact {
            kept = rates.map { _ in FloatBuffer(count: count) }
        } else {
            last = try FloatBuffer(count: count, in: folder)
        }
    }

    /// Whether every step must be seen once before coefficients can be taken.
    var needsRehearsal: Bool { !kept.isEmpty || last != nil }

    /// Keeps what a step tells, before its update: a_t of each, or v of the last.
    func rehearse(step: Int, gradient: FloatBuffer, scale: Double, _ optimizer: Optimizer) {
        if let last {
            guard step == rates.count else { return }
            return eachSecond(gradient, scale, optimizer) { _, packed, v in last.pointer[packed] = v }
        }
        let factors = optimizer.adamFactors(at: step, learningRate: rates[step - 1])
        let (rate, root) = (Float(factors.step), Float(factors.inverseRoot))
        let epsilon = Float(configuration.epsilon)
        let out = kept[step - 1].pointer
        eachSecond(gradient, scale, optimizer) { _, packed, v in out[packed] = rate / (v.squareRoot() * root + epsilon)
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
        defer { values.release() }
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
        case .adamw: interpolate(step: step, gradient: gradient, scale: scale, optimizer)
        }
    }

    /// Sets ``values`` from v of the step and of the last one.
    private func interpolate(step: Int, gradient: FloatBuffer, scale: Double, _ optimizer: Optimizer) {
        guard let last else { return }
        let groups = lagGroups(step, optimizer)
        let through = Float(pow(configuration.beta2, Double(rates.count - step)))
        let factor = Float((1 - configuration.beta1) * scale)
        let epsilon = Float(configuration.epsilon)
        let out = values.pointer
        eachSecond(gradient, scale, optimizer) { i, packed, v in
            let even = through < 1 ? max(0, (last.pointer[packed] - v * through) / (1 - through)) : v
            var sum: Float = 0
            for group in groups {
                let later = v * group.keep + (1 - group.keep) * even
                sum += group.weight / (later.squareRoot() * group.root + epsilon)
            }
            out[i] = factor * sum
        }
    }

    /// Later steps as seen from one, those far away taken together: η_t β1^{t−s}/(1 − β1ᵗ) summed, and at their mean lag
    /// β2^{t−s} and 1/√(1 − β2ᵗ).
    private func lagGroups(_ step: Int, _ optimizer: Optimizer) -> [(weight: Float, keep: Float, root: Float)] {
        var groups: [(weight: Float, keep: Float, root: Float)] = []
        var lag = 0
        while step + lag <= rates.count {
            // Lags 0, 1, 2–3, 4–7, 8–15 and so on.
            let lags = lag...min(max(lag, 2 * lag - 1), rates.count - step)
            var (weight, moment) = (0.0, 0.0)
            for k in lags {
                let share =
                    optimizer.adamFactors(at: step + k, learningRate: rates[step + k - 1]).step
                    * pow(configuration.beta1, Double(k))
                weight += share
                moment += share * Double(k)
            }
            if weight > 0 {
                let mean = moment / weight
                groups.append(
                    (
                        weight: Float(weight), keep: Float(pow(configuration.beta2, mean)),
                        root: Float(1 / (1 - pow(configuration.beta2, Double(step) + mean)).squareRoot())
                    ))
            }
            lag = lags.upperBound + 1
        }
        return groups
    }

    /// v of a step about to be made, for each trained parameter: its place in the layout and among the trained, and v.
    private func eachSecond(
        _ gradient: FloatBuffer, _ scale: Double, _ optimizer: Optimizer, _ body: (Int, Int, Float) -> Void
    ) {
        let (g, v) = (gradient.pointer, optimizer.moments[1].pointer)
        let (scale, keep) = (Float(scale), Float(configuration.beta2))
        var start = 0
        for range in ranges {
            let offset = start - range.lowerBound
            FloatBuffer.walk(range) { part in
                for i in part {
                    let scaled = scale * g[i]
                    body(i, i + offset, v[i + offset] * keep + scaled * scaled * (1 - keep))
                }
            } then: { part in
                values.release(part)
                last?.release(part.lowerBound + offset..<part.upperBound + offset)
            }
            start += range.count
        }
    }
}
