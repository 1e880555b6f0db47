import LanguageModel
import LinearAlgebra

/// The gradients that a run's first steps would take, were none of its updates made: all at one model's parameters.
///
/// A retain term of KL has no gradient at θ0 and adds nothing; one of log-likelihood adds its own batches.
public final class ForgetGradients {
    private let pass: GradientPass
    private var terms: StepTerms

    /// The gradient of the last ``take(step:)``, laid out as `values`.
    public var gradient: FloatBuffer { pass.gradient }

    /// Makes ready; the batches are those of an ``Unlearner`` of the same configuration.
    ///
    /// - Throws: `InputError` for parameters that no model has, low-rank training, and a text that the objective or the retain term
    ///   needs.
    public init(
        model: TransformerModel, forget: ForgetSet, retain: TextPieces?, configuration: UnlearnConfiguration
    ) throws {
        try configuration.requireDense("the forecast", "why.forecast")
        var configuration = configuration
        if configuration.retainLoss == .kl { configuration.retainLoss = .none }
        terms = try StepTerms(
            model.configuration, forget: forget, retain: retain, configuration: configuration)
        // Nothing moves, so the model is its own θ0.
        pass = GradientPass(
            model: model, original: model, gradient: FloatBuffer(count: model.layout.count),
            trainable: try ParameterSelection(parsing: configuration.parameters, at: "parameters"),
            passTokens: configuration.passTokens)
    }

    /// Sets ``gradient`` to that of a step's batch, the step counted from 1.
    ///
    /// - Returns: the forget loss of the batch, weight aside.
    public func take(step: Int) -> Double {
        pass.clear()
        let record = terms.record(step: step)
        let loss = terms.addForget(record, to: pass)
        _ = terms.addRetain(record, to: pass)
        return loss
    }
}
