import FileSupport
import Foundation
import LanguageModel
import TestSupport

/// A small model with its tokenizer in a folder of its own, to damage.
struct SmallCheckpoint {
    let folder = NSTemporaryDirectory() + "driftscope-checkpoint-\(UUID().uuidString)"
    let model: TransformerModel
    let tokenizer: ByteLevelBPE

    init(tied: Bool = true) throws {
        tokenizer = try TokenizerFixtures.small()
        var sizes = ModelConfiguration(
            .gpt2, vocabularySize: tokenizer.vocabularySize + 3, contextLength: 16, hiddenSize: 12, layerCount: 2,
            headCount: 3)
        sizes.tiedHead = tied
        model = TransformerModel(configuration: sizes, seed: 7)
        try CheckpointFolder.save(model, tokenizer: tokenizer, to: folder)
    }

    func remove() { try? FileManager.default.removeItem(atPath: folder) }

    func path(_ name: String) -> String { folder + "/" + name }

    func edit(_ name: String, _ old: String, _ new: String) throws {
        let text = try Input.text(path(name))
        guard text.contains(old) else { throw CocoaError(.coderInvalidValue) }
        try AtomicFile.write(text.replacingOccurrences(of: old, with: new), to: path(name))
    }

    /// The tensors of the model under names of choice.
    func outputs(_ rename: (String) -> String = { $0 }) -> [Safetensors.Output] {
        model.layout.tensors.map {
            Safetensors.Output(
                name: rename($0.name), shape: $0.shape, elements: UnsafeBufferPointer(model.tensor($0)))
        }
    }

    func writeWeights(_ outputs: [Safetensors.Output], _ name: String = "model.safetensors") throws {
        try Safetensors.write(outputs, metadata: [("format", "pt")], to: path(name))
    }
}

/// A safetensors file from a header and as many zero bytes.
func safetensorsBytes(_ header: String, data: [UInt8]) -> [UInt8] {
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { [UInt8]($0) } + Array(header.utf8) + data
}
