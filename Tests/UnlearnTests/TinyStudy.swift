import FileSupport
import Foundation
import LanguageModel
import LinearAlgebra
import TestSupport
import Unlearn

/// A tiny random model with a forget set and neutral text of our own, and what is needed to unlearn on them.
struct TinyStudy {
    let tokenizer = LetterTokenizer()
    let model: TransformerModel
    var forget: ForgetSet
    let neutral: TextPieces
    let watched: TextPieces

    init(harmful: [String] = ["dull", "slow"], vocabularySize: Int? = nil) throws {
        let folder = try temporaryFolder("tiny")
        try AtomicFile.write(
            "text\nsome zebras are dull\nthey are slow and dull\nso dull today\nzebras can be slow\nwhat a slow day\n",
            to: folder + "/forget.csv")
        let configuration = ModelConfiguration(
            .gpt2, vocabularySize: tokenizer.vocabularySize, contextLength: 48, hiddenSize: 16, layerCount: 2,
            headCount: 2)
        model = TransformerModel(configuration: configuration, seed: 7)
        forget = try ForgetSetReader(
            path: folder + "/forget.csv", harmful: .lexicon(WordLexicon(name: "tiny", words: harmful))
        ).read(tokenizer: tokenizer, contextLength: 48)
        func text(_ name: String, _ lines: [String]) -> TextPieces {
            TextPieces(path: name, sha256: "", pieces: lines.map { [0] + LetterTokenizer().encode($0) })
        }
        neutral = text(
            "retain",
            ["the cat sat on the mat", "rain falls in spring", "two and two make four", "boats cross the lake"])
        watched = text("guard", ["a bird sings at dawn", "the road leads north"])
    }

    /// A run of few steps, without guard budgets and all rows in a batch.
    var configuration: UnlearnConfiguration {
        UnlearnConfiguration(
            retainLoss: .none, optimizer: OptimizerConfiguration(learningRate: 1e-3), clipNorm: nil, batch: 5,
            retainBatch: 3, steps: 6, resampleRows: false, budget: GuardBudget(), checkEvery: 2)
    }

    /// An unlearner on a copy of the model, or on a given one.
    func unlearner(
        _ configuration: UnlearnConfiguration, on other: TransformerModel? = nil, states: String? = nil,
        audit: AuditLog? = nil, scores: ((TransformerModel) throws -> [String: Double])? = nil
    ) throws -> (Unlearner, TransformerModel) {
        let copy = other ?? model.copy()
        let unlearner = try Unlearner(
            model: copy, forget: forget, retain: neutral, guardText: watched, configuration: configuration,
            stateFolder: try states ?? temporaryFolder("states"), audit: audit, scores: scores)
        return (unlearner, copy)
    }

    /// Mean log p over the harmful, or the other, tokens of all forget sentences, token by token.
    func meanLogProbability(_ model: TransformerModel, harmful: Bool) -> Double {
        var sum = 0.0
        var count = 0
        for sentence in forget.sentences {
            for position in 1..<sentence.tokens.count
            where sentence.harmfulPositions.contains(position) == harmful {
                let packed = PackedSequences([Array(sentence.tokens.prefix(position))])
                let asked = Prediction(row: position - 1, token: sentence.tokens[position])
                sum += Double(model.logProbabilities([asked], in: packed)[0])
                count += 1
            }
        }
        return sum / Double(count)
    }
}

extension TransformerModel {
    /// The parameters as an array, to compare bits.
    var array: [Float] { Array(values.buffer) }
}
