import LanguageModel
import LinearAlgebra
import TestSupport
import Testing

@Suite("The engine agrees with PyTorch's GPT-2")
struct EngineParityTests {
    let stored: EngineReference
    let model: TransformerModel
    let reference: TransformerModel

    init() throws {
        stored = try EngineReference()
        model = try stored.model("model")
        reference = try stored.model("reference")
    }

    @Test("log-probabilities of every token at every row, within 1e-4")
    func logProbabilities() throws {
        let vocabulary = model.configuration.vocabularySize
        let all = (0..<stored.packed.tokenCount).flatMap { row in
            (0..<vocabulary).map { Prediction(row: row, token: Int32($0)) }
        }
        // Shuffled, so that the order asked for is not the order computed.
        var stream = RandomStream(seed: 1)
        let order = stream.shuffled(Array(all.indices))
        let values = model.logProbabilities(order.map { all[$0] }, in: stored.packed)
        let expected = try stored.tensor("logProbabilities")
        let close = compare(values, order.map { expected[$0] }, absolute: 1e-4, relative: 1e-5)
        #expect(close.isClose, "\(close)")
    }

    @Test("hidden states of every layer, asked for in any order")
    func hiddenStates() throws {
        let rows = [40, 3, 3, 27, 0, 19]
        let states = model.hiddenStates(at: rows, in: stored.packed)
        #expect(states.count == model.configuration.layerCount + 1)
        let columns = model.configuration.hiddenSize
        for (i, state) in states.enumerated() {
            let all = Matrix(
                rows: stored.packed.tokenCount, columns: columns, elements: try stored.tensor("hidden/\(i)"))
            expectParity(state.elements, all.gathering(rows).elements, floor: 1e-6, "hidden \(i)")
        }
    }

    @Test("KL to a reference model at each row")
    func divergence() throws {
        let rows = stored.description.klRows
        let values = model.klDivergence(from: reference, rows: rows.reversed(), in: stored.packed)
        expectParity(values.reversed(), try stored.tensor("klDivergence"), floor: 1e-6, "KL")
        #expect(values.allSatisfy { $0 > 0 })
        let itself = model.klDivergence(from: model.copy(), rows: rows, in: stored.packed)
        #expect(itself.allSatisfy { $0 == 0 })
    }

    @Test("the loss, and every gradient by name")
    func gradients() throws {
        let gradient = FloatBuffer(count: model.layout.count)
        let values = model.accumulateGradient(of: stored.terms(reference), in: stored.packed, into: gradient)
        expectParity(values.map(Float.init), try stored.tensor("losses"), floor: 1e-6, "losses")
        for parameter in model.layout.tensors {
            let actual = Array(gradient.buffer[parameter.range])
            let expected = try stored.tensor("gradient/" + parameter.name)
            expectParity(actual, expected, floor: 1e-6, parameter.name)
            if parameter.name.hasSuffix("c_attn.bias") {
                // A constant added to every key changes no softmax: exactly zero but for rounding.
                let c = model.configuration.hiddenSize
                #expect(actual[c..<2 * c].allSatisfy { abs($0) < 1e-6 }, "key third of \(parameter.name)")
                #expect(!actual[..<c].allSatisfy { abs($0) < 1e-6 })
            }
        }
    }

    @Test(
        "parameters after ten clipped steps",
        arguments: [
            ("adamw", OptimizerConfiguration(name: .adamw, weightDecay: 0.01), 1e-3),
            ("sgd", OptimizerConfiguration(name: .sgd, weightDecay: 0.01, momentum: 0.9), 1e-2),
        ])
    func tenSteps(label: String, configuration: OptimizerConfiguration, learningRate: Double) throws {
        let optimizer = Optimizer(configuration, layout: model.layout)
        let gradient = FloatBuffer(count: model.layout.count)
        var norms: [Float] = []
        var values: [Float] = []
        for _ in 0..<10 {
            gradient.buffer.update(repeating: 0)
            let terms = model.accumulateGradient(of: stored.terms(reference), in: stored.packed, into: gradient)
            values.append(Float(terms.reduce(0, +)))
            norms.append(
                Float(
                    optimizer.step(
                        values: model.values, gradient: gradient, learningRate: learningRate,
                        clipNorm: stored.description.clip)))
        }
        expectParity(values, try stored.tensor(label + "/values"), floor: 1e-6, "losses")
        expectParity(norms, try stored.tensor(label + "/norms"), floor: 1e-6, "gradient norms")
        #expect(norms.contains { Double($0) > stored.description.clip }, "clipping was at work")
        let names = stored.hasTensor
        for parameter in model.layout.tensors where names.contains("\(label)/\(parameter.name)") {
            var actual = Array(model.tensor(parameter))
            var expected = try stored.tensor("\(label)/\(parameter.name)")
            if label == "adamw", parameter.name.hasSuffix("c_attn.bias") {
                // AdamW divides the key third's rounding noise by its own size: exempt.
                let c = model.configuration.hiddenSize
                actual.removeSubrange(c..<2 * c)
                expected.removeSubrange(c..<2 * c)
            }
            expectParity(actual, expected, floor: 1e-6, "\(label) \(parameter.name)")
        }
    }
}
