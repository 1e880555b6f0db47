import FileSupport
import Foundation
import LanguageModel
import TestSupport
import Testing

/// Small models as llama.cpp's converter stores them, under the names of the `gguf` package (Fixtures/gguf/make_reference.py),
/// with what transformers makes of the folder each came from (Fixtures/config-variants).
@Suite("GGUF files of each architecture give transformers' log-probabilities")
struct GGUFArchitectureTests {
    private struct Asked: Decodable { let causal: [[Int32]] }

    private static let fixtures = Bundle.module.bundlePath + "/Fixtures/"

    private static func open(_ name: String) throws -> (family: any GGUFFamily.Type, file: GGUF, ModelConfiguration) {
        let file = try GGUF(fixtures + "gguf/\(name).gguf")
        let (family, sizes) = try ModelFamilies.all.configuration(file)
        return (family, file, sizes)
    }

    @Test(
        "read, and saved as a folder", arguments: ["gpt2", "neox", "bloom", "olmo2", "phi3-tied-longrope"])
    func numbers(name: String) throws {
        let variants = try JSONCursor.read(Self.fixtures + "config-variants/variants.json").elements()
        let variant = try #require(try variants.first { try $0.member("name").string() == name })
        let expected = try variant.member("expect").member("logProbabilities").elements().flatMap {
            try $0.elements().map { Float(try $0.double()) }
        }
        let asked = try JSONDecoder().decode(
            Asked.self, from: Data(Input.bytes(Self.fixtures + "config-variants/asked.json")))
        let packed = PackedSequences(asked.causal)
        let predictions = (0..<packed.sequenceCount).flatMap { sequence in
            packed.range(sequence).dropLast().map { Prediction(row: $0, token: packed.tokens[$0 + 1]) }
        }
        let (family, file, sizes) = try Self.open(name)
        let model = try family.model(file, sizes)
        let folder = try temporaryFolder("gguf") + "/model"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try CheckpointFolder.save(model, tokenizer: nil, to: folder)
        for (kind, model) in [("file", model), ("folder", try CheckpointFolder.model(in: folder))] {
            let close = compare(
                model.logProbabilities(predictions, in: packed), expected, absolute: 1e-4, relative: 1e-5,
                name: "\(name), \(kind)")
            #expect(close.isClose, "\(close)")
        }
    }

    @Test("tensors of another shape than the file's own order asks for are refused")
    func shapes() throws {
        var (family, file, sizes) = try Self.open("gpt2")
        sizes.innerSize += 1
        let message = try #require(throws: InputError.self) { try family.model(file, sizes) }.description
        #expect(message.contains("blk.0.ffn_up.weight has shape [28, 15], and the metadata asks for [29, 15]"))
    }
}
