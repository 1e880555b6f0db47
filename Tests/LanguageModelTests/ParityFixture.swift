import FileSupport
import Foundation
import LanguageModel
import LinearAlgebra
import TestSupport
import Testing

/// References that a `make_reference.py` made: folders that transformers saved, each with what it computes beside it.
struct ParityFixture {
    private struct Asked: Decodable {
        let sequences: [[Int32]]
        let predictions: [EngineReference.Description.Asked]
    }

    private let folder: String
    /// The input of every model.
    let packed: PackedSequences
    /// The loss whose gradients are stored.
    let terms: [LossTerm]

    /// A folder of `Fixtures`.
    init(_ name: String) throws {
        folder = Bundle.module.bundlePath + "/Fixtures/" + name + "/"
        let asked = try JSONDecoder().decode(Asked.self, from: Data(Input.bytes(folder + "asked.json")))
        packed = PackedSequences(asked.sequences)
        terms = [
            .weightedLogLikelihood(
                asked.predictions.map { Prediction(row: $0.row, token: $0.token, weight: $0.weight) })
        ]
    }

    func path(_ name: String) -> String { folder + name }

    func model(_ name: String) throws -> TransformerModel { try CheckpointFolder.model(in: path(name)) }

    /// The stored tensors of a model.
    func reference(_ name: String) throws -> [String: [Float]] {
        try Safetensors.values(in: path(name + "/reference.safetensors"))
    }

    /// Log-probabilities of every token at every row, and hidden states of every layer.
    func expectOutputs(_ name: String) throws {
        let (model, stored) = (try model(name), try reference(name))
        let vocabulary = model.configuration.vocabularySize
        let rows = Array(0..<packed.tokenCount)
        let all = rows.flatMap { row in (0..<vocabulary).map { Prediction(row: row, token: Int32($0)) } }
        let close = compare(
            model.logProbabilities(all, in: packed), try #require(stored["logProbabilities"]), absolute: 1e-4,
            relative: 1e-5)
        #expect(close.isClose, "\(close)")
        let states = model.hiddenStates(at: rows, in: packed)
        #expect(states.count == model.configuration.layerCount + 1)
        for (i, state) in states.enumerated() {
            expectParity(state.elements, try #require(stored["hidden/\(i)"]), floor: 1e-6, "hidden \(i)")
        }
        // The states before each block are those of the residual stream, and every site that a weight names has one.
        let residual = model.residualStates(at: rows, in: packed)
        for i in 0..<model.configuration.layerCount {
            expectParity(
                try #require(residual[.stream(i)]).elements, try #require(stored["hidden/\(i)"]), floor: 1e-6,
                "stream \(i)")
        }
        for weight in model.residualWeights {
            let width = weight.side == .rows ? weight.tensor.shape.last : weight.tensor.shape.first
            #expect(width == model.configuration.hiddenSize, "\(weight.tensor.name)")
            #expect(
                try #require(residual[weight.site]).elements.contains { $0 != 0 },
                "\(weight.tensor.name) at \(weight.site)")
        }
        // Asked for few rows, the last block goes on with these alone.
        let few = [packed.tokenCount - 1, 3, 0]
        for (state, whole) in zip(model.hiddenStates(at: few, in: packed), states) {
            let width = state.columns
            let expected = few.flatMap { whole.elements[$0 * width..<($0 + 1) * width] }
            expectParity(state.elements, expected, floor: 1e-6, "few rows")
        }
    }

    /// The loss, and every gradient by name, tied and untied.
    func expectGradients(_ name: String) throws {
        let (model, stored) = (try model(name), try reference(name))
        let gradient = FloatBuffer(count: model.layout.count)
        let values = model.accumulateGradient(of: terms, in: packed, into: gradient)
        expectParity(values.map(Float.init), try #require(stored["loss"]), floor: 1e-6, "loss")
        for parameter in model.layout.tensors {
            expectParity(
                Array(gradient.buffer[parameter.range]), try #require(stored["gradient/" + parameter.name]),
                floor: 1e-6, parameter.name)
        }
        // The two sides of a tied matrix add up to the whole.
        let untied = model.untied()
        let parts = FloatBuffer(count: untied.layout.count)
        _ = untied.accumulateGradient(of: terms, in: packed, into: parts)
        let head = untied.outputEmbedding
        guard model.hasTiedEmbeddings else { return }
        let sum = zip(parts.buffer[untied.inputEmbedding.range], parts.buffer[head.range]).map { $0 + $1 }
        expectParity(
            sum, try #require(stored["gradient/" + model.inputEmbedding.name]), floor: 1e-6, "both sides")
    }

    /// Frozen parts take no gradient, and those left are the same.
    func expectFrozenParts(_ name: String) throws {
        let (model, stored) = (try model(name), try reference(name))
        for module in ParameterModule.allCases {
            let gradient = FloatBuffer(count: model.layout.count)
            _ = model.accumulateGradient(
                of: terms, in: packed, into: gradient, trainable: ParameterSelection(modules: [module]))
            for parameter in model.layout.tensors {
                let actual = Array(gradient.buffer[parameter.range])
                if parameter.module == module {
                    expectParity(
                        actual, try #require(stored["gradient/" + parameter.name]), floor: 1e-6, parameter.name)
                } else {
                    #expect(actual.allSatisfy { $0 == 0 }, "\(parameter.name)")
                }
            }
        }
    }

    /// A model whose `config.json` is changed is refused with a message.
    func expectRefusal(_ name: String, _ old: String, _ new: String, _ message: String) throws {
        let target = try temporaryFolder("refused")
        defer { try? FileManager.default.removeItem(atPath: target) }
        let text = try Input.text(path(name + "/config.json"))
        let changed = text.replacingOccurrences(of: old, with: new)
        #expect(changed != text)
        try AtomicFile.write(changed, to: target + "/config.json")
        let error = #expect(throws: InputError.self) { try CheckpointFolder.model(in: target) }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    }
}
