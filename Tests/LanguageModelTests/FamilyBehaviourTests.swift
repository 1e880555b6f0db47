import Foundation
import LanguageModel
import LinearAlgebra
import TestSupport
import Testing

/// What callers rely on in every family besides the numbers of one small batch.
@Suite("Every family keeps the engine's promises")
struct FamilyBehaviourTests {
    /// A small model of each family, wider than the fixtures.
    enum Kind: String, CaseIterable {
        case decoder, neox, opt, postNormOPT, bert, roberta

        func model(seed: UInt64) -> CausalModel {
            switch self {
            case .decoder:
                // Wider than the others: below some megabytes its many sizes of blocks keep the workspace from settling.
                let rotary = RotaryFrequencies(base: 1e4, headSize: 64)
                return CausalModel(
                    configuration: DecoderConfiguration(
                        family: .qwen2, vocabularySize: 5001, contextLength: 128, hiddenSize: 128, headCount: 2,
                        keyValueHeadCount: 1, headSize: 64, innerSize: 341, normEpsilon: 1e-6, tiedHead: true,
                        activation: .silu, layers: .init(repeating: .init(rotary: rotary), count: 6)), seed: seed)
            case .neox:
                return CausalModel(
                    configuration: GPTNeoXConfiguration(
                        vocabularySize: 301, contextLength: 128, hiddenSize: 64, layerCount: 3, headCount: 4),
                    seed: seed)
            case .opt, .postNormOPT:
                return CausalModel(
                    configuration: OPTConfiguration(
                        vocabularySize: 301, contextLength: 128, hiddenSize: 64, layerCount: 3, headCount: 4,
                        normsBefore: self == .opt), seed: seed)
            case .bert, .roberta:
                return CausalModel(
                    configuration: BERTConfiguration(
                        family: self == .bert ? .bert : .roberta, vocabularySize: 301, contextLength: 128,
                        hiddenSize: 64, layerCount: 3, headCount: 4, positionOffset: self == .bert ? 0 : 2), seed: seed)
            }
        }
    }

    private func sequences(_ count: Int, seed: UInt64 = 4) -> PackedSequences {
        var stream = RandomStream(seed: seed)
        return PackedSequences(
            (0..<count).map { _ in
                (0..<1 + stream.index(below: 100)).map { _ in Int32(3 + stream.index(below: 298)) }
            })
    }

    private func predictions(_ packed: PackedSequences) -> [Prediction] {
        stride(from: 0, to: packed.tokenCount, by: 3).map {
            Prediction(row: $0, token: packed.tokens[($0 + 1) % packed.tokenCount], weight: 0.01)
        }
    }

    @Test("fresh parameters predict about evenly and depend on the seed alone", arguments: Kind.allCases)
    func initialisation(kind: Kind) {
        let (model, same, other) = (kind.model(seed: 1), kind.model(seed: 1), kind.model(seed: 2))
        #expect(Array(model.values.buffer) == Array(same.values.buffer))
        #expect(Array(model.values.buffer) != Array(other.values.buffer))
        let packed = sequences(5)
        let logs = model.logProbabilities(predictions(packed), in: packed)
        let mean = logs.reduce(0, +) / Float(logs.count)
        #expect(abs(mean + log(Float(model.configuration.vocabularySize))) < 0.2, "\(mean)")
    }

    @Test("scores and gradients of many sequences are those of each alone", arguments: Kind.allCases)
    func batches(kind: Kind) {
        let model = kind.model(seed: 1)
        let packed = sequences(50)
        #expect(packed.tokenCount > 2048)
        let asked = predictions(packed)
        let together = model.logProbabilities(asked, in: packed)
        let (whole, parts) = (FloatBuffer(count: model.layout.count), FloatBuffer(count: model.layout.count))
        _ = model.accumulateGradient(of: [.weightedLogLikelihood(asked)], in: packed, into: whole)
        var alone: [Float] = []
        for sequence in 0..<packed.sequenceCount {
            let range = packed.range(sequence)
            let one = PackedSequences([Array(packed.tokens[range])])
            let some = asked.filter { range.contains($0.row) }.map {
                Prediction(row: $0.row - range.lowerBound, token: $0.token, weight: $0.weight)
            }
            alone += model.logProbabilities(some, in: one)
            _ = model.accumulateGradient(of: [.weightedLogLikelihood(some)], in: one, into: parts)
        }
        let close = compare(together, alone, absolute: 1e-5, relative: 1e-5)
        #expect(close.isClose, "\(close)")
        #expect(relativeError(Array(whole.buffer), Array(parts.buffer)) < 1e-5)
    }

    @Test("the same steps give the same bits, and ask for no new memory", arguments: Kind.allCases)
    func repeatable(kind: Kind) {
        let packed = sequences(9)
        let asked = predictions(packed)
        func run() -> [UInt32] {
            let model = kind.model(seed: 1)
            let optimizer = Optimizer(OptimizerConfiguration(weightDecay: 0.01), layout: model.layout)
            let gradient = FloatBuffer(count: model.layout.count)
            var allocations: [Int] = []
            for _ in 0..<5 {
                gradient.buffer.update(repeating: 0)
                _ = model.accumulateGradient(of: [.weightedLogLikelihood(asked)], in: packed, into: gradient)
                optimizer.step(values: model.values, gradient: gradient, learningRate: 1e-3, clipNorm: 1)
                allocations.append(model.workspace.allocations)
            }
            #expect(allocations[4] == allocations[2] && allocations[0] > 0, "\(allocations)")
            return model.values.buffer.map(\.bitPattern)
        }
        #expect(run() == run())
    }
}
