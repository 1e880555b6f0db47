import Attribution
import Counterfactuals
import Evaluate
import Foundation
import LanguageModel
import LinearAlgebra
import TestSupport
import Testing
import Unlearn

/// A small random model that has unlearned a few words, with what is needed to do so again.
private struct RetrainingBench {
    let before: TransformerModel
    let forget: ForgetSet
    let retain: TextPieces
    let scorer: PairScorer
    let text: PerplexityText
    let configuration: UnlearnConfiguration

    init(rate: Double = 2e-3, optimizer: OptimizerConfiguration.Name = .adamw, steps: Int = 6) throws {
        let bench = try Bench()
        before = bench.update.before
        scorer = bench.scorer
        text = bench.text
        forget = ForgetSet(
            texts: ["so dull", "they are slow", "a dull day", "slow as ever", "dull and slow"],
            words: ["dull", "slow"], name: "tiny", tokenizer: LetterTokenizer(), contextLength: 24)
        let tokenizer = LetterTokenizer()
        retain = TextPieces(
            path: "memory", sha256: "",
            pieces: ["the cat sat", "rain in spring", "two and two"].map { [27] + tokenizer.encode($0) })
        configuration = UnlearnConfiguration(
            retainLoss: .kl, optimizer: OptimizerConfiguration(name: optimizer, learningRate: rate), clipNorm: nil,
            batch: 2, retainBatch: 2, steps: steps, seed: 3, budget: GuardBudget(), checkEvery: 2)
    }

    func unlearned(_ configuration: UnlearnConfiguration) throws -> TransformerModel {
        let model = before.copy()
        _ = try Unlearner(
            model: model, forget: forget, retain: retain, guardText: nil, configuration: configuration,
            stateFolder: nil
        ).run()
        return model
    }

    func retraining(after: TransformerModel) -> Retrainer {
        Retrainer(
            ParameterUpdate(from: before, to: after), retain: retain, guardText: nil,
            scorers: [scorer], probe: DivergenceProbe(text), perplexity: text)
    }
}

@Suite("Retrainings")
struct RetrainingTests {
    @Test("the run's own configuration gives the run's model again, and another seed does not")
    func again() throws {
        let bench = try RetrainingBench()
        let after = try bench.unlearned(bench.configuration)
        let retraining = bench.retraining(after: after)
        var steps: [Int] = []
        let same = try retraining.run(
            "again", forget: bench.forget, configuration: bench.configuration, klTolerance: 0.02
        ) { steps.append($0) }
        let row = try #require(same.rows.first)
        let table = bench.scorer.score(after)
        #expect(steps == Array(0...6) && same.alpha == 1 && same.unlearning.keptStep == 6)
        #expect(row.kind == .rerun && row.component == "again" && row.seed == 3)
        #expect(row.gaps["x"] == table.gaps(in: "x"))
        #expect(row.kl == retraining.targetKL && (row.kl ?? 0) > 0 && row.norm == 1)
        #expect(row.perplexity == bench.text.measure(after).value)
        var other = bench.configuration
        other.seed = 4
        let different = try retraining.run("seed-4", forget: bench.forget, configuration: other)
        #expect(different.rows[0].gaps["x"] != row.gaps["x"])
    }

    @Test("one that diverges too far is scaled to the run's KL")
    func scaled() throws {
        let bench = try RetrainingBench()
        let retraining = bench.retraining(after: try bench.unlearned(bench.configuration))
        var strong = bench.configuration
        strong.optimizer.learningRate = 6e-3
        let free = try retraining.run("strong", forget: bench.forget, configuration: strong)
        #expect(free.alpha == 1 && (free.rows[0].kl ?? 0) > 1.5 * retraining.targetKL)
        let held = try retraining.run(
            "strong", forget: bench.forget, configuration: strong, klTolerance: 0.02)
        #expect(held.alpha < 0.9 && abs((held.rows[0].kl ?? 0) / retraining.targetKL - 1) <= 0.02)
    }

    @Test("the rate found for plain descent ends near the run's KL")
    func descent() throws {
        let bench = try RetrainingBench()
        let retraining = bench.retraining(after: try bench.unlearned(bench.configuration))
        var plain = bench.configuration
        plain.optimizer.name = .sgd
        plain.optimizer.learningRate = try #require(try retraining.descentRate(bench.forget, plain))
        let outcome = try retraining.run("sgd", forget: bench.forget, configuration: plain)
        // Batches differ and gradients grow on the way; what is left is scaled away.
        #expect((0.1...10).contains((outcome.rows[0].kl ?? 0) / retraining.targetKL), "\(outcome.rows[0])")
    }
}

@Suite("Forecast of an update")
struct UpdateForecastTests {
    @Test("for one plain step it is the central difference along that step", arguments: ["x", "y"])
    func finiteDifference(domain: String) throws {
        let bench = try RetrainingBench(rate: 0.002, optimizer: .sgd, steps: 1)
        let after = try bench.unlearned(bench.configuration)
        let forecast = try UpdateForecast(
            model: bench.before, forget: bench.forget, retain: bench.retain, configuration: bench.configuration)
        let found = try #require(
            try forecast.domains([domain], of: bench.scorer, scores: bench.scorer.score(bench.before)).first)
        let update = ParameterUpdate(from: bench.before, to: after)
        let scratch = bench.before.copy()
        func bias(_ alpha: Double) -> Double {
            update.apply(alpha, to: scratch)
            return bench.scorer.score(scratch).bias(domain)
        }
        let wanted = (bias(1) - bias(-1)) / 2
        #expect(abs(wanted) > 1e-4)
        #expect(abs(found.predicted / wanted - 1) < 0.02, "\(found.predicted) for \(wanted)")
        #expect(found.items == 2 && abs(found.bias - bias(0)) < 1e-6)
        // One step of plain descent is plain descent.
        #expect(abs(found.cosine - (found.plainCosine ?? .nan)) < 1e-4)
        #expect(found.cosine.sign == found.predicted.sign)
    }

    @Test("with AdamW and small steps it is what happens; it sees the batches of the run itself")
    func adam() throws {
        let bench = try RetrainingBench(rate: 1e-4, steps: 6)
        var configuration = bench.configuration
        configuration.retainLoss = .none
        let after = try bench.unlearned(configuration)
        let forecast = try UpdateForecast(
            model: bench.before, forget: bench.forget, retain: nil, configuration: configuration)
        #expect(forecast.batches == 6)
        for found in try forecast.domains(
            ["x", "y", "nowhere"], of: bench.scorer, scores: bench.scorer.score(bench.before))
        {
            let tau = bench.scorer.score(after).bias(found.domain) - bench.scorer.score(bench.before).bias(found.domain)
            #expect(abs(found.predicted - tau) < 0.1 * abs(tau) + 1e-6, "\(found.domain): \(found) for \(tau)")
        }
    }

    @Test("the update is scaled to all steps by their learning rates, and the model is left alone")
    func scale() throws {
        let bench = try RetrainingBench(steps: 16)
        let values = Array(bench.before.values.buffer)
        func predicted(steps: Int, shape: LearningRateSchedule.Shape = .constant) throws -> Double {
            var configuration = bench.configuration
            configuration.steps = steps
            configuration.scheduleShape = shape
            let forecast = try UpdateForecast(
                model: bench.before, forget: bench.forget, retain: bench.retain, configuration: configuration)
            #expect(forecast.batches == min(steps, 16))
            return try #require(
                try forecast.domains(["x"], of: bench.scorer, scores: bench.scorer.score(bench.before)).first
            ).predicted
        }
        let once = try predicted(steps: 16)
        #expect(abs(try predicted(steps: 48) / once - 3) < 1e-6)
        #expect(Array(bench.before.values.buffer) == values)
    }
}
