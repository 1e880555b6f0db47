import Foundation
import LanguageModel
import LinearAlgebra

/// Models of the letters whose probabilities are known, or at least sharp enough that a wrong context shows.
enum TinyModels {
    static let sizes = ModelConfiguration(
        .gpt2, vocabularySize: 28, contextLength: 24, hiddenSize: 8, layerCount: 2, headCount: 2)

    /// All parameters zero: every token has probability 1/V everywhere.
    static func uniform() -> TransformerModel { TransformerModel(zeroed: sizes) }

    /// Every letter has the same probability everywhere: that of `logits` after softmax.
    static func unigram(_ logits: [Float]) throws -> TransformerModel {
        let model = TransformerModel(zeroed: sizes)
        // The final norm, with gain zero, gives its bias whatever comes in: the head reads the embedding's column 0.
        guard let bias = model.layout["transformer.ln_f.bias"], let table = model.layout["transformer.wte.weight"]
        else { return model }
        model.tensor(bias)[0] = 1
        for token in logits.indices { model.tensor(table)[token * sizes.hiddenSize] = logits[token] }
        return model
    }

    /// Random weights, larger than at initialisation, so that every token of the context matters.
    static func random(seed: UInt64 = 5) -> TransformerModel {
        let model = TransformerModel(configuration: sizes, seed: seed)
        var stream = RandomStream(seed: seed, label: "random")
        for i in 0..<model.values.count { model.values.pointer[i] += Float(0.4 * stream.normal()) }
        return model
    }
}

/// An independent scorer: one token, one sequence, one call at a time.
struct NaiveScorer {
    let model: TransformerModel
    var begin: Int32 = 27
    /// Looks one token less far than it should, to show that the tests would notice.
    var isOffByOne = false

    /// log p(token | context).
    func log(_ token: Int32, _ context: [Int32]) -> Double {
        let row = context.count - 1
        return Double(model.logProbabilities([Prediction(row: row, token: token)], in: PackedSequences([context]))[0])
    }

    /// log p of every token of a sentence.
    func tokens(_ sentence: [Int32], beginsInContext: Bool) -> [Double] {
        sentence.indices.map { i in
            var context = Array(sentence[..<i])
            if isOffByOne, i > 0 { context.removeLast() }
            if beginsInContext || context.isEmpty { context.insert(begin, at: 0) }
            return log(sentence[i], context)
        }
    }
}

/// The slope of a function of the model along a random direction, by central differences and by its gradient.
func slopes(
    of value: (TransformerModel) -> Double, _ gradient: FloatBuffer, at model: TransformerModel, seed: UInt64,
    step: Float = 1e-3
) -> (differences: Double, gradient: Double) {
    var stream = RandomStream(seed: seed)
    let direction = (0..<model.values.count).map { _ in Float(stream.normal()) }
    let moved = model.copy()
    func along(_ step: Float) -> Double {
        for i in direction.indices { moved.values.pointer[i] = model.values.pointer[i] + step * direction[i] }
        return value(moved)
    }
    return (
        (along(step) - along(-step)) / (2 * Double(step)),
        direction.indices.reduce(0.0) { $0 + Double(direction[$1]) * Double(gradient.pointer[$1]) }
    )
}
