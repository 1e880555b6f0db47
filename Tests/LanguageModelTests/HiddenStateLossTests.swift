import LanguageModel
import LinearAlgebra
import TestSupport
import Testing

@Suite("A loss of hidden states")
struct HiddenStateLossTests {
    enum Kind: String, CaseIterable {
        case gpt2, decoder, neox, opt, bert

        var model: TransformerModel {
            switch self {
            case .gpt2:
                TransformerModel(
                    configuration: ModelConfiguration(
                        .gpt2, vocabularySize: 31, contextLength: 24, hiddenSize: 16, layerCount: 2, headCount: 2),
                    seed: 1)
            case .decoder:
                TransformerModel(
                    configuration: ModelConfiguration(
                        .qwen2, vocabularySize: 31, contextLength: 24, hiddenSize: 16, layerCount: 2, headCount: 2,
                        keyValueHeadCount: 1, innerSize: 20), seed: 1)
            case .neox:
                TransformerModel(
                    configuration: ModelConfiguration(
                        .gptNeoX, vocabularySize: 31, contextLength: 24, hiddenSize: 16, layerCount: 2, headCount: 2),
                    seed: 1)
            case .opt:
                TransformerModel(
                    configuration: ModelConfiguration(
                        .opt, vocabularySize: 31, contextLength: 24, hiddenSize: 16, layerCount: 2, headCount: 2),
                    seed: 1)
            case .bert:
                TransformerModel(
                    configuration: ModelConfiguration(
                        .bert, vocabularySize: 31, contextLength: 24, hiddenSize: 16, layerCount: 2, headCount: 2),
                    seed: 1)
            }
        }
    }

    private let packed = PackedSequences([[3, 9, 4, 4, 12, 7], [5, 30, 8], [6, 6, 21, 14, 2]])
    /// One row twice, and sequences that end before their last token.
    private let rows = [1, 4, 4, 7, 10]

    /// Σ k/2 ‖h_k‖² + c · h_k over the rows, which are told apart by k.
    private func loss(_ items: [Int], _ states: Matrix<Float>) -> (Double, Matrix<Float>) {
        var (value, gradient) = (0.0, states)
        for (place, item) in items.enumerated() {
            for i in 0..<states.columns {
                let (h, weight, pull) = (states[place, i], Float(item + 1), Float(i % 3) - 1)
                value += Double(weight * h * h / 2 + pull * h)
                gradient[place, i] = weight * h + pull
            }
        }
        return (value, gradient)
    }

    @Test("has its own finite differences as gradient, in every family, beside other terms", arguments: Kind.allCases)
    func finiteDifferences(kind: Kind) {
        let model = kind.model
        var stream = RandomStream(seed: 5)
        for i in 0..<model.values.count { model.values.pointer[i] += Float(0.2 * stream.normal()) }
        let predictions = [2, 8, 12].map { Prediction(row: $0, token: 11, weight: 0.5) }
        for layer in 0...2 {
            func terms() -> [LossTerm] {
                [.hiddenStates(layer: layer, rows: rows, loss: loss), .weightedLogLikelihood(predictions)]
            }
            let gradient = FloatBuffer(count: model.layout.count)
            let values = model.accumulateGradient(of: terms(), in: packed, into: gradient)
            // By another way to the same states.
            let states = model.residualStates(at: rows, in: packed)[.stream(layer)]
            if let states {
                let expected = loss(Array(rows.indices), states).0
                #expect(abs(values[0] - expected) < 1e-4 * max(1, abs(expected)))
            } else {
                Issue.record("no states")
            }

            let moved = model.copy()
            let unused = FloatBuffer(count: model.layout.count)
            func value(_ direction: [Float], _ step: Float) -> Double {
                for i in direction.indices { moved.values.pointer[i] = model.values.pointer[i] + step * direction[i] }
                return moved.accumulateGradient(of: terms(), in: packed, into: unused).reduce(0, +)
            }
            var (found, expected): ([Double], [Double]) = ([], [])
            for tensor in model.layout.tensors {
                var direction = [Float](repeating: 0, count: model.layout.count)
                for i in tensor.range { direction[i] = Float(stream.normal()) }
                let step: Float = 2e-3
                expected.append((value(direction, step) - value(direction, -step)) / Double(2 * step))
                found.append(tensor.range.reduce(0) { $0 + Double(gradient.pointer[$1]) * Double(direction[$1]) })
            }
            // OPT's ReLU has kinks, which finite differences step over.
            #expect(relativeError(found, expected) < (kind == .opt ? 4e-2 : 1e-2), "layer \(layer)")

            let checkpointed = model.copy()
            checkpointed.checkpointsActivations = true
            let again = FloatBuffer(count: model.layout.count)
            #expect(checkpointed.accumulateGradient(of: terms(), in: packed, into: again) == values)
            // The gradient of the loss is added at another moment, so bits may differ.
            #expect(relativeError(Array(again.buffer), Array(gradient.buffer)) < 1e-6, "layer \(layer)")
        }
    }
}
