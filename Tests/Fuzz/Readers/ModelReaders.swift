import FileSupport
import Foundation
import LanguageModel

/// Model folders, GGUF files, adapters.
extension Reader {
    /// A model is worked with: sizes that fit the weights can still be wrong for what is made of them.
    private static func use(_ model: TransformerModel) {
        let count = min(4, model.configuration.contextLength)
        let last = model.configuration.vocabularySize - 1
        let tokens = (0..<count).map { Int32(min($0 * 3, last)) }
        _ = model.logProbabilities(
            (0..<count).map { Prediction(row: $0, token: tokens[0]) }, in: PackedSequences([tokens]))
    }

    private static func use(_ tokenizer: any StoredTokenizer, in folder: String) throws {
        let texts = [
            "", " ", "The women are shy.", "  two  blanks\n\n and\ttabs", "don't I'LL 12345 3.14", "é e\u{301} ñ 中文 😀👩‍👩‍👧",
            "<s> [MASK] <|endoftext|> </s>", "\u{FEFF}\u{202E}\u{0}\u{7F}", String(repeating: "aé ", count: 300),
        ]
        for text in texts {
            let tokens = tokenizer.encode(text)
            let offsets = tokenizer.encodeWithOffsets(text)
            guard offsets.allSatisfy({ 0...text.utf8.count ~= $0.bytes.upperBound }) else {
                throw WrongNumbers("offsets beyond the text \(text.debugDescription)")
            }
            _ = tokenizer.decode(tokenizer.framed(tokens))
        }
        _ = tokenizer.encode([0xFF, 0xC3, 0x28, 0x00, 0xED, 0xA0, 0x80])
        for token in 0..<Int32(tokenizer.vocabularySize) {
            guard tokenizer.id(ofKey: tokenizer.key(of: token)) != nil || tokenizer.isSpecial(token) else { continue }
            _ = tokenizer.bytes(of: token)
        }
        try tokenizer.write(to: folder, contextLength: 64)
        _ = try? tokenizer.requireRows(at: folder)
    }

    /// The variants of config.json that the tests have, some for each file of weights.
    private static func variants(_ seeds: Seeds, each most: Int) throws -> [(
        name: String, config: JSON, weights: String
    )] {
        let folder = seeds.fixtures + "/config-variants/"
        let refused = Set(
            try Input.text(folder + "refused.txt").split(separator: "\n").compactMap { $0.split(separator: ":").first })
        var counts: [String: Int] = [:]
        return try JSONCursor.read(folder + "variants.json").elements().compactMap { variant in
            let (weights, name) = (try variant.member("weights").string(), try variant.member("name").string())
            let expect = try variant.member("expect").value
            guard expect["logProbabilities"] != nil, !refused.contains(Substring(name)) else { return nil }
            counts[weights, default: 0] += 1
            guard counts[weights, default: 0] <= most else { return nil }
            return (name, try variant.member("config").value, folder + weights)
        }
    }

    private static func makeVariants(_ seeds: Seeds, _ folder: String, each most: Int) throws {
        for (name, config, weights) in try variants(seeds, each: most) {
            try seeds.write(config.compact, to: "\(folder)/\(name)/config.json")
            try seeds.copy(weights, to: "\(folder)/\(name)/model.safetensors")
        }
    }

    static let config = Reader(
        kind: "config", targets: ["config.json"],
        makeSeeds: { try makeVariants($0, $1, each: 4) },
        read: { use(try CheckpointFolder.model(in: $0.folder)) })

    static let safetensors = Reader(
        kind: "safetensors", targets: [".safetensors", ".index.json"],
        makeSeeds: { seeds, folder in
            try makeVariants(seeds, folder, each: 1)
            try makeShards(seeds, folder + "/shards")
        },
        read: { use(try CheckpointFolder.model(in: $0.folder)) })

    /// The base's model in two files with an index.
    private static func makeShards(_ seeds: Seeds, _ folder: String) throws {
        try seeds.copy(seeds.base + "/model/config.json", to: folder + "/config.json")
        let model = try CheckpointFolder.model(in: seeds.base + "/model")
        let tensors = model.layout.tensors.map {
            Safetensors.Output(
                name: $0.name, shape: $0.shape, elements: UnsafeBufferPointer(model.tensor($0)))
        }
        var map: [(String, JSON)] = []
        for (number, part) in [tensors.prefix(5), tensors.dropFirst(5)].enumerated() {
            let name = "model-0000\(number + 1)-of-00002.safetensors"
            try Safetensors.write(Array(part), metadata: [("format", "pt")], to: folder + "/" + name)
            map += part.map { ($0.name, .string(name)) }
        }
        let index: JSON = ["metadata": ["total_size": 1], "weight_map": .object(map)]
        try seeds.write(index.pretty, to: folder + "/model.safetensors.index.json")
        withExtendedLifetime(model) {}
    }

    static let tokenizer = Reader(
        kind: "tokenizer",
        targets: [
            "tokenizer.json", "vocab.json", "merges.txt", "vocab.txt", "tokenizer_config.json",
            "special_tokens_map.json", "config.json",
        ],
        makeSeeds: { seeds, folder in
            let fixtures = seeds.fixtures + "/tokenizer/"
            for name in try FileManager.default.contentsOfDirectory(atPath: fixtures).sorted()
            where name.hasPrefix("family-") && name.hasSuffix(".json") {
                let place = folder + "/" + name.dropLast(5)
                try seeds.copy(fixtures + name, to: place + "/tokenizer.json")
                let family = String(name.dropFirst(7).dropLast(5).split(separator: "-").first ?? "")
                try seeds.write("{\"model_type\": \"\(family)\"}", to: place + "/config.json")
                let settings: JSON = [
                    "add_bos_token": true, "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>",
                    "clean_up_tokenization_spaces": false, "model_max_length": 64,
                ]
                if family.hasPrefix("llama") {
                    try seeds.write(settings.pretty, to: place + "/tokenizer_config.json")
                    let map: JSON = ["bos_token": ["content": "<s>", "lstrip": false], "unk_token": "<unk>"]
                    try seeds.write(map.pretty, to: place + "/special_tokens_map.json")
                }
            }
            try seeds.copy(fixtures + "small-vocab.json", to: folder + "/merges/vocab.json")
            try seeds.copy(fixtures + "small-merges.txt", to: folder + "/merges/merges.txt")
            try seeds.write("{\"model_type\": \"gpt2\"}", to: folder + "/merges/config.json")
            let bert = try JSON.read(fixtures + "family-bert.json")
            guard case .object(let words)? = bert["model"]?["vocab"] else { return }
            try seeds.write(words.map { $0.0 + "\n" }.joined(), to: folder + "/words/vocab.txt")
            try seeds.write("{\"model_type\": \"bert\"}", to: folder + "/words/config.json")
        },
        read: { mutant in
            let tokenizer = try CheckpointFolder.tokenizer(in: mutant.folder).tokenizer
            let out = mutant.folder + "/out"
            try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
            try use(tokenizer, in: out)
        })

    static let gguf = Reader(
        kind: "gguf", targets: [".gguf"],
        makeSeeds: { seeds, folder in
            for group in ["gguf", "tokenizer"] {
                let fixtures = seeds.fixtures + "/\(group)/"
                for name in try FileManager.default.contentsOfDirectory(atPath: fixtures).sorted()
                where name.hasSuffix(".gguf") {
                    let seed = name.hasPrefix("split") ? "split" : String(name.dropLast(5))
                    try seeds.copy(fixtures + name, to: "\(folder)/\(seed)/\(name)")
                }
            }
        },
        read: { mutant in
            var path = mutant.path
            if mutant.file.hasPrefix("split") { path = mutant.folder + "/split-00001-of-00003.gguf" }
            let file = try GGUF(path)
            for tensor in file.tensors {
                var floats = [Float](repeating: 0, count: tensor.count)
                try floats.withUnsafeMutableBufferPointer { try file.read(tensor, into: $0) }
            }
            if mutant.seed.hasPrefix("family") {
                try use(try CheckpointFolder.tokenizer(in: path).tokenizer, in: mutant.folder)
            } else if !["rows", "types", "split"].contains(mutant.seed) {
                let (family, sizes) = try ModelFamilies.all.configuration(file)
                use(try family.model(file, sizes))
            }
        })

    static let adapter = Reader(
        kind: "adapter", targets: ["adapter_config.json", "adapter_model.safetensors"],
        makeSeeds: { seeds, folder in
            let fixtures = seeds.fixtures + "/adapters/"
            let bases = Dictionary(try variants(seeds, each: 1).map { ($0.name, $0) }) { first, _ in first }
            for entry in try JSONCursor.read(fixtures + "adapters.json").elements() {
                let (name, base) = (try entry.member("name").string(), try entry.member("base").string())
                guard let base = bases[base] else { continue }
                let place = folder + "/" + name
                try seeds.copy(fixtures + name, to: place + "/adapter")
                let file = place + "/adapter/adapter_config.json"
                try seeds.write(
                    try JSON.read(file).setting("base_model_name_or_path", to: "../model").pretty, to: file)
                try seeds.write(base.config.compact, to: place + "/model/config.json")
                try seeds.copy(base.weights, to: place + "/model/model.safetensors")
            }
        },
        read: { use(try CheckpointFolder.model(in: $0.folder + "/adapter")) })

    static let pickle = Reader(
        kind: "pickle", targets: ["pytorch_model.bin", "pytorch_model.bin.index.json"],
        makeSeeds: { seeds, folder in
            for name in ["pytorch_model.bin", "pytorch_model.bin.index.json"] {
                let place = folder + "/" + name.split(separator: ".").dropFirst().joined(separator: "-")
                try seeds.copy(seeds.base + "/model", to: place)
                try FileManager.default.removeItem(atPath: place + "/model.safetensors")
                try seeds.write("\u{2}c__builtin__\neval\n(S'1'\ntR.", to: place + "/" + name)
            }
        },
        read: { mutant in
            do {
                _ = try CheckpointFolder.load(mutant.folder)
            } catch let error as InputError where error.what.contains("pickle") { return }
            throw WrongNumbers("a pickle was not refused")
        })
}

/// Something that was read and is not what it can be: a finding.
struct WrongNumbers: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
