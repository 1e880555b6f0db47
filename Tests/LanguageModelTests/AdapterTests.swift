import FileSupport
import Foundation
import LanguageModel
import TestSupport
import Testing

/// LoRA adapters that PEFT made (Fixtures/adapters and Fixtures/config-variants), with PEFT as referee.
@Suite("Adapters give PEFT's numbers or are refused")
struct AdapterTests {
    private struct Case: Decodable {
        struct Expected: Decodable { let logProbabilities: [[Float]] }
        let name, base: String
        let expect: Expected
    }

    private struct Asked: Decodable {
        let causal, masked: [[Int32]]
        let mask: Int32
    }

    private static let fixtures = Bundle.module.bundlePath + "/Fixtures/"
    private static let variants = fixtures + "config-variants/"

    private let asked: Asked
    private let configs: [String: JSON]

    init() throws {
        asked = try JSONDecoder().decode(Asked.self, from: Data(Input.bytes(Self.variants + "asked.json")))
        configs = try Dictionary(
            JSONCursor.read(Self.variants + "variants.json").elements().map {
                (try $0.member("name").string(), try $0.member("config").value)
            }, uniquingKeysWith: { first, _ in first })
    }

    /// A folder with a base model and an adapter beside it, which names it.
    private func place(_ folder: String, _ adapter: String, base: String, in root: String) throws -> String {
        let manager = FileManager.default
        if !manager.fileExists(atPath: root + "/" + base) {
            try manager.createDirectory(atPath: root + "/" + base, withIntermediateDirectories: true)
            try AtomicFile.write(try #require(configs[base]).pretty, to: root + "/\(base)/config.json")
            try manager.copyItem(
                atPath: Self.variants + base + ".safetensors", toPath: root + "/\(base)/model.safetensors")
        }
        let target = root + "/" + adapter + "-adapter"
        try? manager.removeItem(atPath: target)
        try manager.copyItem(atPath: folder + adapter, toPath: target)
        try edit(target) { $0.setting("base_model_name_or_path", to: .string("../" + base)) }
        return target
    }

    private func edit(_ adapter: String, _ change: (JSON) -> JSON) throws {
        let file = adapter + "/adapter_config.json"
        try AtomicFile.write(change(try JSON.read(file)).pretty, to: file)
    }

    private func logProbabilities(_ model: TransformerModel) -> [Float] {
        var sequences = asked.causal
        var rows: [(sequence: Int, row: Int, token: Int32)] = []
        if model.isMasked {
            sequences = []
            for tokens in asked.masked {
                for (row, token) in tokens.enumerated() {
                    rows.append((sequences.count, row, token))
                    sequences.append(tokens)
                    sequences[sequences.count - 1][row] = asked.mask
                }
            }
        } else {
            for (number, tokens) in sequences.enumerated() {
                for row in 1..<tokens.count { rows.append((number, row - 1, tokens[row])) }
            }
        }
        let packed = PackedSequences(sequences)
        return model.logProbabilities(
            rows.map { Prediction(row: packed.starts[$0.sequence] + $0.row, token: $0.token) }, in: packed)
    }

    @Test("every adapter, merged, saved and read again", arguments: ["adapters/", "config-variants/"])
    func parity(_ folder: String) throws {
        let root = try temporaryFolder("adapters")
        defer { try? FileManager.default.removeItem(atPath: root) }
        let file = Self.fixtures + folder + "adapters.json"
        for one in try JSONDecoder().decode([Case].self, from: Data(Input.bytes(file))) {
            let adapter = try place(Self.fixtures + folder, one.name, base: one.base, in: root)
            let model = try CheckpointFolder.model(in: adapter)
            let found = logProbabilities(model)
            let close = compare(
                found, one.expect.logProbabilities.flatMap { $0 }, absolute: 1e-4, relative: 1e-4)
            print("\(one.name): \(close)")
            #expect(close.isClose, "\(one.name): \(close)")
            try CheckpointFolder.save(model, tokenizer: nil, configJSON: configs[one.base], to: root + "/saved")
            #expect(try logProbabilities(CheckpointFolder.model(in: root + "/saved")) == found, "\(one.name)")
            expectSame(try CheckpointFolder.model(in: root + "/\(one.base)+" + adapter), model)
        }
    }

    private func expectSame(_ a: TransformerModel, _ b: TransformerModel) {
        #expect(a.layout == b.layout)
        #expect(a.values.buffer.elementsEqual(b.values.buffer))
    }

    private func refusal(_ path: String) -> String {
        let error = #expect(throws: InputError.self) { try CheckpointFolder.model(in: path) }
        let line = error?.description ?? ""
        #expect(!line.contains("\n") && line.utf8.count < 500, "\(line)")
        return line
    }

    @Test(
        "what changes the numbers and is not done is refused by name",
        arguments: [
            ("peft_type", "LOHA"), ("init_lora_weights", "pissa"), ("init_lora_weights", "olora"),
            ("use_qalora", true), ("use_bdlora", ["nblocks": 2]), ("layer_replication", [[0, 2]]),
            ("target_parameters", ["q_proj.weight"]), ("trainable_token_indices", [3]), ("kasa_config", ["beta": 1]),
            ("alora_invocation_tokens", [1, 2]), ("ensure_weight_tying", true), ("megatron_config", ["a": 1]),
            ("use_frobnication", false), ("r", 0), ("r", 5), ("target_modules", nil), ("target_modules", "(q"),
            ("target_modules", ["q_proj", "v_proj"]), ("target_modules", ["q_proj", "v_proj", "down_proj", "o_proj"]),
            ("modules_to_save", ["norm"]), ("exclude_modules", ["q_proj"]), ("layers_to_transform", [0]),
            ("use_dora", true), ("lora_bias", true),
        ] as [(String, JSON)])
    func refused(_ key: String, _ value: JSON) throws {
        let root = try temporaryFolder("adapters")
        defer { try? FileManager.default.removeItem(atPath: root) }
        let adapter = try place(Self.variants, "lora-plain", base: "llama", in: root)
        try edit(adapter) { $0.setting(key, to: value) }
        let line = refusal(adapter)
        print(line)
        let words = [
            "r": "rank|shape", "target_modules": "target_modules|does not ask for|asks for",
            "modules_to_save": "norm, which", "exclude_modules": "q_proj has an update", "peft_type": "LOHA",
            "layers_to_transform": "has an update", "use_dora": "lora_magnitude_vector", "lora_bias": "lora_B.bias",
        ]
        #expect(try line.contains(Regex(words[key] ?? key)), "\(line)")
    }

    @Test("settings of training alone change nothing")
    func idle() throws {
        let root = try temporaryFolder("adapters")
        defer { try? FileManager.default.removeItem(atPath: root) }
        let adapter = try place(Self.variants, "lora-plain", base: "llama", in: root)
        let before = try CheckpointFolder.model(in: adapter)
        try edit(adapter) {
            $0.setting([
                "lora_dropout": 0.9, "fan_in_fan_out": true, "inference_mode": false, "bias": "all",
                "init_lora_weights": "gaussian", "eva_config": ["rho": 2.0], "task_type": nil, "megatron_core": "x",
                "revision": "main", "runtime_config": ["ephemeral_gpu_offload": true], "use_frobnication": nil,
            ])
        }
        expectSame(try CheckpointFolder.model(in: adapter), before)
    }

    @Test("a base that is not there, an adapter on an adapter, and two models in one folder")
    func bases() throws {
        let root = try temporaryFolder("adapters")
        defer { try? FileManager.default.removeItem(atPath: root) }
        let adapter = try place(Self.variants, "lora-plain", base: "llama", in: root)
        let found = try CheckpointFolder.model(in: adapter)
        try edit(adapter) { $0.setting("base_model_name_or_path", to: "someone/llama") }
        let line = refusal(adapter)
        #expect(line.contains("someone/llama") && line.contains("BASE+ADAPTER"), "\(line)")
        expectSame(try CheckpointFolder.model(in: root + "/llama+" + adapter), found)
        #expect(refusal(root + "/other+" + adapter).contains("/other"))
        try edit(adapter) { $0.setting("base_model_name_or_path", to: .string(root + "/llama")) }
        expectSame(try CheckpointFolder.model(in: adapter), found)
        #expect(refusal(adapter + "+" + adapter).contains("an adapter itself"))
        try Data().write(to: URL(fileURLWithPath: adapter + "/model.safetensors"))
        #expect(refusal(adapter).contains("both an adapter and model.safetensors"))
        try FileManager.default.removeItem(atPath: adapter + "/model.safetensors")
        try FileManager.default.moveItem(
            atPath: adapter + "/adapter_model.safetensors", toPath: adapter + "/adapter_model.bin")
        #expect(refusal(adapter).contains("pickle"))
    }

    @Test("a checkpoint of base and adapter names the files of both, and is saved merged")
    func checkpoint() throws {
        let small = try SmallCheckpoint()
        defer { small.remove() }
        let adapter = small.path("adapter")
        try FileManager.default.createDirectory(atPath: adapter, withIntermediateDirectories: true)
        try AtomicFile.write(
            JSON.object([
                ("peft_type", "LORA"), ("base_model_name_or_path", ".."), ("r", 1), ("lora_alpha", 2),
                ("target_modules", ["h.0.attn.c_proj"]),
            ]).pretty, to: adapter + "/adapter_config.json")
        let name = "transformer.h.0.attn.c_proj"
        var (a, b) = ((0..<12).map { Float($0) / 8 }, (0..<12).map { Float(5 - $0) / 4 })
        try a.withUnsafeMutableBufferPointer { a in
            try b.withUnsafeMutableBufferPointer { b in
                try Safetensors.write(
                    [
                        .init(name: "base_model.model.\(name).lora_A.weight", shape: [1, 12], elements: .init(a)),
                        .init(name: "base_model.model.\(name).lora_B.weight", shape: [12, 1], elements: .init(b)),
                    ], metadata: [], to: adapter + "/adapter_model.safetensors")
            }
        }
        let loaded = try CheckpointFolder.load(adapter)
        let names = ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"]
        let own = ["adapter_config.json", "adapter_model.safetensors"]
        #expect(loaded.files.map(\.name) == names + own)
        #expect(loaded.files.map(\.path) == names.map { adapter + "/../" + $0 } + own.map { adapter + "/" + $0 })
        let weight = try #require(loaded.model.layout[name + ".weight"])
        for (found, place) in zip(loaded.model.tensor(weight), 0...) {
            let change = 2 * a[place / 12] * b[place % 12]
            #expect(abs(found - small.model.tensor(weight)[place] - change) < 1e-5)
        }
        #expect(
            loaded.model.layout.tensors.filter { tensor in
                !loaded.model.tensor(tensor).elementsEqual(small.model.tensor(tensor))
            } == [weight])
        // A tokenizer beside the adapter is its own.
        for file in ["tokenizer.json", "tokenizer_config.json"] {
            try FileManager.default.moveItem(atPath: small.path(file), toPath: adapter + "/" + file)
        }
        let again = try CheckpointFolder.load(small.folder + "+" + adapter)
        expectSame(again.model, loaded.model)
        #expect(again.files.map(\.path).contains(adapter + "/tokenizer.json"))
        try CheckpointFolder.save(
            again.model, tokenizer: again.tokenizer, configJSON: again.configJSON, to: small.path("merged"))
        let saved = try CheckpointFolder.load(small.path("merged"))
        expectSame(saved.model, loaded.model)
        #expect(!saved.files.map(\.name).contains(own[0]))
    }

    @Test("damaged adapters are refused with the tensor that is wrong")
    func damaged() throws {
        let root = try temporaryFolder("adapters")
        defer { try? FileManager.default.removeItem(atPath: root) }
        let adapter = try place(Self.variants, "lora-plain", base: "llama", in: root)
        let file = adapter + "/adapter_model.safetensors"
        let whole = try Input.bytes(file)
        for count in [0, 7, 100, whole.count - 1] {
            try AtomicFile.write(Array(whole[..<count]), to: file)
            #expect(refusal(adapter).contains(file))
        }
        try AtomicFile.write(whole, to: file)
        let tensors = try Safetensors(file)
        let query = "base_model.model.model.layers.1.self_attn.q_proj.lora_"
        func write(_ change: (String, [Int], [Float]) -> (String, [Int], [Float])?) throws {
            let changed = try tensors.tensors.compactMap { tensor -> (String, [Int], [Float])? in
                var values = [Float](repeating: 0, count: tensor.count)
                try values.withUnsafeMutableBufferPointer { try tensors.read(tensor, into: $0) }
                return change(tensor.name, tensor.shape, values)
            }
            let buffers = changed.map { UnsafeMutableBufferPointer<Float>.allocate(capacity: $0.2.count) }
            defer { buffers.forEach { $0.deallocate() } }
            for (buffer, tensor) in zip(buffers, changed) { _ = buffer.initialize(from: tensor.2) }
            try Safetensors.write(
                zip(buffers, changed).map {
                    Safetensors.Output(name: $1.0, shape: $1.1, elements: UnsafeBufferPointer($0))
                }, metadata: [], to: file)
        }
        try write { $0.hasPrefix(query + "B") ? nil : ($0, $1, $2) }
        #expect(refusal(adapter).contains("lora_B of the module model.layers.1.self_attn.q_proj is missing"))
        try write { $0.hasPrefix(query) ? nil : ($0, $1, $2) }
        #expect(refusal(adapter).contains("no tensors of the module model.layers.1.self_attn.q_proj"))
        try write { ($0, $0.hasPrefix(query) ? $1.reversed() : $1, $2) }
        #expect(refusal(adapter).contains("lora_A.weight has shape [16, 4]"))
        try write { ($0, $1, $0 == query + "A.weight" ? [.nan] + $2.dropFirst() : $2) }
        #expect(refusal(adapter).contains("holds nan"))
        try write { ($0.replacing("layers.1", with: "layers.7"), $1, $2) }
        #expect(refusal(adapter).contains("layers.7"))
        try write { ($0.replacing("base_model.model.", with: ""), $1, $2) }
        #expect(refusal(adapter).contains("no part of the adapter"))
        try write { ($0.replacing("lora_A.weight", with: "lora_C.weight"), $1, $2) }
        #expect(refusal(adapter).contains("lora_C"))
        try write {
            $0.contains("q_proj") ? ($0.replacing("lora_A.weight", with: "lora_embedding_A"), $1, $2) : ($0, $1, $2)
        }
        #expect(refusal(adapter).contains("another kind of layer"))
        try write { ($0, $1, $2) }
        _ = try CheckpointFolder.model(in: adapter)
    }
}
