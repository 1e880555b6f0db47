import LanguageModel
import LinearAlgebra
import TestSupport
import Testing

@Suite("The gradient of the tokens' vectors")
struct InputGradientTests {
    /// A small model of each way in which tokens become what the first block reads.
    enum Kind: String, CaseIterable {
        /// Positions added, scaled, normed, through a layer, and positions and types added and normed.
        case gpt2, gemma3, bloom, narrowOPT, bert

        /// With input and output embedding apart, so that the table's own gradient is that of the input alone.
        var model: TransformerModel {
            let type: ModelType =
                switch self {
                case .gpt2: .gpt2
                case .gemma3: .gemma3
                case .bloom: .bloom
                case .narrowOPT: .opt
                case .bert: .bert
                }
            var sizes = ModelConfiguration(
                type, vocabularySize: 31, contextLength: 24, hiddenSize: 16, layerCount: 2, headCount: 2)
            sizes.tiedHead = false
            if self == .narrowOPT { sizes.embeddingSize = 12 }
            let model = TransformerModel(configuration: sizes, seed: 1)
            var stream = RandomStream(seed: 5)
            for i in 0..<model.values.count { model.values.pointer[i] += Float(0.2 * stream.normal()) }
            return model
        }
    }

    /// Two sequences begin alike, tokens repeat, and what follows the last row that is asked for is not read.
    private let packed = PackedSequences([[3, 9, 4, 4, 12, 7], [3, 9, 8, 30], [6, 6, 21, 14, 2]])
    private let predictions = [
        Prediction(row: 3, token: 11, weight: 0.5), Prediction(row: 4, token: 5, weight: -1),
        Prediction(row: 8, token: 11), Prediction(row: 13, token: 2, weight: 0.25), Prediction(row: 13, token: 9),
    ]

    @Test("sums over the places of a token to the gradient of its row of the table", arguments: Kind.allCases)
    func sumsToTable(kind: Kind) {
        let model = kind.model
        let table = FloatBuffer(count: model.layout.count)
        let losses = model.accumulateGradient(of: [.weightedLogLikelihood(predictions)], in: packed, into: table)
        let (values, gradient) = model.inputGradient(of: [.weightedLogLikelihood(predictions)], in: packed)
        #expect(relativeError(values, losses) < 1e-6)
        let width = model.inputEmbedding.shape[1]
        #expect(gradient.rows == packed.tokenCount && gradient.columns == width)
        var sums = [Double](repeating: 0, count: 31 * width)
        for (place, token) in packed.tokens.enumerated() {
            for i in 0..<width { sums[Int(token) * width + i] += Double(gradient[place, i]) }
        }
        let expected = model.inputEmbedding.range.map { Double(table.pointer[$0]) }
        #expect(relativeError(sums, expected) < 1e-5)
        // A model of the other kind would not do: the rows differ.
        #expect(expected.contains { abs($0) > 1e-3 })
        if kind != .bert { #expect(gradient.row(5).allSatisfy { $0 == 0 }, "nothing looks back from the last token") }
    }

    @Test("is that of each sequence alone, however it begins", arguments: Kind.allCases)
    func apart(kind: Kind) {
        let model = kind.model
        let (_, together) = model.inputGradient(of: [.weightedLogLikelihood(predictions)], in: packed)
        for sequence in 0..<packed.sequenceCount {
            let range = packed.range(sequence)
            let own = predictions.filter { range.contains($0.row) }
                .map { Prediction(row: $0.row - range.lowerBound, token: $0.token, weight: $0.weight) }
            let (_, alone) = model.inputGradient(
                of: [.weightedLogLikelihood(own)], in: PackedSequences([Array(packed.tokens[range])]))
            let part = together.gathering(range).elements
            #expect(relativeError(part.map(Double.init), alone.elements.map(Double.init)) < 1e-5)
        }
    }

    @Test("has finite differences of the loss in the vectors", arguments: Kind.allCases)
    func finiteDifferences(kind: Kind) {
        let model = kind.model
        // Each token once, so that its row of the table is its vector.
        let packed = PackedSequences([[3, 9, 4, 12, 7], [6, 21, 14, 2]])
        let asked = [Prediction(row: 4, token: 11, weight: 0.5), Prediction(row: 7, token: 5, weight: -1)]
        let (_, gradient) = model.inputGradient(of: [.weightedLogLikelihood(asked)], in: packed)
        let (width, moved) = (model.inputEmbedding.shape[1], model.copy())
        var stream = RandomStream(seed: 6)
        var (found, expected): ([Double], [Double]) = ([], [])
        for (place, token) in packed.tokens.enumerated() {
            let direction = (0..<width).map { _ in Float(stream.normal()) }
            func value(_ step: Float) -> Double {
                let (row, from) = (moved.tensor(moved.inputEmbedding), model.tensor(model.inputEmbedding))
                for i in 0..<width { row[Int(token) * width + i] = from[Int(token) * width + i] + step * direction[i] }
                let values = moved.logProbabilities(asked, in: packed)
                return zip(values, asked).reduce(0) { $0 + Double($1.0) * Double($1.1.weight) }
            }
            let step: Float = 2e-3
            expected.append((value(step) - value(-step)) / Double(2 * step))
            _ = value(0)
            found.append((0..<width).reduce(0) { $0 + Double(gradient[place, $1]) * Double(direction[$1]) })
        }
        // OPT's ReLU has kinks, which finite differences step over.
        #expect(relativeError(found, expected) < (kind == .narrowOPT ? 4e-2 : 1e-2))
    }

    @Test("times the vectors is all that a linear model says: its last token's part of the logits")
    func linear() {
        var sizes = ModelConfiguration(
            .opt, vocabularySize: 31, contextLength: 24, hiddenSize: 16, layerCount: 0, headCount: 2)
        (sizes.finalNorm, sizes.tiedHead) = (false, false)
        let model = TransformerModel(configuration: sizes, seed: 3)
        let packed = PackedSequences([[3, 9, 4]])
        // log p(7) − log p(8) is the difference of two logits.
        let asked = [Prediction(row: 2, token: 7), Prediction(row: 2, token: 8, weight: -1)]
        let (_, gradient) = model.inputGradient(of: [.weightedLogLikelihood(asked)], in: packed)
        let head = model.tensor(model.outputEmbedding)
        let vectors = model.inputRows(packed.tokens.map(Int.init))
        let parts = (0..<3).map { place in
            zip(gradient.row(place), vectors.row(place)).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
        let expected = (0..<16).reduce(0.0) {
            $0 + Double(head[7 * 16 + $1] - head[8 * 16 + $1]) * Double(vectors[2, $1])
        }
        #expect(parts[0] == 0 && parts[1] == 0)
        #expect(abs(parts[2] - expected) < 1e-6 + 1e-5 * abs(expected) && abs(expected) > 1e-4)
    }

    @Test("times the vectors adds up, along the way from vectors of 0, to what the loss has become")
    func completeness() {
        let model = Kind.gpt2.model
        let scaled = model.copy()
        let asked = predictions.filter { $0.row < 6 }
        func at(_ scale: Float) -> (loss: Double, product: Double) {
            let (row, from) = (scaled.tensor(scaled.inputEmbedding), model.tensor(model.inputEmbedding))
            for i in row.indices { row[i] = scale * from[i] }
            let (values, gradient) = scaled.inputGradient(of: [.weightedLogLikelihood(asked)], in: packed)
            let vectors = model.inputRows(packed.tokens.map(Int.init)).elements
            return (values[0], zip(gradient.elements, vectors).reduce(0) { $0 + Double($1.0) * Double($1.1) })
        }
        let nodes = 200
        let sum = (0..<nodes).reduce(0) { $0 + at((Float($1) + 0.5) / Float(nodes)).product } / Double(nodes)
        let change = at(1).loss - at(0).loss
        #expect(abs(sum - change) < 1e-3 * abs(change) && abs(change) > 0.1, "\(sum) for \(change)")
    }
}
