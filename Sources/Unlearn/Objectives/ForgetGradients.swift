import LanguageModel
import LinearAlgebra

/// The gradients that a run's first steps would take, were none of its updates made: all at one model's parameters.
///
/// A retain term of KL has no gradient at θ0 and adds nothing; one of log-likelihood adds its own batches.
public final class ForgetGradients {
    private let forget: ForgetSet
    private let retain: TextPieces?
    private let configuration: UnlearnConfiguration
    private let pass: GradientPass
    private var forgetPlan: BatchPlan
    private var retainPlan: BatchPlan?

    /// The gradient of the last ``take(step:)``, laid out as ``LanguageModel/CausalModel/values``.
    public var gradient: FloatBuffer { pass.gradient }

    /// Makes ready; the batches are those of an ``Unlearner`` of the same configuration.
    ///
    /// - Throws: `InputError` for parameters that no model has.
    public init(
        model: CausalModel, forget: ForgetSet, retain: TextPieces?, configuration: UnlearnConfiguration
    ) throws {
        self.forget = forget
        self.configuration = configuration
        let usesRetain = configuration.retainLoss == .nll && configuration.retainWeight > 0
        self.retain = usesRetain ? retain : nil
        pass = GradientPass(
            model: model, gradient: FloatBuffer(count: model.layout.count),
            trainable: try ParameterSelection(parsing: configuration.parameters, at: "parameters"),
            passTokens: configuration.passTokens)
        forgetPlan = BatchPlan(
            count: forget.sentences.count, batch: configuration.batch, seed: configuration.seed, label: "forget",
            resample: configuration.resampleRows)
        retainPlan = self.retain.map {
            BatchPlan(
                count: $0.pieces.count, batch: configuration.retainBatch, seed: configuration.seed, label: "retain",
                resample: configuration.resampleRows)
        }
    }

    /// Sets ``gradient`` to that of a step's batch, the step counted from 1.
    ///
    /// - Returns: the forget loss of the batch, weight aside.
    public func take(step: Int) -> Double {
        pass.gradient.buffer.update(repeating: 0)
        let sentences = forgetPlan.items(step: step).map { forget.sentences[$0] }
        let loss = pass.logLikelihood(
            configuration.method.objective.sequences(for: sentences), weight: configuration.forgetWeight)
        if let retain, let items = retainPlan?.items(step: step) {
            let pieces = items.map { retain.pieces[$0] }
            let count = pieces.reduce(0) { $0 + $1.count - 1 }
            let sequences = pieces.map { ScoredSequence(piece: $0, weight: -1 / Float(max(count, 1))) }
            _ = pass.logLikelihood(sequences, weight: configuration.retainWeight)
        }
        return loss
    }
}
