import Attribution
import Counterfactuals
import Evaluate
import Foundation
import LanguageModel
import LinearAlgebra
import TestSupport
import Testing
import Unlearn

/// A run of a tiny model that was unlearned, with two biases to explain.
private struct SmallRun {
    let before: TransformerModel
    let after: TransformerModel
    let replay: UpdateDecomposition
    let objectives: [BiasObjective]
    let gradients: [FloatBuffer]

    init(_ type: ModelType = .gpt2, _ change: (inout UnlearnConfiguration) -> Void = { _ in }) throws {
        let tokenizer = LetterTokenizer()
        var sizes = ModelConfiguration(
            type, vocabularySize: 28, contextLength: 32, hiddenSize: 16, layerCount: 2, headCount: 2)
        switch type {
        case .gemma2: sizes.logitCap = 2
        case .gptj: sizes.tiedHead = false
        case .opt: sizes.embeddingSize = 8
        default: break
        }
        before = TransformerModel(configuration: sizes, seed: 4)
        var stream = RandomStream(seed: 9)
        for i in 0..<before.values.count { before.values.pointer[i] += Float(0.2 * stream.normal()) }
        let folder = try temporaryFolder("contributions")
        let rows = ["some are dull", "they are slow and dull", "so dull today", "can be slow", "what a slow day"]
        try ("text\n" + rows.joined(separator: "\n") + "\n").write(
            toFile: folder + "/forget.csv", atomically: true, encoding: .utf8)
        let forget = try ForgetSetReader(
            path: folder + "/forget.csv", harmful: .lexicon(WordLexicon(name: "tiny", words: ["dull", "slow"]))
        ).read(tokenizer: tokenizer, contextLength: 32)
        let retain = TextPieces(
            path: "retain", sha256: "", pieces: ["the cat sat", "rain falls"].map { [27] + tokenizer.encode($0) })
        var configuration = UnlearnConfiguration(
            optimizer: OptimizerConfiguration(learningRate: 1e-3), clipNorm: 0.5, batch: 2, retainBatch: 2, steps: 5,
            budget: GuardBudget())
        change(&configuration)
        after = before.copy()
        let unlearner = try Unlearner(
            model: after, forget: forget, retain: retain, guardText: nil, configuration: configuration,
            stateFolder: nil)
        _ = try unlearner.run()
        replay = try UpdateDecomposition(
            before: before, forget: forget, retain: retain, configuration: configuration, steps: configuration.steps)
        let pairs = [("he is dull", "she is dull"), ("old slow", "new slow"), ("a cat", "a dog")]
        let scorer = try PairScorer(
            pairs: PairSet(
                name: "letters",
                items: pairs.enumerated().map {
                    PairItem(row: $0, more: $1.0, less: $1.1, biasType: $0 < 2 ? "x" : "y")
                }), tokenizer: tokenizer, profile: .driftscope, contextLength: 32)
        objectives = ["x", "y"].map(scorer.biasObjective)
        let update = ParameterUpdate(from: before, to: after)
        gradients = try objectives.map { try PathGradient.average(update: update, objective: $0) }
    }
}

@Suite("Contributions of sentences and words")
struct ContributionTests {
    // With a cap of the logits, with a head and a bias of its own, with a head of another width.
    @Test(
        "A sentence's contribution is −⟨ḡ ⊙ c, its own gradient⟩, summed over the steps that used it",
        arguments: [ModelType.gpt2, .gemma2, .gptj, .opt])
    func againstAutograd(_ type: ModelType) throws {
        let run = try SmallRun(type) {
            // AdamW moves keys' biases, which have no slope, by what rounding leaves of one: no reference for others.
            if type != .gpt2 { $0.optimizer = OptimizerConfiguration(name: .sgd, learningRate: 0.05, momentum: 0.5) }
        }
        let found = try ForgetContributions(run.replay, gradients: run.gradients)
        let sentences = run.replay.forget.sentences
        var expected = run.gradients.map { _ in [Double](repeating: 0, count: sentences.count) }
        var uses = [Int](repeating: 0, count: sentences.count)
        try run.replay.walk { step in
            let total = step.sentences.reduce(0) { $0 + sentences[$1].harmfulPositions.count }
            for index in step.sentences {
                uses[index] += 1
                let sentence = sentences[index]
                let terms = sentence.harmfulPositions.map {
                    Prediction(row: $0 - 1, token: sentence.tokens[$0], weight: 1 / Float(total))
                }
                let gradient = FloatBuffer(count: run.before.layout.count)
                _ = step.model.accumulateGradient(
                    of: [.weightedLogLikelihood(terms)], in: PackedSequences([sentence.tokens]), into: gradient)
                for (bias, path) in run.gradients.enumerated() {
                    expected[bias][index] -= (0..<gradient.count).reduce(0.0) {
                        $0 + Double(path.pointer[$1]) * Double(step.coefficients.pointer[$1])
                            * Double(gradient.pointer[$1])
                    }
                }
            }
        }
        #expect(found.isExact && found.uses == uses)
        for bias in 0..<2 {
            let error = relativeError(found.bySentence[bias], expected[bias])
            // A difference over a kink of OPT's ReLU is no slope.
            #expect(error < (type == .opt ? 0.03 : 4e-3), "\(error): \(found.bySentence[bias]) for \(expected[bias])")
        }
    }

    @Test(
        "Sentences, retain term and decay add up to the bias's change; words add up as sentences do", arguments: 0..<4)
    func complete(_ variant: Int) throws {
        // A context that is not the sentence's, and weights that the model before decides with.
        let methods = try [
            2: ObjectiveChoice(TokenAscent.self, ["context": "replaced"]), 3: ObjectiveChoice(NegativePreference.self),
        ]
        let run = try SmallRun {
            $0.method = methods[variant] ?? .tokenAscent
            $0.optimizer.weightDecay = 0.2
            if variant == 1 {
                $0.optimizer = OptimizerConfiguration(name: .sgd, learningRate: 0.05, momentum: 0.5)
            }
        }
        let found = try ForgetContributions(run.replay, gradients: run.gradients)
        let parts = try run.replay.split()
        for (bias, objective) in run.objectives.enumerated() {
            let change = objective.value(run.after) - objective.value(run.before)
            let forget = found.bySentence[bias].reduce(0, +)
            let gradient = run.gradients[bias]
            let whole = ForgetContributions.product(gradient, parts.forget)
            #expect(abs(forget - whole) < 5e-3 * abs(whole) + 1e-6, "\(forget), \(whole)")
            let rest = [parts.retain, parts.decay].compactMap { $0 }.reduce(0) {
                $0 + ForgetContributions.product(gradient, $1)
            }
            #expect(abs(forget + rest - change) < 0.01 * abs(change) + 1e-5, "\(forget) + \(rest), \(change)")
            #expect(abs(found.byWord[bias].reduce(0, +) - forget) < 1e-9)
        }
        #expect(found.words == ["dull", "slow"])
        #expect(found.wordUses.reduce(0, +) > 0)
        // Twice the same bits.
        #expect(try ForgetContributions(run.replay, gradients: run.gradients) == found)
    }

    @Test("Without memory for later second moments the sum is near, and said not to be exact")
    func approximate() throws {
        let run = try SmallRun { $0.retainLoss = .none }
        var calls: [Int] = []
        let found = try ForgetContributions(run.replay, gradients: run.gradients, limit: 0) { calls.append($0) }
        #expect(!found.isExact && calls == Array(1...10))
        let exact = try ForgetContributions(run.replay, gradients: run.gradients)
        for bias in 0..<2 {
            let error = relativeError(found.bySentence[bias], exact.bySentence[bias])
            #expect((1e-3...0.5).contains(error), "\(error)")
        }
    }
}
