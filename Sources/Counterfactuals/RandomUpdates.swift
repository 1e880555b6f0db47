import Attribution
import Evaluate
import Foundation
import LanguageModel
import LinearAlgebra
import Records

/// The null of matched damage: random updates that change the model's predictions as much as a run's update did.
///
/// Each draw is Gaussian with the norm of Δθ in every tensor, times one global scale that makes KL(θ0 ‖ θ) on neutral
/// text equal to that of the run. Draws that are scored to first order alone need no model: what their scores depend on
/// is drawn from its own law (``RandomProducts``), and their scale is that of an exactly scored draw, chosen at random.
package struct RandomUpdates {
    /// What can be chosen.
    package struct Options: Sendable {
        /// How draws are scored.
        package enum Scoring: Sendable {
            /// Every draw is run on every item.
            case exact
            /// Only the calibration draws are; see ``ScoredModel/Scoring/firstOrder``.
            case firstOrder
            /// Exact when draws × parameters × token probabilities stay within ``Options/exactLimit``.
            case automatic
        }
        package var draws = 199
        package var seed: UInt64 = 1
        /// How far KL may be from that of the run, relative to it.
        package var klTolerance = 0.02
        package var scoring = Scoring.automatic
        /// Draws scored exactly, to calibrate the others.
        package var calibrationDraws = 20
        /// The most multiplications, roughly, that exact scoring may take when the choice is automatic.
        package var exactLimit = 1e11

        package init() {}

        /// Whether every draw will be scored exactly.
        ///
        /// - Parameter predictions: token probabilities of one scoring of all benchmarks.
        package func isExact(predictions: Int, parameters: Int) -> Bool {
            switch scoring {
            case .exact: true
            case .firstOrder: draws <= calibrationDraws
            case .automatic:
                Double(draws) * Double(predictions) * Double(parameters) <= exactLimit || draws <= calibrationDraws
            }
        }
    }

    /// One row per draw and benchmark, by draw, and how they were made.
    package typealias Result = (rows: [ScoredModel], summary: RandomUpdateSummary)

    private let update: ParameterUpdate
    private let scorers: [any BenchmarkScorer]
    private let probe: DivergenceProbe
    private let options: Options
    private let folder: String?
    private let known: Known

    /// What is known of θ0 beforehand, and else is taken where the first order wants it.
    package struct Known {
        /// ∇B_d(θ0) on a benchmark, laid out as the model; only read.
        package var gradient: (_ benchmark: String, _ domain: String) throws -> FloatBuffer? = { _, _ in nil }
        /// What it scores.
        package var scores: (any BenchmarkScorer) throws -> (any ScoreTable)? = { _ in nil }

        package init() {}
    }

    /// - Parameters:
    ///   - probe: neutral text for matching; a few hundred rows are enough.
    ///   - folder: where large gradients lie; nil keeps them in memory.
    package init(
        _ update: ParameterUpdate, scorers: [any BenchmarkScorer], probe: DivergenceProbe, options: Options = Options(),
        folder: String? = nil, known: Known = Known()
    ) {
        precondition(options.draws > 0 && options.klTolerance > 0)
        self.update = update
        self.scorers = scorers
        self.probe = probe
        self.options = options
        self.folder = folder
        self.known = known
    }

    /// Whether every draw will be scored exactly.
    package var isExact: Bool {
        options.isExact(
            predictions: scorers.reduce(0) { $0 + $1.predictionCount }, parameters: update.before.layout.count)
    }

    /// Draws that are made, matched and scored.
    package var scoredDraws: Int { isExact ? options.draws : options.calibrationDraws }

    /// θ0 with one random update of the norms of another and its divergence: what as much change does that has no aim.
    ///
    /// - Returns: the model, its KL(θ0 ‖ ·) on the probe, and that of the update, nats a token.
    package static func matched(
        _ update: ParameterUpdate, probe: DivergenceProbe, seed: UInt64
    ) -> (model: TransformerModel, kl: Double, target: Double) {
        var draws = MatchedDraws(update, probe: probe, tolerance: Options().klTolerance)
        let match = draws.make(0, seed: seed, gradients: [])
        return (draws.model, match.kl, draws.target)
    }

    /// Makes, matches and scores draws, and draws the first-order scores of the others.
    ///
    /// Memory: the parameters of four models, one more per domain when draws are scored to first order and there is no
    /// folder for them, and the logits of the probe. An update of zero has draws of zero: they score as θ0 does.
    ///
    /// - Parameter progress: called after each of ``scoredDraws`` with the number done; what it throws ends the work.
    package func run(progress: (Int) throws -> Void = { _ in }) throws -> Result {
        let exact = isExact
        let keys = exact ? [] : keys
        let gradients = try keys.map(gradient)
        let starts = try starts(keys)
        update.before.releaseWorkingMemory()
        var matched = MatchedDraws(update, probe: probe, tolerance: options.klTolerance)
        let target = matched.target
        var draws: [Draw] = []
        var errors: [Double] = []
        for number in 0..<scoredDraws {
            let match = matched.make(number, seed: options.seed, gradients: gradients)
            draws.append(
                Draw(
                    number: number, scale: match.scale, kl: match.kl, changes: match.products.map { match.scale * $0 },
                    tables: scorers.map { $0.score(matched.model) }))
            errors.append(abs(target > 0 ? match.kl / target - 1 : match.kl))
            try progress(number + 1)
        }
        if !exact {
            let law = try RandomProducts(layout: update.before.layout, norms: matched.norms, gradients: gradients)
            let scales = draws.map(\.scale)
            draws += (draws.count..<options.draws).map { number in
                var stream = RandomStream(seed: options.seed, label: "random-update-\(number)")
                let scale = scales[stream.index(below: scales.count)]
                return Draw(
                    number: number, scale: scale, kl: nil, changes: law.draw(&stream).map { scale * $0 }, tables: [])
            }
        }
        let firstOrder = FirstOrder(draws, starts: starts, keys: keys, seed: options.seed)
        let summary = RandomUpdateSummary(
            targetKL: target, worstKLError: errors.max() ?? 0, unmatched: errors.count { !($0 <= options.klTolerance) },
            allExact: exact, calibration: firstOrder.calibration)
        return (draws.flatMap { rows($0, firstOrder) }, summary)
    }

    private func rows(_ draw: Draw, _ firstOrder: FirstOrder) -> [ScoredModel] {
        scorers.enumerated().map { index, scorer in
            var row = ScoredModel(
                benchmark: scorer.benchmark, kind: .random, alpha: draw.scale, draw: draw.number, seed: options.seed,
                kl: draw.kl)
            row.scoring = .firstOrder
            row.firstOrder = firstOrder.uncorrected(draw, scorer: index)
            if draw.tables.isEmpty {
                row.bias = firstOrder.bias(draw, scorer: index)
            } else {
                row.setScores(draw.tables[index])
            }
            return row
        }
    }

    /// What is scored to first order.
    private var keys: [FirstOrder.Key] {
        scorers.enumerated().flatMap { index, scorer in
            scorer.domains.map { FirstOrder.Key(scorer: index, benchmark: scorer.benchmark, domain: $0) }
        }
    }

    private func gradient(_ key: FirstOrder.Key) throws -> FloatBuffer {
        if let gradient = try known.gradient(key.benchmark, key.domain) { return gradient }
        return try scorers[key.scorer].biasObjective(key.domain).gradient(update.before).moved(to: folder)
    }

    /// B_d(θ0).
    private func starts(_ keys: [FirstOrder.Key]) throws -> [Double] {
        let tables = try keys.isEmpty ? [] : scorers.map { try known.scores($0) ?? $0.score(update.before) }
        return keys.map { tables[$0.scorer].bias($0.domain) }
    }
}

/// Random updates of another update's norms, one after the other, each scaled to its divergence.
private struct MatchedDraws {
    /// The norms of the update, by tensor.
    let norms: [Double]
    /// KL(θ0 ‖ θ1) of the update on the probe, nats a token.
    let target: Double
    /// θ0 with the draw that was made last.
    let model: TransformerModel
    private let before: TransformerModel
    private let direction: RandomDirection
    private let divergence: (TransformerModel) -> Double
    private var matcher: DivergenceMatcher

    init(_ update: ParameterUpdate, probe: DivergenceProbe, tolerance: Double) {
        (before, norms) = (update.before, update.norms())
        direction = RandomDirection(layout: before.layout, norms: norms)
        model = before.copy()
        let reference = probe.keep(before)
        divergence = { probe.divergence(from: reference, to: $0) }
        target = divergence(update.after)
        matcher = DivergenceMatcher(target: target, tolerance: tolerance)
    }

    /// Draws an update, and sets the model to it.
    ///
    /// - Returns: its scale against the update's norms, its divergence, and its inner products with the gradients at scale 1.
    mutating func make(
        _ number: Int, seed: UInt64, gradients: [FloatBuffer]
    ) -> (scale: Double, kl: Double, products: [Double]) {
        let products = direction.draw(number, seed: seed, gradients: gradients)
        let match = matcher.match { [before, model, direction, divergence] scale in
            direction.apply(scale: scale, base: before, to: model)
            return divergence(model)
        }
        return (match.scale, match.kl, products)
    }
}

/// One random update, matched.
struct Draw {
    let number: Int
    /// The scale of its norm against that of the run's update.
    let scale: Double
    /// Nil where it was not made.
    let kl: Double?
    /// ⟨∇B_d(θ0), Δ⟩ by objective.
    let changes: [Double]
    /// Its exact scores, by scorer; empty when it was not scored.
    let tables: [any ScoreTable]
}
