import Evaluate
import LanguageModel
import LinearAlgebra
import Records
import Unlearn

/// What the run's optimizer would do to each domain's bias, to first order and before anything is changed.
///
/// The gradients of the run's first batches, all taken at θ0, go through the run's own optimizer: with AdamW its moments
/// are those of these batches, so that the update has the sign-like form that a run's has. The update is scaled by the
/// learning rates of all steps over those of the steps taken. B_d is then forecast to change by ⟨∇B_d(θ0), Δ⟩. Nothing of
/// the evaluation enters the update, and nothing is trained.
///
/// Memory: θ0, the gradient, its mean, θ0 + Δ and two moments while the update is made; one ∇B_d afterwards.
package struct UpdateForecast {
    /// Most batches whose gradients are taken.
    package static let maximumBatches = 16

    private let model: TransformerModel
    /// What the update is added to, to be read as a difference.
    private let delta: FloatBuffer
    private let mean: FloatBuffer
    private let scale: Double
    /// Batches whose gradients were taken.
    package let batches: Int

    /// Makes the update that the optimizer would.
    ///
    /// - Parameters:
    ///   - model: θ0; not changed.
    /// - Throws: `InputError` for parameters that no model has.
    package init(
        model: TransformerModel, forget: ForgetSet, retain: TextPieces?, configuration: UnlearnConfiguration,
        progress: (Int) throws -> Void = { _ in }
    ) throws {
        self.model = model
        batches = min(configuration.steps, Self.maximumBatches)
        let gradients = try ForgetGradients(model: model, forget: forget, retain: retain, configuration: configuration)
        let optimizer = Optimizer(
            configuration.optimizer, layout: model.layout,
            trainable: try ParameterSelection(parsing: configuration.parameters, at: "parameters"))
        let values = model.values.copy()
        let mean = FloatBuffer(count: model.values.count)
        let schedule = configuration.schedule
        var taken = 0.0
        for step in 1...batches {
            _ = gradients.take(step: step)
            let (g, m, share) = (gradients.gradient.buffer, mean.buffer, 1 / Float(batches))
            parallelFor(g.count, grain: 1 << 14) { range in for i in range { m[i] += share * g[i] } }
            let rate = schedule.rate(step: step - 1)
            optimizer.step(
                values: values, gradient: gradients.gradient, learningRate: rate, clipNorm: configuration.clipNorm)
            taken += rate
            try progress(step)
        }
        let whole = (0..<configuration.steps).reduce(0) { $0 + schedule.rate(step: $1) }
        scale = taken > 0 ? whole / taken : 1
        let (x, y) = (model.values.buffer, values.buffer)
        parallelFor(x.count, grain: 1 << 14) { range in for i in range { y[i] -= x[i] } }
        delta = values
        self.mean = mean
    }

    /// The forecast for some domains of a benchmark, in the order given; a domain without items is left out. What target
    /// and domain share is not filled in.
    ///
    /// - Parameters:
    ///   - scores: what the model scores.
    ///   - gradient: ∇B_d(θ0) of a domain where it is known; only read.
    package func domains(
        _ names: [String], of scorer: any BenchmarkScorer, scores: any ScoreTable,
        gradient known: (String) throws -> FloatBuffer? = { _ in nil }, progress: (Int) throws -> Void = { _ in }
    ) throws -> [ForecastEntry] {
        func product(_ a: FloatBuffer, _ b: FloatBuffer) -> Double { blockSum(0..<a.count, a.pointer, b.pointer) }
        let (deltaSquare, meanSquare) = (product(delta, delta), product(mean, mean))
        var out: [ForecastEntry] = []
        for (index, name) in names.enumerated() {
            let items = scorer.count(in: name)
            guard items > 0 else { continue }
            let gradient = try known(name) ?? scorer.biasObjective(name).gradient(model)
            defer { gradient.release() }
            let gradientSquare = product(gradient, gradient)
            let along = product(gradient, delta)
            func cosine(_ product: Double, _ square: Double) -> Double {
                let size = (gradientSquare * square).squareRoot()
                return size > 0 ? product / size : 0
            }
            out.append(
                ForecastEntry(
                    domain: name, items: items, bias: scores.bias(name), predicted: along * scale,
                    cosine: cosine(along, deltaSquare), plainCosine: cosine(-product(gradient, mean), meanSquare),
                    sharedWords: 0))
            try progress(index + 1)
        }
        return out
    }
}
