import FileSupport
import Foundation
import LanguageModel
import LinearAlgebra
import TestSupport
import Testing

/// BERT and RoBERTa against transformers (Fixtures/masked-parity/make_reference.py), read from the folders that transformers
/// saved.
@Suite("The engine agrees with transformers' masked models")
struct MaskedParityTests {
    static let models = ["bert", "bert-tanh", "roberta"]
    private let fixture: ParityFixture

    init() throws { fixture = try ParityFixture("masked-parity") }

    @Test("log-probabilities of every token at every row, and hidden states of every layer", arguments: models)
    func outputs(name: String) throws { try fixture.expectOutputs(name) }

    @Test("the loss, and every gradient by name, tied and untied", arguments: models)
    func gradients(name: String) throws { try fixture.expectGradients(name) }

    @Test("frozen parts take no gradient, and those left are the same", arguments: models)
    func frozen(name: String) throws { try fixture.expectFrozenParts(name) }

    @Test(
        "every row sees the whole of its sequence and nothing of others, whichever rows are asked for",
        arguments: models)
    func rows(name: String) throws {
        let model = try fixture.model(name)
        #expect(model.isMasked)
        let packed = fixture.packed
        let all = (0..<packed.tokenCount).map { Prediction(row: $0, token: Int32($0 % 41)) }
        let whole = model.logProbabilities(all, in: packed)
        // Asked alone, the first row of a sequence still depends on the last token.
        for sequence in 0..<packed.sequenceCount {
            let range = packed.range(sequence)
            let one = PackedSequences([Array(packed.tokens[range])])
            for row in [0, range.count / 2] {
                let asked = [Prediction(row: row, token: all[range.lowerBound + row].token)]
                let close = compare(
                    model.logProbabilities(asked, in: one), [whole[range.lowerBound + row]], absolute: 1e-5,
                    relative: 1e-5)
                #expect(close.isClose, "\(close)")
            }
        }
        var changed = Array(packed.tokens[packed.range(1)])
        let asked = [Prediction(row: 0, token: 5)]
        let before = model.logProbabilities(asked, in: PackedSequences([changed]))
        changed[19] = 7
        #expect(model.logProbabilities(asked, in: PackedSequences([changed])) != before)
    }

    @Test("KL to another model, kept and not, and its gradient's sum over sequences", arguments: ["bert", "roberta"])
    func divergence(name: String) throws {
        let model = try fixture.model(name)
        let reference = model.copy()
        for i in stride(from: 0, to: reference.values.count, by: 3) { reference.values.pointer[i] *= 0.9 }
        let packed = fixture.packed
        let rows = [3, 0, 40, 109]
        let values = model.klDivergence(from: reference, rows: rows, in: packed)
        #expect(values.allSatisfy { $0 > 1e-4 })
        #expect(model.klDivergence(from: reference.keepPredictions(at: rows, in: packed)) == values)
        let gradient = FloatBuffer(count: model.layout.count)
        let terms: [LossTerm] = [.klDivergence(from: reference, rows: rows, weight: 1)]
        let mean = model.accumulateGradient(of: terms, in: packed, into: gradient)[0]
        let close = compare([mean], [Double(values.reduce(0, +)) / 4], absolute: 1e-6, relative: 1e-5)
        #expect(close.isClose, "\(close)")
        // A step along the gradient, by the slope of the values themselves.
        let norm = gradient.buffer.reduce(0.0) { $0 + Double($1) * Double($1) }
        let step = Float(1e-3 / norm.squareRoot())
        func shifted(_ factor: Float) -> Double {
            let other = model.copy()
            for i in 0..<other.values.count { other.values.pointer[i] += factor * gradient.pointer[i] }
            return other.klDivergence(from: reference, rows: rows, in: packed).reduce(0) { $0 + Double($1) } / 4
        }
        let slope = (shifted(step) - shifted(-step)) / Double(2 * step)
        #expect(abs(slope - norm) < 0.02 * norm, "\(slope) for \(norm)")
    }

    @Test("names of BERT's first files, buffers, and the heads beside the one for masked tokens")
    func oldNames() throws {
        let folder = try temporaryFolder("bert")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let model = try fixture.model("bert")
        try AtomicFile.write(Input.text(fixture.path("bert/config.json")), to: folder + "/config.json")
        var outputs = model.layout.tensors.map { tensor in
            Safetensors.Output(
                name: tensor.name.replacingOccurrences(of: "LayerNorm.weight", with: "LayerNorm.gamma")
                    .replacingOccurrences(of: "LayerNorm.bias", with: "LayerNorm.beta"),
                shape: tensor.shape, elements: UnsafeBufferPointer(model.tensor(tensor)))
        }
        func same(_ name: String, as other: ParameterInfo) {
            outputs.append(
                Safetensors.Output(name: name, shape: other.shape, elements: UnsafeBufferPointer(model.tensor(other))))
        }
        let bias = try #require(model.layout["cls.predictions.bias"])
        same("cls.predictions.decoder.weight", as: model.inputEmbedding)
        same("cls.predictions.decoder.bias", as: bias)
        same("bert.pooler.dense.bias", as: bias)
        same("cls.seq_relationship.bias", as: bias)
        same("bert.embeddings.position_ids", as: bias)
        try Safetensors.write(outputs, metadata: [], to: folder + "/model.safetensors")
        let read = try CheckpointFolder.model(in: folder)
        #expect(read.values.buffer.elementsEqual(model.values.buffer))
        outputs.removeLast(4)
        var other = Array(model.tensor(bias))
        other[3] += 1
        try other.withUnsafeBufferPointer { other in
            outputs.append(
                Safetensors.Output(name: "cls.predictions.decoder.bias", shape: bias.shape, elements: other))
            try Safetensors.write(outputs, metadata: [], to: folder + "/model.safetensors")
        }
        let error = #expect(throws: InputError.self) { try CheckpointFolder.model(in: folder) }
        #expect(
            error?.description.contains("cls.predictions.decoder.bias differs") == true, "\(error?.description ?? "")")
    }

    @Test(
        "settings that change the arithmetic are refused, by key",
        arguments: [
            ("bert", "\"is_decoder\": false", "\"is_decoder\": true", "is_decoder is true"),
            ("bert", "\"tie_word_embeddings\": true", "\"tie_word_embeddings\": null", "tie_word_embeddings"),
            ("bert", "\"hidden_act\": \"gelu\"", "\"hidden_act\": \"mish\"", "hidden_act is mish"),
            ("bert", "\"hidden_size\": 15", "\"hidden_size\": 16", "does not divide"),
            ("bert", "{\n", "{\n\"position_embedding_type\": \"relative_key\",\n", "relative_key"),
            ("roberta", "\"pad_token_id\": 1", "\"pad_token_id\": 99", "max_position_embeddings"),
            ("roberta", "\"pad_token_id\": 1", "\"pad_token_id\": 9223372036854775807", "pad_token_id"),
            ("roberta", "\"layer_norm_eps\": 1e-05", "\"layer_norm_eps\": 0", "layer_norm_eps"),
        ])
    func refusals(name: String, old: String, new: String, message: String) throws {
        try fixture.expectRefusal(name, old, new, message)
    }

    @Test("a folder with its tokenizer is refused where a causal model is wanted, before anything else is read")
    func commands() throws {
        let error = #expect(throws: InputError.self) { try CheckpointFolder.load(fixture.path("roberta")) }
        let text = error?.description ?? ""
        #expect(text.contains("RoBERTa") && text.contains("masked") && text.contains("roberta/config.json"), "\(text)")
        #expect(error?.remedy.isEmpty == false && !text.contains("\n"))
    }
}
