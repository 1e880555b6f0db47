import Files
import Foundation
import LanguageModel
import LinearAlgebra
import TestSupport
import Testing

/// The decoder line against transformers (Fixtures/decoder-parity/make_reference.py), read from the folders that
/// transformers saved.
@Suite("The engine agrees with transformers' decoder line")
struct DecoderParityTests {
    private struct Asked: Decodable {
        let sequences: [[Int32]]
        let predictions: [EngineReference.Description.Asked]
    }

    private static let models = ["llama", "llama-bias", "mistral", "qwen2", "qwen3", "gemma3"]
    private let asked: Asked

    private static func path(_ name: String) -> String { Bundle.module.bundlePath + "/Fixtures/decoder-parity/" + name }

    init() throws {
        asked = try JSONDecoder().decode(Asked.self, from: Data(Input.bytes(Self.path("asked.json"))))
    }

    private var packed: PackedSequences { PackedSequences(asked.sequences) }

    private var terms: [LossTerm] {
        [
            .weightedLogLikelihood(
                asked.predictions.map { Prediction(row: $0.row, token: $0.token, weight: $0.weight) })
        ]
    }

    /// The stored tensors of a model.
    private func reference(_ name: String) throws -> [String: [Float]] {
        let file = try Safetensors(Self.path(name + "/reference.safetensors"))
        var out: [String: [Float]] = [:]
        for tensor in file.tensors {
            var values = [Float](repeating: 0, count: tensor.count)
            try values.withUnsafeMutableBufferPointer { try file.read(tensor, into: $0) }
            out[tensor.name] = values
        }
        return out
    }

    @Test("log-probabilities of every token at every row, and hidden states of every layer", arguments: models)
    func outputs(name: String) throws {
        let (model, stored) = (try CheckpointFolder.model(in: Self.path(name)), try reference(name))
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
    }

    @Test("the loss, and every gradient by name, tied and untied", arguments: models)
    func gradients(name: String) throws {
        let (model, stored) = (try CheckpointFolder.model(in: Self.path(name)), try reference(name))
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

    @Test("frozen parts take no gradient, and those left are the same", arguments: ["qwen2", "gemma3"])
    func frozen(name: String) throws {
        let (model, stored) = (try CheckpointFolder.model(in: Self.path(name)), try reference(name))
        for module in [ParameterModule.attention, .mlp, .norms] {
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

    @Test(
        "settings that change the arithmetic are refused, by key",
        arguments: [
            ("llama", "\"mlp_bias\": false", "\"mlp_bias\": true", "mlp_bias"),
            ("llama", "\"rope_type\": \"llama3\"", "\"rope_type\": \"yarn\"", "yarn"),
            ("llama", "\"num_key_value_heads\": 2", "\"num_key_value_heads\": 3", "does not divide"),
            ("llama", "\"model_type\": \"llama\"", "\"model_type\": \"mamba\"", "model family is mamba"),
            ("gemma3", "\"final_logit_softcapping\": null", "\"final_logit_softcapping\": 30.0", "softcapping"),
            ("gemma3", "\"full_attention\",", "\"chunked_attention\",", "chunked_attention"),
            ("qwen2", "\"hidden_act\": \"silu\"", "\"hidden_act\": \"relu\"", "hidden_act is relu"),
        ])
    func refusals(name: String, old: String, new: String, message: String) throws {
        let folder = try temporaryFolder("decoder")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let text = try Input.text(Self.path(name + "/config.json"))
        let changed = text.replacingOccurrences(of: old, with: new)
        #expect(changed != text)
        try AtomicFile.write(changed, to: folder + "/config.json")
        let error = #expect(throws: InputError.self) { try CheckpointFolder.model(in: folder) }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    }
}
