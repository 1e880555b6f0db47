import FileSupport
import Foundation
import LanguageModel
import TestSupport
import Testing

/// Configs as strangers write them, with transformers as referee (Fixtures/config-variants/README.md): a model that is
/// read gives its numbers, and what it refuses or fills with random numbers is refused here.
@Suite("A stranger's config.json gives transformers' numbers or is refused")
struct ConfigVariantTests {
    /// A config, its weights, and what transformers makes of them.
    struct Variant: Decodable {
        struct Expected: Decodable {
            let logProbabilities: [[Float]]?
            let refusal: String?
            let undetermined: [String]?
        }
        let name, family, weights: String
        let expect: Expected
    }

    private struct Asked: Decodable {
        let causal, masked: [[Int32]]
        let mask: Int32
    }

    private enum Outcome {
        case equal
        case refused(String)
        case wrong(String)
    }

    private static let folder = Bundle.module.bundlePath + "/Fixtures/config-variants/"

    private let asked: Asked
    private let variants: [(variant: Variant, config: JSON)]
    /// Why variants are refused that transformers reads, by name; all others of those are read.
    private let refused: [String: String]

    init() throws {
        let decoder = JSONDecoder()
        asked = try decoder.decode(Asked.self, from: Data(Input.bytes(Self.folder + "asked.json")))
        let text = try Input.bytes(Self.folder + "variants.json")
        let known = Set(ModelFamilies.all.types.map(\.name))
        let configs = try JSONCursor.read(Self.folder + "variants.json").elements().map {
            try $0.member("config").value
        }
        variants = zip(try decoder.decode([Variant].self, from: Data(text)), configs)
            .filter { known.contains($0.0.family) }.map { ($0.0, $0.1) }
        let lines = try Input.text(Self.folder + "refused.txt").split(separator: "\n")
        refused = Dictionary(
            uniqueKeysWithValues: lines.filter { !$0.hasPrefix("#") }.map { line in
                let parts = line.split(separator: ":", maxSplits: 1)
                return (String(parts[0]), parts[1].trimmingCharacters(in: .whitespaces))
            })
    }

    @Test("every variant of every family that is read")
    func outcomes() throws {
        let root = try temporaryFolder("variants")
        defer { try? FileManager.default.removeItem(atPath: root) }
        var counts: [String: (equal: Int, refused: Int, needless: Int, wrong: Int)] = [:]
        for (variant, config) in variants {
            let outcome = try outcome(variant, config, in: root + "/" + variant.name)
            let isRead = variant.expect.logProbabilities != nil
            var count = counts[variant.family] ?? (0, 0, 0, 0)
            switch outcome {
            case .equal:
                count.equal += 1
                #expect(refused[variant.name] == nil, "\(variant.name) is read: strike it out of refused.txt")
            case .refused(let line):
                if isRead { count.needless += 1 } else { count.refused += 1 }
                #expect(!line.contains("\n") && line.utf8.count < 400, "\(variant.name): \(line)")
                let why = isRead ? refused[variant.name] : ""
                #expect(why.map { $0.isEmpty || line.contains($0) } == true, "\(variant.name) is refused: \(line)")
            case .wrong(let line):
                count.wrong += 1
                Issue.record("\(variant.name) is WRONG: \(line)")
            }
            counts[variant.family] = count
        }
        #expect(Set(refused.keys).subtracting(variants.map(\.variant.name)).isEmpty)
        for (family, count) in counts.sorted(by: { $0.key < $1.key }) {
            print(
                "\(family): \(count.equal) equal, \(count.refused) refused as transformers does,",
                "\(count.needless) refused though it reads them, \(count.wrong) wrong")
        }
    }

    private func outcome(_ variant: Variant, _ config: JSON, in folder: String) throws -> Outcome {
        let manager = FileManager.default
        try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try AtomicFile.write(config.pretty, to: folder + "/config.json")
        try manager.copyItem(atPath: Self.folder + variant.weights, toPath: folder + "/model.safetensors")
        let model: TransformerModel
        do {
            model = try CheckpointFolder.model(in: folder)
        } catch let error as InputError {
            return .refused(error.description)
        }
        // A model whose base grows with the sequence ends where transformers goes on; the others are as long as is asked.
        let all = model.isMasked ? asked.masked : asked.causal
        let fitting = all.indices.filter { all[$0].count <= model.configuration.contextLength }
        guard let expected = variant.expect.logProbabilities else {
            // transformers meets too long a sequence only when it runs it; here the context says so.
            if variant.expect.refusal?.hasPrefix("IndexError") == true, fitting.count < all.count {
                return .refused("a context of \(model.configuration.contextLength)")
            }
            return .wrong("accepted, though " + (variant.expect.refusal ?? "tensors are missing"))
        }
        guard fitting.count == all.count || fitting.count > 1 && variant.name.hasSuffix("-dynamic") else {
            return .wrong("a context of \(model.configuration.contextLength)")
        }
        let close = compare(
            logProbabilities(model, fitting.map { all[$0] }), fitting.flatMap { expected[$0] }, absolute: 1e-4,
            relative: 1e-4)
        guard close.isClose else { return .wrong("\(close)") }
        // Saved with its config.json or with one written anew, the model is the same.
        let packed = PackedSequences(fitting.map { all[$0] })
        let rows = Array(0..<packed.tokenCount)
        let states = model.hiddenStates(at: rows, in: packed)
        for original in [JSON?.none, config] {
            let target = folder + "/saved"
            try CheckpointFolder.save(model, tokenizer: nil, configJSON: original, to: target)
            let again = try CheckpointFolder.model(in: target)
            let name = "\(variant.name), \(original == nil ? "anew" : "kept")"
            #expect(again.hiddenStates(at: rows, in: packed) == states, "\(name)")
            #expect(again.configuration.contextLength == model.configuration.contextLength, "\(name)")
            #expect(again.hasTiedEmbeddings == model.hasTiedEmbeddings, "\(name)")
        }
        return .equal
    }

    /// Of each token at the row before it; of a masked model at its own row, where the mask stands.
    private func logProbabilities(_ model: TransformerModel, _ sequences: [[Int32]]) -> [Float] {
        guard model.isMasked else {
            let packed = PackedSequences(sequences)
            let asked = sequences.indices.flatMap { sequence in
                packed.range(sequence).dropLast().map { Prediction(row: $0, token: packed.tokens[$0 + 1]) }
            }
            return model.logProbabilities(asked, in: packed)
        }
        let masked = sequences.flatMap { tokens in
            tokens.indices.map { place in
                var copy = tokens
                copy[place] = self.asked.mask
                return (copy, place, tokens[place])
            }
        }
        let packed = PackedSequences(masked.map(\.0))
        let asked = masked.enumerated().map { item, masked in
            Prediction(row: packed.starts[item] + masked.1, token: masked.2)
        }
        return model.logProbabilities(asked, in: packed)
    }
}
