import FileSupport
import Foundation
import LanguageModel
import LinearAlgebra
import TestSupport
import Testing

@Suite("Checkpoint folder")
struct CheckpointFolderTests {
    private func expectSame(_ a: TransformerModel, _ b: TransformerModel) {
        #expect(a.layout == b.layout)
        #expect(a.values.buffer.elementsEqual(b.values.buffer))
    }

    @Test("a saved model is loaded again, bit for bit", arguments: [true, false])
    func roundTrip(tied: Bool) throws {
        let small = try SmallCheckpoint(tied: tied)
        defer { small.remove() }
        let loaded = try CheckpointFolder.load(small.folder)
        expectSame(loaded.model, small.model)
        #expect(loaded.model.configuration == small.model.configuration)
        #expect(loaded.tokenizer.encode("The baker opens") == small.tokenizer.encode("The baker opens"))
        #expect(
            loaded.files.map(\.name) == ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"])
        for file in loaded.files {
            let digest = try SHA256Hex.ofFile(small.path(file.name))
            #expect(digest.sha256 == file.sha256 && digest.bytes == file.bytes && file.bytes > 0)
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: small.folder).sorted()
        #expect(
            names == [
                "config.json", "merges.txt", "model.safetensors", "tokenizer.json", "tokenizer_config.json",
                "vocab.json",
            ])
    }

    @Test("saving keeps foreign keys of config.json and foreign files, and replaces the weights")
    func saveOver() throws {
        let small = try SmallCheckpoint()
        defer { small.remove() }
        try small.edit("config.json", "{\n", "{\n  \"our_key\": [1, 2],\n  \"torch_dtype\": \"float16\",\n")
        try AtomicFile.write("ours", to: small.path("notes.txt"))
        let loaded = try CheckpointFolder.load(small.folder)
        loaded.model.values.pointer[5] = 0.25
        try CheckpointFolder.save(
            loaded.model, tokenizer: loaded.tokenizer, configJSON: loaded.configJSON, to: small.folder + "/")
        let again = try CheckpointFolder.load(small.folder)
        expectSame(again.model, loaded.model)
        #expect(again.configJSON["our_key"] == [1, 2] && again.configJSON["torch_dtype"] == "float32")
        #expect(try Input.text(small.path("notes.txt")) == "ours")
    }

    @Test("both ways of naming tensors are read, mask buffers and a tied head beside them")
    func naming() throws {
        let small = try SmallCheckpoint()
        defer { small.remove() }
        let mask = [Float](repeating: 1, count: 4)
        try mask.withUnsafeBufferPointer { mask in
            var outputs = small.outputs { String($0.dropFirst("transformer.".count)) }
            outputs.append(.init(name: "h.0.attn.bias", shape: [1, 1, 2, 2], elements: mask))
            outputs.append(.init(name: "h.1.attn.masked_bias", shape: [4], elements: mask))
            outputs.append(.init(name: "lm_head.weight", shape: outputs[0].shape, elements: outputs[0].elements))
            try small.writeWeights(outputs)
        }
        expectSame(try CheckpointFolder.load(small.folder).model, small.model)
    }

    @Test(
        "names with what PyTorch's wrappers add are read, and written plain",
        arguments: ["module.", "_orig_mod.", "base_model.model.", "module._orig_mod.", "_orig_mod.module.module."])
    func wrapped(prefix: String) throws {
        let small = try SmallCheckpoint()
        defer { small.remove() }
        try small.writeWeights(small.outputs { prefix + $0 })
        let loaded = try CheckpointFolder.load(small.folder)
        expectSame(loaded.model, small.model)
        try CheckpointFolder.save(loaded.model, tokenizer: loaded.tokenizer, to: small.folder)
        let names = try Safetensors(small.path("model.safetensors")).tensors.map(\.name)
        #expect(Set(names) == Set(small.model.layout.tensors.map(\.name)))
        // Blocks that were wrapped one by one.
        try small.writeWeights(small.outputs { prefix + $0.replacing(".attn.", with: "._orig_mod.attn.") })
        expectSame(try CheckpointFolder.load(small.folder).model, small.model)
        // A prefix that some have is none: these names are of two models.
        try small.writeWeights(small.outputs { $0.contains("ln_f") ? $0 : "module." + $0 })
        expectRefused(small.folder, "is missing")
        try small.writeWeights(small.outputs() + small.outputs { "_orig_mod." + $0 })
        expectRefused(small.folder, "are the same")
    }

    @Test("a cache of Hugging Face is read as it is; a link to anywhere else is read with a note")
    func symbolicLinks() throws {
        let small = try SmallCheckpoint()
        defer { small.remove() }
        let files = FileManager.default
        let cache = small.folder + "/models--a--b"
        let snapshot = cache + "/snapshots/0123abcd"
        for folder in [snapshot, cache + "/blobs"] {
            try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
        }
        let names = try files.contentsOfDirectory(atPath: small.folder).filter { !$0.hasPrefix("models") }
        for (index, name) in names.enumerated() {
            try files.moveItem(atPath: small.path(name), toPath: cache + "/blobs/\(index)")
            try files.createSymbolicLink(
                atPath: snapshot + "/" + name, withDestinationPath: "../../blobs/\(index)")
        }
        #expect(try CheckpointFolder.load(snapshot).notes.isEmpty)
        try files.createSymbolicLink(atPath: small.folder + "/link", withDestinationPath: snapshot)
        #expect(try CheckpointFolder.load(small.folder + "/link").notes.isEmpty)

        let weights = snapshot + "/model.safetensors"
        let real = URL(fileURLWithPath: weights).resolvingSymlinksInPath().path
        let away = small.folder + "/away.safetensors"
        try files.moveItem(atPath: real, toPath: away)
        try files.removeItem(atPath: weights)
        try files.createSymbolicLink(atPath: weights, withDestinationPath: away)
        let loaded = try CheckpointFolder.load(snapshot)
        try #require(loaded.notes.count == 1)
        #expect(loaded.notes[0].hasPrefix(weights) && loaded.notes[0].hasSuffix("/away.safetensors"))
    }

    @Test("shards are read through their index, and what the index says is checked")
    func shards() throws {
        let small = try SmallCheckpoint()
        defer { small.remove() }
        let outputs = small.outputs()
        try FileManager.default.removeItem(atPath: small.path("model.safetensors"))
        try small.writeWeights(Array(outputs[..<5]), "a.safetensors")
        try small.writeWeights(Array(outputs[5...]), "b.safetensors")
        func writeIndex(_ shard: (Int, String) -> String?) throws {
            let map = outputs.enumerated().compactMap { index, output in
                shard(index, output.name).map { (output.name, JSON.string($0)) }
            }
            try AtomicFile.write(
                JSON.object([("weight_map", .object(map))]).pretty, to: small.path("model.safetensors.index.json"))
        }
        try writeIndex { index, _ in index < 5 ? "a.safetensors" : "b.safetensors" }
        let loaded = try CheckpointFolder.load(small.folder)
        expectSame(loaded.model, small.model)
        #expect(
            loaded.files.suffix(3).map(\.name) == ["model.safetensors.index.json", "a.safetensors", "b.safetensors"])
        try writeIndex { index, _ in index < 6 ? "a.safetensors" : "b.safetensors" }
        expectRefused(small.folder, "not in its shard")
        try writeIndex { index, _ in index == 0 ? nil : index < 5 ? "a.safetensors" : "b.safetensors" }
        expectRefused(small.folder, "does not name")
        try writeIndex { _, _ in "../a.safetensors" }
        expectRefused(small.folder, "no safetensors file of this folder")
    }

    private func expectRefused(_ folder: String, _ message: String) {
        #expect {
            try CheckpointFolder.load(folder)
        } throws: { error in
            guard let error = error as? InputError else { return false }
            return error.description.contains(message) && error.place.contains(folder) && !error.remedy.isEmpty
        }
    }

    @Test(
        "a configuration that is not ours is refused",
        arguments: [
            (#""model_type": "gpt2""#, #""model_type": "mamba""#, "the model family is mamba"),
            (#""model_type": "gpt2","#, "", "model_type is missing"),
            (#""gelu_new""#, #""mish""#, "activation_function is mish"),
            (#""gelu_new""#, "null", "activation_function is null"),
            (#""n_embd": 12"#, #""n_embd": 24"#, "shape"),
            (#""n_head": 3"#, #""n_head": 5"#, "does not divide"),
            (#""n_layer": 2"#, #""n_layer": 3"#, "transformer.h.2.ln_1.weight is missing"),
            (#""n_layer": 2"#, #""n_layer": 1"#, "not part of GPT-2 with 1 layers"),
            (#""n_layer": 2"#, #""n_layer": "two""#, "whole number"),
            (#""n_inner": null"#, #""n_inner": 7"#, "shape"),
            (#""vocab_size": 504"#, #""vocab_size": 400"#, "tokens and the model"),
            (#""vocab_size": 504"#, #""vocab_size": 505"#, "shape"),
            (#""layer_norm_epsilon": 1e-05"#, #""layer_norm_epsilon": -1"#, "layer_norm_epsilon"),
            (#""tie_word_embeddings": true"#, #""tie_word_embeddings": false"#, "lm_head.weight is missing"),
            ("{\n", "{\n\"add_cross_attention\": true,\n", "add_cross_attention"),
            ("{\n", "{\n\"n_head\": 3,\n", "twice"),
        ])
    func configurations(old: String, new: String, message: String) throws {
        let small = try SmallCheckpoint()
        defer { small.remove() }
        let vocabulary = small.tokenizer.vocabularySize + 3
        let (old, new) = (old, new)
        let swap = { (text: String) in
            text.replacingOccurrences(of: "504", with: "\(vocabulary)").replacingOccurrences(
                of: "505", with: "\(vocabulary + 1)")
        }
        try small.edit("config.json", swap(old), swap(new))
        expectRefused(small.folder, message)
    }

    @Test("weights that do not fit are refused: foreign, missing, NaN, pickles, none; a head of its own is kept")
    func weights() throws {
        let small = try SmallCheckpoint()
        defer { small.remove() }
        let extra: [Float] = [1, 2]
        try extra.withUnsafeBufferPointer { extra in
            try small.writeWeights(small.outputs() + [.init(name: "score.weight", shape: [2], elements: extra)])
        }
        expectRefused(small.folder, "score.weight is not part of GPT-2")
        try small.writeWeights(Array(small.outputs().dropLast()))
        expectRefused(small.folder, "transformer.ln_f.bias is missing")
        let other = [Float](repeating: 0.5, count: small.outputs()[0].elements.count)
        try other.withUnsafeBufferPointer { other in
            let shape = small.outputs()[0].shape
            try small.writeWeights(small.outputs() + [.init(name: "lm_head.weight", shape: shape, elements: other)])
        }
        // As in transformers, a head that differs is kept.
        let untied = try CheckpointFolder.load(small.folder).model
        #expect(!untied.hasTiedEmbeddings && untied.tensor(untied.outputEmbedding).allSatisfy { $0 == 0.5 })
        #expect(untied.tensor(untied.inputEmbedding).elementsEqual(small.model.tensor(small.model.inputEmbedding)))
        try small.writeWeights(small.outputs() + small.outputs { String($0.dropFirst("transformer.".count)) })
        expectRefused(small.folder, "are the same")
        small.model.values.pointer[13] = .nan
        try small.writeWeights(small.outputs())
        expectRefused(small.folder, "transformer.wte.weight holds nan at [1, 1]")
        try FileManager.default.removeItem(atPath: small.path("model.safetensors"))
        expectRefused(small.folder, "no model.safetensors")
        try AtomicFile.write("", to: small.path("pytorch_model.bin"))
        expectRefused(small.folder, "AutoModelForCausalLM as M; M.from_pretrained('\(small.folder)').save_pretrained")
        try AtomicFile.write(
            [0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 60), to: small.path("model.safetensors"))
        expectRefused(small.folder, "a zip archive, as torch.save writes it")
    }

    @Test("the way to convert a masked model's pickle names the class of masked models")
    func maskedPickle() throws {
        let folder = try temporaryFolder("pickle")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let config = try Input.bytes(Bundle.module.bundlePath + "/Fixtures/masked-parity/bert/config.json")
        try AtomicFile.write(config, to: folder + "/config.json")
        try AtomicFile.write("", to: folder + "/pytorch_model.bin")
        let error = #expect(throws: InputError.self) { try CheckpointFolder.model(in: folder) }
        #expect(error?.remedy.contains("AutoModelForMaskedLM as M") == true)
    }

    @Test("missing folders, configurations and tokenizers are refused; vocab.json with merges.txt will do")
    func missingFiles() throws {
        let small = try SmallCheckpoint()
        defer { small.remove() }
        expectRefused(small.folder + "/none", "no such folder")
        try FileManager.default.removeItem(atPath: small.path("tokenizer.json"))
        expectSame(try CheckpointFolder.load(small.folder).model, small.model)
        try FileManager.default.removeItem(atPath: small.path("merges.txt"))
        expectRefused(small.folder, "not both vocab.json and merges.txt")
        try FileManager.default.removeItem(atPath: small.path("config.json"))
        expectRefused(small.folder, "no such file")
    }

    @Test("nothing is left behind when a folder cannot be written")
    func failedSave() throws {
        let small = try SmallCheckpoint()
        defer { small.remove() }
        let blocked = small.path("config.json")
        #expect(throws: InputError.self) {
            try CheckpointFolder.save(small.model, tokenizer: small.tokenizer, to: blocked)
        }
        #expect(throws: UnfinishedError.self) {
            try CheckpointFolder.save(small.model, tokenizer: small.tokenizer, to: blocked + "/below")
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: small.folder)
        #expect(!names.contains { $0.hasSuffix(AtomicFile.temporarySuffix) })
    }
}
