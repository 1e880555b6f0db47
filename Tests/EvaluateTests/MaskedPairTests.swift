import Evaluate
import FileSupport
import Foundation
import LanguageModel
import LinearAlgebra
import TestSupport
import Testing

@Suite("Scoring pairs with a model that fills in masked tokens")
struct MaskedPairTests {
    private static let words =
        ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
        + "the a cat dog sat on mat in".split(separator: " ").map(String.init)

    private static func tokenizer() throws -> WordPiece {
        let path = try temporaryFolder("masked") + "/vocab.txt"
        try AtomicFile.write(words.joined(separator: "\n") + "\n", to: path)
        return try WordPiece(vocabularyFile: path, lowercases: true)
    }

    private static func model(_ family: ModelType) -> TransformerModel {
        var sizes = ModelConfiguration(
            family, vocabularySize: words.count, contextLength: 16, hiddenSize: 16, layerCount: 2, headCount: 2)
        if family == .roberta { sizes.positionOffset = 1 }
        let model = TransformerModel(configuration: sizes, seed: 3)
        var stream = RandomStream(seed: 4)
        for i in 0..<model.values.count { model.values.pointer[i] += Float(0.3 * stream.normal()) }
        return model
    }

    private static let pairs = PairSet(
        name: "words",
        items: [
            ("the cat sat on the mat", "the dog sat on the mat", "x"), ("a cat", "the cat sat in the mat", "x"),
            ("dog", "cat", "y"), ("a dog sat", "a dog sat", "y"), ("the cat sat on the mat", "the cat sat", "y"),
        ].enumerated().map { row, pair in PairItem(row: row, more: pair.0, less: pair.1, biasType: pair.2) })

    /// Each token masked by itself, a call a token.
    private func naive(_ sentence: String, _ tokenizer: WordPiece, _ model: TransformerModel) -> [Double] {
        let ids = tokenizer.encode(sentence)
        return ids.indices.map { place in
            let input = [2] + ids.enumerated().map { $0 == place ? 4 : $1 } + [3]
            return Double(
                model.logProbabilities(
                    [Prediction(row: place + 1, token: ids[place])], in: PackedSequences([input]))[0])
        }
    }

    @Test(
        "a sentence's score is the mean over its tokens, each given all others",
        arguments: [ModelType.bert, .roberta])
    func means(family: ModelType) throws {
        let (tokenizer, model) = (try Self.tokenizer(), Self.model(family))
        let scorer = try PairScorer(
            pairs: Self.pairs, tokenizer: tokenizer, profile: .pseudoLogLikelihood, contextLength: 16)
        let table = scorer.score(model, perToken: true)
        #expect(table.scores.count == Self.pairs.items.count)
        for (score, pair) in zip(table.scores, Self.pairs.items) {
            for (tokens, mean, sentence) in [
                (score.sentences.first?.logs, score.moreScore, pair.more),
                (score.sentences.last?.logs, score.lessScore, pair.less),
            ] {
                let expected = naive(sentence, tokenizer, model)
                let close = compare((tokens ?? []).map(Double.init), expected, absolute: 1e-5, relative: 1e-5)
                #expect(close.isClose, "\(sentence): \(close)")
                #expect(abs(mean - expected.reduce(0, +) / Double(expected.count)) < 1e-5)
            }
        }
        #expect(table.scores[3].isTie)
    }

    @Test("the words that both sentences have, and the word in which they differ, are told apart")
    func parts() throws {
        let (tokenizer, model) = (try Self.tokenizer(), Self.model(.bert))
        let scorer = try PairScorer(
            pairs: Self.pairs, tokenizer: tokenizer, profile: .pseudoLogLikelihood, contextLength: 16)
        let score = scorer.score(model).scores[0]
        let (more, less) = (
            naive(Self.pairs.items[0].more, tokenizer, model), naive(Self.pairs.items[0].less, tokenizer, model)
        )
        #expect(abs((score.gapChanged ?? .nan) - (more[1] - less[1])) < 1e-5)
        let shared = [0, 2, 3, 4, 5]
        let expected = shared.map { more[$0] - less[$0] }.reduce(0, +) / 5
        #expect(abs((score.gapShared ?? .nan) - expected) < 1e-5)
        #expect(abs(expected) > 1e-3)
    }

    @Test("the bias has a gradient: that of central differences")
    func gradient() throws {
        let (tokenizer, model) = (try Self.tokenizer(), Self.model(.bert))
        let objective = try PairScorer(
            pairs: Self.pairs, tokenizer: tokenizer, profile: .pseudoLogLikelihood, contextLength: 16
        ).biasObjective("x")
        let gradient = objective.gradient(model)
        let (slope, product) = slopes(of: { objective.value($0) }, gradient, at: model, seed: 9)
        #expect(abs(slope - product) < 1e-3 * max(1, abs(product)), "\(slope), \(product)")
    }

    @Test("long sentences are skipped, frame and all, and a tokenizer without a mask token is refused")
    func limits() throws {
        let tokenizer = try Self.tokenizer()
        let scorer = try PairScorer(
            pairs: Self.pairs, tokenizer: tokenizer, profile: .pseudoLogLikelihood, contextLength: 7)
        #expect(scorer.skipped.map(\.row) == [0, 1, 4])
        #expect(scorer.skipped.first?.reason == "more tokens than the model takes (7)")
        let error = #expect(throws: InputError.self) {
            try PairScorer(
                pairs: Self.pairs, tokenizer: LetterTokenizer(), profile: .pseudoLogLikelihood, contextLength: 16)
        }
        #expect(error?.description.contains("needs a mask token") == true)
    }
}
