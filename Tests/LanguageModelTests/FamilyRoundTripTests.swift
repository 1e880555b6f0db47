import FileSupport
import Foundation
import LanguageModel
import TestSupport
import Testing

/// Folders that transformers saved, written again.
///
/// With DRIFTSCOPE_SAVED naming a folder, what is written stays there for Tests/Interop/check_families.py to open.
@Suite("Models of every family are saved as they were read")
struct FamilyRoundTripTests {
    private static func fixture(_ name: String) -> String { Bundle.module.bundlePath + "/Fixtures/" + name }

    private static let models =
        DecoderParityTests.models.map { "decoder-parity/" + $0 }
        + MaskedParityTests.models.map { "masked-parity/" + $0 }

    private func expectSame(_ a: TransformerModel, _ b: TransformerModel) {
        #expect(a.layout == b.layout)
        #expect(a.values.buffer.elementsEqual(b.values.buffer) { $0.bitPattern == $1.bitPattern })
        #expect(String(describing: a.configuration) == String(describing: b.configuration))
    }

    @Test("the same numbers under the same names, with the configuration kept or written anew", arguments: models)
    func roundTrip(name: String) throws {
        let source = Self.fixture(name)
        let model = try CheckpointFolder.model(in: source)
        let original = try JSON.read(source + "/config.json")
        let kept = ProcessInfo.processInfo.environment["DRIFTSCOPE_SAVED"]
        let target = try kept.map { $0 + "/" + name } ?? temporaryFolder("family")
        defer { if kept == nil { try? FileManager.default.removeItem(atPath: target) } }

        try CheckpointFolder.save(model, tokenizer: nil, configJSON: original, to: target + "/kept")
        expectSame(try CheckpointFolder.model(in: target + "/kept"), model)
        #expect(try JSON.read(target + "/kept/config.json") == original)
        let (read, written) = (
            try Safetensors(source + "/model.safetensors"), try Safetensors(target + "/kept/model.safetensors")
        )
        #expect(Set(written.tensors.map(\.name)) == Set(read.tensors.map(\.name)))
        for tensor in written.tensors {
            let other = try #require(read.tensors.first { $0.name == tensor.name })
            #expect(tensor.shape == other.shape, "\(tensor.name)")
        }

        try CheckpointFolder.save(model, tokenizer: nil, configJSON: nil, to: target + "/new")
        expectSame(try CheckpointFolder.model(in: target + "/new"), model)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: target + "/new").sorted() == [
                "config.json", "model.safetensors",
            ])
    }

    @Test("a tied model made untied is saved as such", arguments: ["decoder-parity/qwen2", "decoder-parity/gemma3"])
    func untied(name: String) throws {
        let target = try temporaryFolder("untied")
        defer { try? FileManager.default.removeItem(atPath: target) }
        let model = try CheckpointFolder.model(in: Self.fixture(name)).untied()
        model.tensor(model.outputEmbedding)[3] += 1
        let original = try JSON.read(Self.fixture(name) + "/config.json")
        try CheckpointFolder.save(model, tokenizer: nil, configJSON: original, to: target)
        let again = try CheckpointFolder.model(in: target)
        expectSame(again, model)
        #expect(!again.hasTiedEmbeddings)
    }
}
