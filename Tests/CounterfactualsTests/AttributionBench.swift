import Attribution
import Counterfactuals
import Evaluate
import LanguageModel
import LinearAlgebra
import TestSupport

/// A small random model of two blocks with tied embeddings, and an update of it.
struct AttributionBench {
    let tied: ParameterUpdate
    let update: ParameterUpdate
    let scorer: PairScorer
    let text: PerplexityText
    var probe: DivergenceProbe { DivergenceProbe(text) }

    init(size: Double = 0.02) throws {
        let before = TransformerModel(
            configuration: ModelConfiguration(
                .gpt2, vocabularySize: 28, contextLength: 24, hiddenSize: 16, layerCount: 2, headCount: 2), seed: 11)
        var stream = RandomStream(seed: 12)
        for i in 0..<before.values.count { before.values.pointer[i] += Float(0.15 * stream.normal()) }
        let after = before.copy()
        for i in 0..<after.values.count { after.values.pointer[i] += Float(size * stream.normal()) }
        tied = ParameterUpdate(from: before, to: after)
        update = ParameterUpdate(from: before.untied(), to: after.untied())
        (scorer, text) = try Letters.benchmark()
    }

    /// ∇B(θ0) of the untied model.
    func start(_ objective: BiasObjective) -> FloatBuffer { objective.gradient(update.before) }

    /// B(θ1) − B(θ0).
    func change(_ objective: BiasObjective) -> Double { objective.value(tied.after) - objective.value(tied.before) }

    /// The largest |a − b| of two models' parameters.
    static func distance(_ a: TransformerModel, _ b: TransformerModel) -> Double {
        zip(a.values.buffer, b.values.buffer).reduce(0) { max($0, abs(Double($1.0) - Double($1.1))) }
    }

    /// All directions at every site.
    func fullSpace() -> [ResidualSite: Matrix<Double>] {
        var identity = Matrix<Double>(rows: 16, columns: 16)
        for i in 0..<16 { identity[i, i] = 1 }
        return Dictionary(uniqueKeysWithValues: update.before.residualSites.map { ($0, identity) })
    }
}

extension ParameterUpdate {
    /// Δθ, laid out as the parameters.
    func delta() -> FloatBuffer {
        let out = FloatBuffer(count: before.values.count)
        for i in 0..<out.count { out.pointer[i] = after.values.pointer[i] - before.values.pointer[i] }
        return out
    }

    /// ‖Δθ‖ over the tensors of a component.
    func norm(of component: PatchedComponent) -> Double {
        zip(before.layout.tensors, norms()).reduce(0) { sum, tensor in
            component.contains(tensor.0, of: before) ? sum + tensor.1 * tensor.1 : sum
        }.squareRoot()
    }
}
