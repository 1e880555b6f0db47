import FileSupport
import Foundation
import LanguageModel
import TestSupport
import Testing

/// Models of the decoder line, written as llama.cpp's converter writes them and read again.
@Suite("Models from GGUF files")
struct GGUFModelTests {
    private enum Value {
        case text(String), integer(UInt32), real(Float)
    }

    /// The bytes of a file with tensors in single precision.
    private static func bytes(_ metadata: [(String, Value)], _ tensors: [(String, [Int], [Float])]) -> [UInt8] {
        func little(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.littleEndian, Array.init) }
        func text(_ value: String) -> [UInt8] { little(UInt64(value.utf8.count)) + value.utf8 }
        var out = Array("GGUF".utf8) + little(UInt32(3)) + little(UInt64(tensors.count))
        out += little(UInt64(metadata.count))
        for (key, value) in metadata {
            out += text(key)
            switch value {
            case .integer(let number): out += little(UInt32(4)) + little(number)
            case .real(let number): out += little(UInt32(6)) + little(number.bitPattern)
            case .text(let words): out += little(UInt32(8)) + text(words)
            }
        }
        var data: [UInt8] = []
        for (name, shape, values) in tensors {
            out += text(name) + little(UInt32(shape.count)) + shape.reversed().flatMap { little(UInt64($0)) }
            out += little(UInt32(0)) + little(UInt64(data.count))
            data += values.flatMap { little($0.bitPattern) }
            data += [UInt8](repeating: 0, count: (32 - data.count % 32) % 32)
        }
        return out + [UInt8](repeating: 0, count: (32 - out.count % 32) % 32) + data
    }

    private static func sizes(_ type: ModelType) -> ModelConfiguration {
        let isGemma = type == .gemma3
        let full = ModelConfiguration.Layer(rotary: RotaryFrequencies(base: 5000, headSize: 6))
        let local = ModelConfiguration.Layer(window: 5, rotary: RotaryFrequencies(base: 10_000, headSize: 6))
        let even = ModelConfiguration.Layer(window: 5, rotary: full.rotary)
        let layers =
            isGemma
            ? Array(repeating: local, count: 5) + [full, local] : type == .gemma2 ? [even, full, even] : [full, full]
        var sizes = ModelConfiguration(
            type, vocabularySize: 19, contextLength: 32, hiddenSize: 8, layerCount: layers.count, headCount: 4,
            keyValueHeadCount: 2, headSize: 6, innerSize: 10)
        sizes.normEpsilon = 1e-5
        sizes.layers = layers
        if type == .gemma2 { (sizes.attentionCap, sizes.logitCap) = (20, 40) }
        return sizes
    }

    /// llama.cpp's name of a tensor, by the words of its own list.
    private static func name(_ tensor: String, _ type: ModelType) -> String {
        let postNorms = [ModelType.gemma2, .gemma3, .olmo2]
        var name = tensor
        for (long, short) in [
            ("model.embed_tokens", "token_embd"), ("model.norm", "output_norm"), ("lm_head", "output"),
            ("model.layers.", "blk."), ("self_attn.q_norm", "attn_q_norm"), ("self_attn.k_norm", "attn_k_norm"),
            ("self_attn.q_proj", "attn_q"), ("self_attn.k_proj", "attn_k"), ("self_attn.v_proj", "attn_v"),
            ("self_attn.o_proj", "attn_output"), ("input_layernorm", "attn_norm"), ("mlp.gate_proj", "ffn_gate"),
            ("mlp.up_proj", "ffn_up"), ("mlp.down_proj", "ffn_down"), ("pre_feedforward_layernorm", "ffn_norm"),
            ("self_attn.qkv_proj", "attn_qkv"), ("mlp.gate_up_proj", "ffn_up"),
            ("post_feedforward_layernorm", "post_ffw_norm"),
            ("post_attention_layernorm", postNorms.contains(type) ? "post_attention_norm" : "ffn_norm"),
        ] { name = name.replacingOccurrences(of: long, with: short) }
        return name
    }

    private static func file(
        _ model: TransformerModel, _ sizes: ModelConfiguration, architecture: String, without missing: String = "",
        factors: [Float]? = nil, more: [(String, Value)] = [], setting changed: (key: String, value: UInt32)? = nil
    ) throws -> GGUF {
        func key(_ name: String) -> String { architecture + "." + name }
        var metadata: [(String, Value)] = [
            ("general.architecture", .text(architecture)), (key("embedding_length"), .integer(8)),
            (key("attention.head_count"), .integer(4)), (key("attention.head_count_kv"), .integer(2)),
            (key("attention.key_length"), .integer(6)), (key("attention.value_length"), .integer(6)),
            (key("context_length"), .integer(32)), (key("feed_forward_length"), .integer(10)),
            (key("block_count"), .integer(UInt32(sizes.layerCount))),
            (key("attention.layer_norm_rms_epsilon"), .real(1e-5)), (key("rope.freq_base"), .real(5000)),
        ]
        let isGemma = [ModelType.gemma2, .gemma3].contains(sizes.type)
        if isGemma { metadata.append((key("attention.sliding_window"), .integer(5))) }
        if sizes.type == .gemma2 {
            metadata.append((key("attn_logit_softcapping"), .real(20)))
            metadata.append((key("final_logit_softcapping"), .real(40)))
        }
        metadata += more
        if let changed { metadata = metadata.map { $0.0 == key(changed.key) ? ($0.0, .integer(changed.value)) : $0 } }
        var tensors = model.layout.tensors.map { tensor -> (String, [Int], [Float]) in
            var values = Array(model.tensor(tensor))
            if isGemma, tensor.module == .norms { values = values.map { $0 + 1 } }
            if sizes.type == .llama, tensor.name.contains("q_proj") || tensor.name.contains("k_proj") {
                // Of each head the rows 0, 3, 1, 4, 2, 5.
                let rows = (0..<tensor.shape[0]).map { $0 / 6 * 6 + [0, 3, 1, 4, 2, 5][$0 % 6] }
                values = rows.flatMap { values[$0 * 8..<$0 * 8 + 8] }
            }
            return (name(tensor.name, sizes.type), tensor.shape, values)
        }
        if let factors { tensors.append(("rope_freqs.weight", [factors.count], factors)) }
        let path = try temporaryFolder("gguf") + "/model.gguf"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try AtomicFile.write(bytes(metadata, tensors.filter { $0.0 != missing }), to: path)
        return try GGUF(path)
    }

    private static func read(_ file: GGUF) throws -> TransformerModel {
        let (family, sizes) = try ModelFamilies.all.configuration(file)
        return try family.model(file, sizes)
    }

    @Test(
        "a size beyond any model, or another than the tensors have, is refused before memory is asked for",
        arguments: [
            "embedding_length", "attention.head_count", "attention.head_count_kv", "attention.key_length",
            "feed_forward_length", "block_count",
        ], [UInt32.max, 1 << 30, 1 << 20, 4096, 0])
    func largeSizes(key: String, value: UInt32) throws {
        let sizes = Self.sizes(.llama)
        let model = TransformerModel(configuration: sizes, seed: 11)
        let file = try Self.file(model, sizes, architecture: "llama", setting: (key, value))
        #expect(throws: InputError.self) { try Self.read(file) }
    }

    @Test(
        "sizes, choices and every weight come back",
        arguments: [
            ("llama", ModelType.llama), ("qwen2", .qwen2), ("qwen3", .qwen3), ("gemma3", .gemma3),
            ("gemma2", .gemma2), ("phi3", .phi3), ("olmo2", .olmo2),
        ])
    func roundTrip(architecture: String, type: ModelType) throws {
        let sizes = Self.sizes(type)
        let model = TransformerModel(configuration: sizes, seed: 11)
        let file = try Self.file(model, sizes, architecture: architecture)
        let read = try Self.read(file)
        #expect(read.configuration == sizes)
        for tensor in model.layout.tensors {
            let close = compare(Array(read.tensor(tensor)), Array(model.tensor(tensor)), absolute: 1e-7, relative: 0)
            #expect(close.isClose, "\(tensor.name): \(close)")
        }
    }

    @Test("the factors of Llama 3's frequencies give transformers' log-probabilities, also from a folder saved of them")
    func rotaryFactors() throws {
        let fixture = try ParityFixture("decoder-parity")
        let model = try Self.read(GGUF(Bundle.module.bundlePath + "/Fixtures/gguf/llama3.gguf"))
        let folder = try temporaryFolder("llama3") + "/model"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try CheckpointFolder.save(model, tokenizer: nil, to: folder)
        let rows = Array(0..<fixture.packed.tokenCount)
        let all = rows.flatMap { row in
            (0..<model.configuration.vocabularySize).map { Prediction(row: row, token: Int32($0)) }
        }
        let wanted = try #require(fixture.reference("llama")["logProbabilities"])
        for (name, model) in [("file", model), ("folder", try CheckpointFolder.model(in: folder))] {
            let close = compare(
                model.logProbabilities(all, in: fixture.packed), wanted, absolute: 1e-4, relative: 1e-5, name: name)
            #expect(close.isClose, "\(close)")
        }
    }

    @Test("factors of frequencies are of their number, positive, of Llama alone, and beside a linear factor of all")
    func badFactors() throws {
        let sizes = Self.sizes(.llama)
        let model = TransformerModel(configuration: sizes, seed: 11)
        func read(
            _ factors: [Float], _ more: [(String, Value)] = [], _ architecture: String = "llama"
        ) throws -> TransformerModel {
            try Self.read(Self.file(model, sizes, architecture: architecture, factors: factors, more: more))
        }
        func message(_ factors: [Float], _ architecture: String = "llama") throws -> String {
            try #require(throws: InputError.self) { try read(factors, [], architecture) }.description
        }
        let plain = try #require(sizes.layers[0].rotary?.values)
        let linear: [(String, Value)] = [
            ("llama.rope.scaling.type", .text("linear")), ("llama.rope.scaling.factor", .real(4)),
        ]
        for (more, factor) in [([], Float(1)), (linear, 4)] {
            let found = try #require(read([1, 2, 8], more).configuration.layers[1].rotary)
            let wanted = zip(plain, [1, 2, 8]).map { $0 / ($1 * factor) }
            let close = compare(found.values(length: 1000), wanted, absolute: 0, relative: 1e-6)
            #expect(close.isClose && found.limit == nil, "\(close)")
        }
        #expect(try message([1, 2]).contains("rope_freqs.weight has shape [2] for 6 values that turn"))
        #expect(try message([1, 0, 1]).contains("rope_freqs.weight holds a factor of 0"))
        #expect(try message([1, -2, 1]).contains("rope_freqs.weight holds a factor of -2"))
        #expect(try message([1, .nan, 1]).contains("rope_freqs.weight holds nan"))
        #expect(try message([1, 1, 1], "qwen2").contains("rope_freqs.weight is not part of Qwen 2"))
    }

    @Test("a file of a tokenizer alone, of an adapter, and a folder of files are named")
    func otherFiles() throws {
        func message(_ path: String) throws -> String {
            try #require(throws: InputError.self) { try CheckpointFolder.load(path) }.description
        }
        let fixtures = Bundle.module.bundlePath + "/Fixtures/"
        #expect(try message(fixtures + "tokenizer/family-llama3.gguf").contains("a GGUF file of a tokenizer alone"))
        let folder = try temporaryFolder("gguf")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try AtomicFile.write(
            Self.bytes([("general.type", .text("adapter"))], [("a", [1], [0])]), to: folder + "/lora.gguf")
        #expect(try message(folder + "/lora.gguf").contains("a GGUF file of type adapter"))
        #expect(
            try message(folder).contains("a folder of GGUF files - \(folder) - name one of them, such as lora.gguf"))
    }

    @Test("a missing tensor and an architecture of another family are named")
    func refusals() throws {
        let sizes = Self.sizes(.llama)
        let model = TransformerModel(configuration: sizes, seed: 11)
        func message(_ architecture: String, without tensor: String = "") throws -> String {
            let file = try Self.file(model, sizes, architecture: architecture, without: tensor)
            return try #require(throws: InputError.self) { try Self.read(file) }.description
        }
        #expect(try message("llama", without: "blk.1.ffn_up.weight").contains("blk.1.ffn_up.weight is missing"))
        let known = "bloom, gemma2, gemma3, gpt2, gptneox, llama, olmo2, phi3, qwen2, qwen3"
        #expect(try message("mamba").contains("the supported ones are " + known))
    }
}
