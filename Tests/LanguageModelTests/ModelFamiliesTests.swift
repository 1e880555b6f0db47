import FileSupport
import Foundation
import LanguageModel
import LinearAlgebra
import TestSupport
import Testing

/// The list of families is all that knows them.
@Suite("A model family is one file and one line in the list")
struct ModelFamiliesTests {
    private static let types = ModelFamilies.all.types.map { $0.name }
    private static let withToy = ModelFamilies(ModelFamilies.all.families + [ToyFamily.self])

    /// Sizes in the words of every family.
    private static func config(_ type: String, tied: Bool) -> JSON {
        let sizes: [(Int, [String])] = [
            (23, ["vocab_size"]), (16, ["n_positions", "max_position_embeddings"]), (8, ["n_embd", "hidden_size"]),
            (2, ["n_layer", "num_hidden_layers", "depth"]), (2, ["n_head", "num_attention_heads"]),
            (12, ["n_inner", "intermediate_size", "ffn_dim"]), (5, ["sliding_window"]),
            (2, ["num_key_value_heads"]), (4, ["head_dim", "rotary_dim"]),
        ]
        var config: JSON = ["model_type": .string(type), "rotary_pct": 0.5, "tie_word_embeddings": .bool(tied)]
        for (size, keys) in sizes { for key in keys { config = config.setting(key, to: .integer(size)) } }
        return config
    }

    private func expectSame(_ a: TransformerModel, _ b: TransformerModel) {
        #expect(a.layout == b.layout)
        #expect(a.values.buffer.elementsEqual(b.values.buffer) { $0.bitPattern == $1.bitPattern })
        #expect(String(describing: a.configuration) == String(describing: b.configuration))
    }

    @Test("every type of the list, and one that is added to it, is saved and read again", arguments: types + ["toy"])
    func roundTrip(type: String) throws {
        let folder = try temporaryFolder("family")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for tied in [true, false] {
            let config = Self.config(type, tied: tied)
            let known = JSONCursor(config, place: "config.json")
            let model = TransformerModel(configuration: try Self.withToy.configuration(known), seed: 3)
            #expect(model.hasTiedEmbeddings == tied)
            #expect(model.configuration.type.name == type)
            for (name, original) in [("new", JSON?.none), ("kept", config)] {
                let target = folder + "/\(name)-\(tied)"
                try CheckpointFolder.save(model, tokenizer: nil, configJSON: original, to: target)
                expectSame(try CheckpointFolder.model(in: target, families: Self.withToy), model)
                let written = try JSON.read(target + "/config.json")
                #expect(written["architectures"] == [.string(model.configuration.type.architecture)])
                #expect(written["model_type"] == .string(type))
            }
        }
    }

    @Test(
        "every type predicts, takes gradients, and shows its residual stream at each site", arguments: types + ["toy"])
    func computes(type: String) throws {
        let config = JSONCursor(Self.config(type, tied: true), place: "config.json")
        let model = TransformerModel(configuration: try Self.withToy.configuration(config), seed: 3)
        let packed = PackedSequences([[3, 4, 5, 6, 7], [3, 9], [11, 12, 13]])
        let rows = [1, 4, 6, 8]
        let states = model.residualStates(at: rows, in: packed)
        #expect(states.count == model.residualSites.count)
        for weight in model.residualWeights {
            #expect(states[weight.site]?.elements.contains { $0 != 0 } == true, "\(weight.site)")
        }
        // One row alone is the row among others.
        for (place, row) in rows.enumerated() {
            let alone = model.residualStates(at: [row], in: packed)
            for (site, state) in states {
                let close = compare(
                    alone[site]?.elements ?? [], Array(state.row(place)), absolute: 1e-6, relative: 1e-5)
                #expect(close.isClose, "\(site) at \(row): \(close)")
            }
        }
        let terms = [LossTerm.weightedLogLikelihood(rows.map { Prediction(row: $0, token: 2, weight: -0.25) })]
        func gradient() -> (loss: Double, values: FloatBuffer) {
            let values = FloatBuffer(count: model.layout.count)
            return (model.accumulateGradient(of: terms, in: packed, into: values).reduce(0, +), values)
        }
        let plain = gradient()
        model.checkpointsActivations = true
        let checkpointed = gradient()
        #expect(checkpointed.values.buffer.map(\.bitPattern) == plain.values.buffer.map(\.bitPattern))
        #expect(checkpointed.loss == plain.loss)
        let step = Float(0.01)
        for i in plain.values.buffer.indices { model.values.pointer[i] -= step * plain.values.pointer[i] }
        #expect(gradient().loss < plain.loss)
    }

    @Test("a family that is added is loaded with its tokenizer and digests, its buffers left aside")
    func added() throws {
        let tokenizer = try TokenizerFixtures.small()
        let folder = try temporaryFolder("toy") + "/model"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let model = TransformerModel(
            configuration: ModelConfiguration(
                .toy, vocabularySize: tokenizer.vocabularySize, contextLength: 16, hiddenSize: 8, layerCount: 3,
                headCount: 2), seed: 5)
        try CheckpointFolder.save(model, tokenizer: tokenizer, to: folder)
        var outputs = model.layout.tensors.map {
            Safetensors.Output(name: $0.name, shape: $0.shape, elements: UnsafeBufferPointer(model.tensor($0)))
        }
        outputs.append(.init(name: "toy.mask", shape: outputs[1].shape, elements: outputs[1].elements))
        outputs.append(.init(name: "toy.head.weight", shape: outputs[0].shape, elements: outputs[0].elements))
        try Safetensors.write(outputs, metadata: [], to: folder + "/model.safetensors")
        let loaded = try CheckpointFolder.load(folder, families: Self.withToy)
        expectSame(loaded.model, model)
        #expect(loaded.family == "toy" && loaded.files.map(\.name).contains("config.json"))
        expectSame(loaded.model.untied().untied(), model.untied())

        let error = #expect(throws: InputError.self) { try CheckpointFolder.load(folder) }
        #expect(error?.description.contains("the model family is toy") == true)
        for type in Self.types { #expect(error?.description.contains(type) == true, "\(type)") }
    }

    @Test("messages list the families that are in the list")
    func messages() throws {
        #expect(Set(Self.types).count == Self.types.count)
        #expect(Self.withToy.titles == ModelFamilies.all.titles + ", Toy")
        let folder = try temporaryFolder("tokenizer")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try AtomicFile.write(#"{"model": {"type": "Unigram"}}"#, to: folder + "/tokenizer.json")
        let error = #expect(throws: InputError.self) { try CheckpointFolder.tokenizer(in: folder) }
        for type in ModelFamilies.all.types {
            #expect(error?.description.contains(type.title) == true, "\(type.title)")
        }
    }
}
