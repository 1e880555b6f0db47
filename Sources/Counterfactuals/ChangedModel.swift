import Attribution
import Evaluate
import LanguageModel
import LinearAlgebra
import Records

/// A model to overwrite with parts of an update, and to score against θ0: what patching and mediation have in common.
///
/// Memory: a model, and what θ0 predicts on the probe.
package final class ChangedModel {
    package let update: ParameterUpdate
    /// The model to overwrite.
    package let model: TransformerModel
    private let scorer: any BenchmarkScorer
    private let probe: DivergenceProbe
    private let reference: KeptPredictions
    private let seed: UInt64

    /// - Parameters:
    ///   - update: of untied models, so that input and output side of the embeddings are two components.
    ///   - probe: neutral text for KL(θ0 ‖ θ).
    ///   - seed: of all random draws.
    init(_ update: ParameterUpdate, scorer: any BenchmarkScorer, probe: DivergenceProbe, seed: UInt64) {
        self.update = update
        self.scorer = scorer
        self.probe = probe
        self.seed = seed
        model = update.before.copy()
        reference = probe.keep(update.before)
        update.release()
    }

    /// Scores the model as it is now.
    ///
    /// - Parameter norm: ‖θ − θ0‖ over ‖Δθ‖.
    func score(_ kind: ScoredModel.Kind, component: String, norm: Double, draw: Int? = nil) -> ScoredModel {
        var row = ScoredModel(
            benchmark: scorer.benchmark, kind: kind, component: component, norm: norm, draw: draw,
            seed: draw == nil ? nil : seed, kl: probe.divergence(from: reference, to: model))
        row.setScores(scorer.score(model))
        return row
    }

    /// ‖θ − θ0‖² of the model as it is now.
    var squaredDistance: Double { Counterfactuals.squaredDistance(model, update.before) }
}

/// ‖θ − θ'‖² of two models.
package func squaredDistance(_ a: TransformerModel, _ b: TransformerModel) -> Double {
    ParameterUpdate(from: b, to: a).norms().reduce(0) { $0 + $1 * $1 }
}
