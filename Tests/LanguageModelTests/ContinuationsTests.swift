import Foundation
import LanguageModel
import LinearAlgebra
import Testing

@Suite("Continuations of texts") struct ContinuationsTests {
    private static func model(seed: UInt64) -> TransformerModel {
        let model = TransformerModel(
            configuration: ModelConfiguration(
                .gpt2, vocabularySize: 11, contextLength: 12, hiddenSize: 16, layerCount: 2, headCount: 2), seed: seed)
        var stream = RandomStream(seed: seed + 1)
        for i in 0..<model.values.count { model.values.pointer[i] += Float(0.4 * stream.normal()) }
        return model
    }

    /// The probability of every token after a text, a call a token.
    private static func probabilities(_ model: TransformerModel, _ text: [Int32]) -> [Double] {
        (0..<11).map { token in
            Double(
                exp(
                    model.logProbabilities(
                        [Prediction(row: text.count - 1, token: Int32(token))], in: PackedSequences([text]))[0]))
        }
    }

    @Test("at temperature 0 each token is the most probable one, up to the end of the context")
    func greedy() throws {
        let model = Self.model(seed: 1)
        var settings = SamplingSettings()
        settings.temperature = 0
        let texts: [[Int32]] = [[1, 2, 3], [4], [5, 6, 7, 8, 9, 10, 1, 2, 3, 4, 5, 6]]
        let found = try model.continuations(of: texts, settings, isEnd: { _ in false })
        #expect(found.map(\.count) == [9, 11, 0])
        for (text, continuation) in zip(texts, found) {
            for place in continuation.indices {
                let probabilities = Self.probabilities(model, text + continuation[..<place])
                #expect(probabilities[Int(continuation[place])] == probabilities.max())
            }
        }
    }

    @Test("tokens are drawn with the model's probabilities, at any temperature, or from the nucleus alone")
    func drawn() throws {
        let model = Self.model(seed: 2)
        let exact = Self.probabilities(model, [3, 1])
        let count = 20_000
        for (temperature, topP) in [(1.0, 1.0), (0.7, 1.0), (1.0, 0.6)] {
            var settings = SamplingSettings()
            (settings.maximumTokens, settings.temperature, settings.topP) = (1, temperature, topP)
            let found = try model.continuations(
                of: Array(repeating: [3, 1], count: count), settings, isEnd: { _ in false })
            var wanted = exact.map { pow($0, 1 / temperature) }
            let order = wanted.indices.sorted { wanted[$0] > wanted[$1] }
            let whole = wanted.reduce(0, +)
            var mass = 0.0
            for token in order {
                if mass >= topP * whole { wanted[token] = 0 }
                mass += wanted[token]
            }
            let total = wanted.reduce(0, +)
            for token in 0..<11 {
                let share = wanted[token] / total
                let seen = Double(found.count { $0 == [Int32(token)] }) / Double(count)
                let deviation = (share * (1 - share) / Double(count)).squareRoot()
                #expect(abs(seen - share) <= 5 * deviation, "\(token) at \(temperature), \(topP): \(seen), \(share)")
            }
        }
    }

    @Test("the seed alone decides, models share its draws, and a text ends before an end token")
    func seeds() throws {
        let (first, second) = (Self.model(seed: 3), Self.model(seed: 3))
        let texts = Array(repeating: [Int32(1)], count: 30)
        var settings = SamplingSettings()
        let found = try first.continuations(of: texts, settings, isEnd: { _ in false })
        #expect(try second.continuations(of: texts, settings, isEnd: { _ in false }) == found)
        #expect(Set(found).count > 20)
        // Whatever is asked beside it, a text goes on as it does.
        #expect(
            try first.continuations(of: Array(texts.prefix(2)), settings, isEnd: { _ in false })
                == Array(found.prefix(2)))
        settings.seed = 2
        #expect(try first.continuations(of: texts, settings, isEnd: { _ in false }) != found)
        settings.seed = 1
        let ended = try first.continuations(of: texts, settings, isEnd: { $0 == 4 })
        for (whole, part) in zip(found, ended) { #expect(part == Array(whole.prefix { $0 != 4 })) }
    }
}
