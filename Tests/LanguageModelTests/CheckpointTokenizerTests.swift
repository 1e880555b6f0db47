import FileSupport
import Foundation
import LanguageModel
import TestSupport
import Testing

/// Folders of the decoder line with the tokenizer of their own family.
@Suite("Checkpoint folders with their tokenizers")
struct CheckpointTokenizerTests {
    @Test(
        "a folder is loaded, saved and loaded again with model and tokenizer",
        arguments: [
            ("llama", "llama3"), ("llama", "llama2"), ("mistral", "mistral"), ("qwen2", "qwen2"), ("qwen3", "qwen2"),
            ("gemma3", "gemma"),
        ])
    func load(_ model: String, _ name: String) throws {
        let family = try TokenizerFamily(name)
        // One added token more than the model has rows, as in Gemma's files.
        let rows = try family.tokenizer().vocabularySize - (name == "qwen2" ? 1 : 0)
        let folder = try temporaryFolder("checkpoint")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try writeModel(model, rows: rows, to: folder)
        try FileManager.default.copyItem(
            atPath: TokenizerFixtures.path("family-\(name).json"), toPath: folder + "/tokenizer.json")
        let loaded = try CheckpointFolder.load(folder)
        #expect(loaded.tokenizer.vocabularySize == rows && loaded.model.configuration.vocabularySize == rows)
        #expect(loaded.files.map(\.name) == ["config.json", "tokenizer.json", "model.safetensors"])
        let saved = folder + "/saved"
        try CheckpointFolder.save(
            loaded.model, tokenizer: loaded.tokenizer, configJSON: loaded.configJSON, to: saved)
        let again = try CheckpointFolder.load(saved)
        #expect(again.model.values.buffer.elementsEqual(loaded.model.values.buffer))
        for (text, ids) in try family.hard() {
            let found = loaded.tokenizer.encode(text)
            #expect(again.tokenizer.encode(text) == found)
            #expect(found == ids || name == "qwen2" && text.contains("</tool_call>"), "\(text.debugDescription)")
        }
        #expect(again.tokenizer.beginToken == loaded.tokenizer.beginToken)
    }

    /// The stored model with more rows of embedding, all zero.
    private func writeModel(_ name: String, rows: Int, to folder: String) throws {
        let source = Bundle.module.bundlePath + "/Fixtures/decoder-parity/" + name
        let config = try JSONCursor.read(source + "/config.json").value.setting("vocab_size", to: .integer(rows))
        try AtomicFile.write(config.pretty, to: folder + "/config.json")
        let file = try Safetensors(source + "/model.safetensors")
        var buffers: [UnsafeMutableBufferPointer<Float>] = []
        defer { buffers.forEach { $0.deallocate() } }
        let outputs = try file.tensors.map { tensor in
            var shape = tensor.shape
            if ["model.embed_tokens.weight", "lm_head.weight"].contains(tensor.name) { shape[0] = rows }
            let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: shape.reduce(1, *))
            buffer.initialize(repeating: 0)
            buffers.append(buffer)
            try file.read(tensor, into: UnsafeMutableBufferPointer(rebasing: buffer[..<tensor.count]))
            return Safetensors.Output(name: tensor.name, shape: shape, elements: UnsafeBufferPointer(buffer))
        }
        try Safetensors.write(outputs, metadata: [("format", "pt")], to: folder + "/model.safetensors")
    }
}
