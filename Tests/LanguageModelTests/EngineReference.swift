import Foundation
import LanguageModel
import LinearAlgebra
import TestSupport
import Testing

/// The stored PyTorch reference of a tiny GPT-2; `make_reference.py` beside it tells what it holds.
struct EngineReference {
    struct Description: Decodable {
        struct Sizes: Decodable {
            let vocabularySize, contextLength, hiddenSize, layerCount, headCount, innerSize: Int
            let normEpsilon: Float
        }
        struct Asked: Decodable {
            let row: Int
            let token: Int32
            let weight: Float
        }
        struct Tensor: Decodable {
            let name: String
            let shape: [Int]
            let offset: Int
        }
        let configuration: Sizes
        let sequences: [[Int32]]
        let predictions: [Asked]
        let klRows: [Int]
        let klWeight: Float
        let clip: Double
        let tensors: [Tensor]
    }

    let description: Description
    private let floats: [Float]

    init() throws {
        let folder = try #require(
            Bundle.module.url(forResource: "gpt2-parity", withExtension: nil, subdirectory: "Fixtures"))
        description = try JSONDecoder().decode(
            Description.self, from: Data(contentsOf: folder.appendingPathComponent("reference.json")))
        let data = try Data(contentsOf: folder.appendingPathComponent("reference.bin"))
        floats = data.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count, by: 4).map {
                Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self)))
            }
        }
    }

    /// The elements of a stored tensor.
    func tensor(_ name: String) throws -> [Float] {
        let found = try #require(description.tensors.first { $0.name == name }, "no tensor \(name)")
        return Array(floats[found.offset..<found.offset + found.shape.reduce(1, *)])
    }

    var hasTensor: Set<String> { Set(description.tensors.map(\.name)) }

    var packed: PackedSequences { PackedSequences(description.sequences) }

    var configuration: ModelConfiguration {
        let c = description.configuration
        var sizes = ModelConfiguration(
            .gpt2, vocabularySize: c.vocabularySize, contextLength: c.contextLength, hiddenSize: c.hiddenSize,
            layerCount: c.layerCount, headCount: c.headCount, innerSize: c.innerSize)
        sizes.normEpsilon = c.normEpsilon
        return sizes
    }

    /// The model under test, or the reference of the KL term, which differs from it in the first block.
    func model(_ which: String) throws -> TransformerModel {
        let model = TransformerModel(zeroed: configuration)
        let names = hasTensor
        for parameter in model.layout.tensors {
            let own = "\(which)/\(parameter.name)"
            let values = try tensor(names.contains(own) ? own : "model/\(parameter.name)")
            _ = model.tensor(parameter).update(fromContentsOf: values)
        }
        return model
    }

    /// Token ascent and KL retain, as in the script.
    func terms(_ reference: TransformerModel) -> [LossTerm] {
        [
            .weightedLogLikelihood(
                description.predictions.map { Prediction(row: $0.row, token: $0.token, weight: $0.weight) }),
            .klDivergence(from: reference, rows: description.klRows, weight: description.klWeight),
        ]
    }
}

/// Checks ‖a − b‖ ≤ max(1e-4 ‖b‖, floor).
func expectParity(_ actual: [Float], _ expected: [Float], floor: Double, _ name: String) {
    let error = relativeError(actual, expected, floor: floor / 1e-4)
    #expect(error <= 1e-4, "\(name): relative error \(error), floor \(floor)")
}
