import Attribution
import Evaluate
import LanguageModel
import LinearAlgebra
import Records
import Unlearn

/// Unlearns again from θ0 with something changed, and scores what comes of it.
///
/// Memory while an arm trains: θ0, a copy that is trained, one gradient, the optimizer's moments, and with a guard the
/// last good parameters; afterwards one more model when the update is scaled.
package final class Retrainer {
    /// A retraining: a row a benchmark, the update scaling α at which they are scored, and what the unlearning did.
    package typealias Outcome = (rows: [ScoredModel], alpha: Double, unlearning: UnlearnResult)

    private let before: TransformerModel
    private let scratch: TransformerModel
    private let retain: TextPieces?
    private let guardText: TextPieces?
    private let scorers: [any BenchmarkScorer]
    private let probe: DivergenceProbe
    private let perplexity: PerplexityText?
    private let reference: KeptPredictions
    private let targetNorm: Double
    /// KL(θ0 ‖ θ1) of the run's own update on the probe, in nats a token.
    package let targetKL: Double

    /// Makes ready for the retrainings of one run.
    ///
    /// - Parameters:
    ///   - update: what the run did; only its model before is held on to.
    ///   - probe: neutral text for KL(θ0 ‖ θ).
    ///   - perplexity: a text whose perplexity is measured of every retraining.
    package init(
        _ update: ParameterUpdate, retain: TextPieces?, guardText: TextPieces?, scorers: [any BenchmarkScorer],
        probe: DivergenceProbe, perplexity: PerplexityText? = nil
    ) {
        before = update.before
        scratch = update.before.copy()
        self.retain = retain
        self.guardText = guardText
        self.scorers = scorers
        self.probe = probe
        self.perplexity = perplexity
        reference = probe.keep(update.before)
        targetNorm = Self.length(update.norms())
        targetKL = probe.divergence(from: reference, to: update.after)
    }

    /// Trains and scores what comes of it.
    ///
    /// - Parameters:
    ///   - name: unique in the run; the rows' component.
    ///   - klTolerance: how far KL may be from the target, relative to it, before the update is scaled to meet it; nil
    ///     never scales.
    ///   - onStep: called after each step with its number; whatever it throws ends the work.
    /// - Throws: `InputError` for a configuration that cannot be meant.
    package func run(
        _ name: String, forget: ForgetSet, configuration: UnlearnConfiguration, klTolerance: Double? = nil,
        onStep: (Int) throws -> Void = { _ in }
    ) throws -> Outcome {
        let unlearning = try train(forget, configuration, onStep)
        var (alpha, kl) = (1.0, probe.divergence(from: reference, to: scratch))
        var scored = scratch
        if let klTolerance, targetKL > 0, !(abs(kl / targetKL - 1) <= klTolerance), kl != 0 {
            let scaled = scratch.copy()
            let update = ParameterUpdate(from: before, to: scratch)
            var matcher = DivergenceMatcher(target: targetKL, tolerance: 0.02)
            let match = matcher.match { scale in
                update.apply(scale, to: scaled)
                return probe.divergence(from: reference, to: scaled)
            }
            (alpha, kl, scored) = (match.scale, match.kl, scaled)
        }
        let norm = Self.length(ParameterUpdate(from: before, to: scored).norms())
        let measured = perplexity?.measure(scored).value
        let rows = scorers.map { scorer in
            var row = ScoredModel(
                benchmark: scorer.benchmark, kind: .rerun, component: name, alpha: alpha,
                seed: configuration.seed, kl: kl, perplexity: measured)
            row.norm = targetNorm > 0 ? norm / targetNorm : nil
            row.setScores(scorer.score(scored))
            return row
        }
        return (rows, alpha, unlearning)
    }

    /// The learning rate at which plain gradient descent, could it repeat its first gradient, would end at the KL of
    /// the run: what a retraining with SGD begins with, since rates of AdamW mean nothing to it.
    ///
    /// - Parameter configuration: that of the retraining; its own rate is not read.
    /// - Returns: nil when the gradient is zero.
    package func descentRate(_ forget: ForgetSet, _ configuration: UnlearnConfiguration) throws -> Double? {
        let gradients = try ForgetGradients(model: before, forget: forget, retain: retain, configuration: configuration)
        _ = gradients.take(step: 1)
        let gradient = gradients.gradient
        var square = 0.0
        for i in 0..<gradient.count { square += Double(gradient.pointer[i]) * Double(gradient.pointer[i]) }
        let norm = square.squareRoot()
        guard norm > 0, norm.isFinite, targetNorm > 0 else { return nil }
        // The search begins at the length of the run's own update.
        let unit = targetNorm / norm
        var matcher = DivergenceMatcher(target: targetKL, tolerance: 0.02)
        let match = matcher.match { scale in
            let factor = Float(-scale * unit)
            let (x, g, out) = (before.values.buffer, gradient.buffer, scratch.values.buffer)
            parallelFor(x.count, grain: 1 << 14) { range in for i in range { out[i] = x[i] + factor * g[i] } }
            return probe.divergence(from: reference, to: scratch)
        }
        let clipped = configuration.clipNorm.map { min(1, $0 / norm) } ?? 1
        let schedule = configuration.schedule
        let shape = (0..<configuration.steps).reduce(0) { $0 + schedule.rate(step: $1) } / schedule.peak
        guard match.scale > 0, shape > 0 else { return nil }
        return match.scale * unit / (shape * clipped)
    }

    private func train(
        _ forget: ForgetSet, _ configuration: UnlearnConfiguration, _ onStep: (Int) throws -> Void
    ) throws -> UnlearnResult {
        scratch.values.assign(before.values)
        var configuration = configuration
        // Scores are what the run itself is stopped by: a retraining would call the study's commands at every look.
        configuration.budget.scores = nil
        let unlearner = try Unlearner(
            model: scratch, forget: forget, retain: retain, guardText: guardText, configuration: configuration,
            stateFolder: nil, reference: before)
        return try unlearner.run { step in
            try onStep(step.point.step)
            return .goOn
        }
    }

    private static func length(_ norms: [Double]) -> Double { norms.reduce(0) { $0 + $1 * $1 }.squareRoot() }
}
