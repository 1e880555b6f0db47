import BuiltInStudy
import Embeddings
import FileSupport
import Foundation
import LanguageModel
import RunStore
import Study
import Testing

@Suite("Snapshots of models")
struct ModelSnapshotTests {
    @Test("stand beside each other, know their files, and give the movement")
    func two() throws {
        let work = NSTemporaryDirectory() + "driftscope-snapshot-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: work) }
        let run = work + "/run"
        let checkpoint = try CheckpointFolder.load(BuiltInStudy.path("planted/model"))
        let embedding = try #require(checkpoint.model.layout["transformer.wte.weight"])
        checkpoint.model.values.pointer[embedding.offset + 3] += 0.5
        try CheckpointFolder.save(
            checkpoint.model, tokenizer: checkpoint.tokenizer, configJSON: checkpoint.configJSON, to: work + "/moved")

        func snapshot(_ model: String, _ label: String, into: String) throws {
            _ = try ModelSnapshot.write(model: model, into: into, label: label, step: nil, progress: .silent)
        }
        try snapshot("built-in", "before", into: run)
        try snapshot(work + "/moved", "after", into: run)
        let reader = try RunReader(run)
        let snapshots = try reader.snapshots()
        #expect(snapshots.map(\.label) == ["before", "after"] && snapshots.map(\.step) == [0, 1])
        let moved = try reader.vectors(of: "after", minus: "before").matrix.elements
        #expect(moved.indices.filter { moved[$0] != 0 } == [3])
        let inputs = try #require(try reader.metadata()).inputs
        for label in ["before", "after"] {
            let folder = label == "before" ? BuiltInStudy.path("planted/model") : work + "/moved"
            let files = try CheckpointFolder.load(folder).files.map(\.sha256)
            #expect(inputs.filter { $0.role == "model " + label }.map(\.sha256) == files)
        }
        #expect(try reader.verify().isEmpty)

        #expect { try snapshot("built-in", "before", into: run) } throws: { "\($0)".contains("already") }
        try RunWriter.resume(in: run, fromStep: .max).finish()
        #expect { try snapshot("built-in", "later", into: run) } throws: { "\($0)".contains("has ended") }
    }

    @Test("of a model whose head is a matrix of its own keep that matrix, and do not call it tied")
    func untied() throws {
        let work = NSTemporaryDirectory() + "driftscope-snapshot-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: work) }
        let tokenizer = try CheckpointFolder.load(BuiltInStudy.path("planted/model")).tokenizer
        var sizes = ModelConfiguration(
            .gpt2, vocabularySize: tokenizer.vocabularySize, contextLength: 8, hiddenSize: 4, layerCount: 1,
            headCount: 2)
        sizes.tiedHead = false
        let model = TransformerModel(configuration: sizes, seed: 1)
        try CheckpointFolder.save(model, tokenizer: tokenizer, configJSON: nil, to: work + "/model")
        _ = try ModelSnapshot.write(
            model: work + "/model", into: work + "/run", label: "before", step: nil, progress: .silent)
        let reader = try RunReader(work + "/run")
        let info = try reader.snapshot("before")
        #expect(!info.isTied)
        #expect(try reader.embedding(info).elements == Array(model.tensor(model.inputEmbedding)))
        #expect(try reader.embedding(info, side: .output).elements == Array(model.tensor(model.outputEmbedding)))
        #expect(model.inputEmbedding.offset != model.outputEmbedding.offset)
    }
}
