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
        case decoder, windowed, bothWays, longRope, neox, opt, postNormOPT, narrowOPT, gemma2, phi3, olmo2, gptj, bloom
        case bert, roberta

        func model(seed: UInt64) -> TransformerModel { TransformerModel(configuration: sizes, seed: seed) }

        private var sizes: ModelConfiguration {
            func small(_ type: ModelType) -> ModelConfiguration {
                ModelConfiguration(
                    type, vocabularySize: 301, contextLength: 128, hiddenSize: 64, layerCount: 3, headCount: 4)
            }
            switch self {
            case .decoder:
                // Wider than the others: below some megabytes its many sizes of blocks keep the workspace from settling.
                var sizes = ModelConfiguration(
                    .qwen2, vocabularySize: 5001, contextLength: 128, hiddenSize: 128, layerCount: 6, headCount: 2,
                    keyValueHeadCount: 1, innerSize: 341)
                sizes.tiedHead = true
                return sizes
            case .windowed, .bothWays:
                var sizes = ModelConfiguration(
                    .gemma3, vocabularySize: 301, contextLength: 128, hiddenSize: 64, layerCount: 2, headCount: 4,
                    keyValueHeadCount: 2, innerSize: 96)
                sizes.layers[0].window = 7
                sizes.isCausal = self == .windowed
                return sizes
            case .longRope:
                // Sequences of both kinds: up to 40 tokens, and longer ones.
                var sizes = small(.llama)
                let factors = (0..<8).map { 1 + Float($0) / 4 }
                let rope = RotaryFrequencies.LongRoPE(
                    short: factors, long: factors.map { 3 * $0 }, original: 40, amplitude: 1.2)
                let rotary = RotaryFrequencies(base: 100, headSize: 16, scaling: .longRope(rope))
                for i in sizes.layers.indices { sizes.layers[i].rotary = rotary }
                return sizes
            case .narrowOPT:
                var sizes = small(.opt)
                sizes.embeddingSize = 40
                return sizes
            case .neox: return small(.gptNeoX)
            case .opt: return small(.opt)
            case .postNormOPT:
                var sizes = small(.opt)
                sizes.normsAfterSum = true
                return sizes
            case .gemma2:
                var sizes = small(.gemma2)
                sizes.layers[0].window = 7
                return sizes
            case .phi3: return small(.phi3)
            case .olmo2: return small(.olmo2)
            case .gptj: return small(.gptj)
            case .bloom: return small(.bloom)
            case .bert: return small(.bert)
            case .roberta:
                var sizes = small(.roberta)
                sizes.positionOffset = 2
                return sizes
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

    @Test("what sequences begin with alike goes through once and changes nothing", arguments: Kind.allCases)
    func sharedBeginnings(kind: Kind) {
        let model = kind.model(seed: 1)
        var stream = RandomStream(seed: 5)
        func some(_ count: Int) -> [Int32] { (0..<count).map { _ in Int32(3 + stream.index(below: 298)) } }
        // Stems inside stems, equal sequences, and sequences that end where others go on, in no order.
        var all: [[Int32]] = []
        for _ in 0..<8 {
            let stem = some(1 + stream.index(below: 40))
            for _ in 0..<4 {
                let longer = stem + some(stream.index(below: 20))
                all += [longer + some(9), longer, longer + some(1 + stream.index(below: 30)), stem]
            }
        }
        all = stream.shuffled(all)
        let packed = PackedSequences(all)
        let rows = Array(stride(from: 0, to: packed.tokenCount, by: 2)) + [0, 0]
        let asked = rows.map { Prediction(row: $0, token: packed.tokens[($0 + 1) % packed.tokenCount]) }
        let logs = model.logProbabilities(asked, in: packed)
        let hidden = model.hiddenStates(at: rows, in: packed)
        let streams = model.residualStates(at: rows, in: packed)
        let kept = model.klDivergence(from: kind.model(seed: 2).keepPredictions(at: rows, in: packed))
        let between = model.klDivergence(from: kind.model(seed: 2), rows: rows, in: packed)
        for sequence in 0..<packed.sequenceCount {
            let range = packed.range(sequence)
            let one = PackedSequences([all[sequence]])
            let places = rows.indices.filter { range.contains(rows[$0]) }
            let own = places.map { rows[$0] - range.lowerBound }
            func expect(_ ours: [Float], _ alone: [Float], _ name: String) {
                let close = compare(ours, alone, absolute: 1e-5, relative: 1e-5)
                #expect(close.isClose, "\(name) of sequence \(sequence): \(close)")
            }
            expect(
                places.map { logs[$0] },
                model.logProbabilities(
                    zip(own, places).map { Prediction(row: $0, token: asked[$1].token) }, in: one), "log p")
            for (layer, states) in model.hiddenStates(at: own, in: one).enumerated() {
                expect(places.flatMap { hidden[layer].row($0) }, states.elements, "hidden states \(layer)")
            }
            for (site, states) in model.residualStates(at: own, in: one) {
                expect(places.flatMap { streams[site]?.row($0) ?? [] }, states.elements, "\(site)")
            }
            let alone = model.klDivergence(from: kind.model(seed: 2), rows: own, in: one)
            expect(places.map { kept[$0] }, alone, "KL from kept predictions")
            expect(places.map { between[$0] }, alone, "KL")
        }
    }

    @Test(
        "activation checkpointing gives the same bits in less memory, of some tensors as of all",
        arguments: Kind.allCases)
    func checkpointing(kind: Kind) throws {
        let packed = sequences(12)
        let asked = predictions(packed)
        let rows = Array(stride(from: 0, to: packed.tokenCount, by: 5))
        for words in [["all"], ["attention", "layers 1-1"], ["embeddings"]] {
            func run(_ checkpoints: Bool) throws -> (values: [Double], gradient: [UInt32], bytes: Int) {
                let model = kind.model(seed: 1)
                model.checkpointsActivations = checkpoints
                let trained = model.copy()
                let gradient = FloatBuffer(count: model.layout.count)
                let values = trained.accumulateGradient(
                    of: [
                        .weightedLogLikelihood(asked),
                        .klDivergence(from: kind.model(seed: 2), rows: rows, weight: 0.5),
                    ], in: packed, into: gradient, trainable: try ParameterSelection(parsing: words))
                return (values, gradient.buffer.map(\.bitPattern), trained.workspace.heldBytes)
            }
            let (plain, checkpointed) = (try run(false), try run(true))
            #expect(checkpointed.values == plain.values)
            #expect(checkpointed.gradient == plain.gradient, "\(words)")
            if words == ["all"] { #expect(checkpointed.bytes < plain.bytes, "\(checkpointed.bytes) of \(plain.bytes)") }
        }
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
