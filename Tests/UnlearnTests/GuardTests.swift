import FileSupport
import Foundation
import LanguageModel
import Records
import TestSupport
import Testing
import Unlearn

@Suite("Guard")
struct GuardTests {
    /// A run whose learning rate breaks any budget after a while.
    func harsh(_ study: TinyStudy, _ budget: GuardBudget) -> UnlearnConfiguration {
        var configuration = study.configuration
        configuration.optimizer.learningRate = 2e-3
        configuration.steps = 200
        configuration.budget = budget
        return configuration
    }

    @Test("Guard perplexity is exp of the mean negative log p, each line after the begin token")
    func perplexity() throws {
        let study = try TinyStudy()
        let (unlearner, _) = try study.unlearner(study.configuration)
        let result = try unlearner.run()
        var sum = 0.0
        for piece in study.watched.pieces {
            for position in 1..<piece.count {
                let asked = Prediction(row: position - 1, token: piece[position])
                let packed = PackedSequences([Array(piece.prefix(position))])
                sum += Double(study.model.logProbabilities([asked], in: packed)[0])
            }
        }
        let expected = exp(-sum / Double(study.watched.predictedTokens))
        let baseline = try #require(result.baseline)
        #expect(abs(baseline.perplexity - expected) < 1e-4 * expected)
        #expect(result.trajectory[0].guardPerplexity == baseline.perplexity)
        #expect(result.trajectory.map { $0.guardPerplexity != nil } == [true, false, true, false, true, false, true])
    }

    @Test(
        "A broken budget ends the run with the bits of the last state that passed",
        arguments: [GuardBudget(perplexityRise: 0.02), GuardBudget(klDivergence: 0.01)])
    func breach(budget: GuardBudget) throws {
        let study = try TinyStudy()
        let (unlearner, after) = try study.unlearner(harsh(study, budget))
        var snapshots: [Int: [Float]] = [:]
        var told: GuardBreach?
        let result = try unlearner.run { step in
            snapshots[step.point.step] = step.model.array
            told = step.breach ?? told
            return .goOn
        }
        guard case .guardBreached(let breach) = result.reason else {
            Issue.record("ended by \(result.reason)")
            return
        }
        #expect(told == breach)
        #expect(breach.value > breach.limit)
        #expect(breach.step % 2 == 0 && breach.step > 0)
        #expect(result.keptStep == breach.step - 2)
        #expect(after.array == snapshots[result.keptStep])
        #expect(after.array != snapshots[breach.step])
        #expect(result.trajectory.last?.step == breach.step)
        let (kept, baseline) = (try #require(result.kept), try #require(result.baseline))
        if let rise = budget.perplexityRise { #expect(kept.perplexity <= baseline.perplexity * (1 + rise)) }
        if let limit = budget.klDivergence { #expect(try #require(kept.klDivergence) <= limit) }
    }

    @Test(
        "A score's budget holds the way that is worse; no number breaks it",
        arguments: [
            (ScoreLimit.Direction.fall, [10, 12, 9.5, 8], 8.0), (.rise, [10, 8, 10.5, 12], 12.0),
            (.either, [10, 9.5, 10.5, 11.5], 11.5), (.either, [10, 10, 10, 8], 8.0),
            (.fall, [10, 10, 10, .nan], Double.nan),
        ] as [(ScoreLimit.Direction, [Double], Double)])
    func scores(worse: ScoreLimit.Direction, values: [Double], found: Double) throws {
        let study = try TinyStudy()
        var configuration = study.configuration
        configuration.budget = GuardBudget(scores: [ScoreLimit(name: "own", change: 1, worse: worse)])
        var looks = 0
        let (unlearner, after) = try study.unlearner(configuration) { _ in
            defer { looks += 1 }
            return ["own": values[looks]]
        }
        var good: [Float] = []
        let result = try unlearner.run { step in
            if step.point.step == 4 { good = step.model.array }
            return .goOn
        }
        guard case .guardBreached(let breach) = result.reason else {
            Issue.record("ended by \(result.reason)")
            return
        }
        #expect(
            breach.score == "own" && breach.step == 6 && (breach.value == found || found.isNaN && breach.value.isNaN))
        #expect(breach.limit == (worse == .rise || found > 10 ? 11 : 9))
        #expect(result.keptStep == 4 && after.array == good)
        #expect(result.kept?.scores == ["own": values[2]] && result.baseline?.scores == ["own": 10])
        #expect(result.trajectory.map(\.guardScores.isEmpty) == [false, true, false, true, false, true, false])
        #expect(throws: InputError.self) { try study.unlearner(configuration) }
    }

    @Test("A model that breaks at the first check goes back to where it started")
    func breachAtOnce() throws {
        let study = try TinyStudy()
        var configuration = harsh(study, GuardBudget(klDivergence: 1e-9))
        configuration.checkEvery = 1
        let (unlearner, after) = try study.unlearner(configuration)
        let result = try unlearner.run()
        #expect(result.keptStep == 0)
        #expect(after.array == study.model.array)
    }

    @Test("A step that is not finite ends the run with the last good state")
    func notFinite() throws {
        let study = try TinyStudy()
        var configuration = study.configuration
        configuration.steps = 50
        configuration.checkEvery = 3
        let (unlearner, after) = try study.unlearner(configuration)
        var good: [Float] = []
        let result = try unlearner.run { step in
            if step.point.step == 3 { good = step.model.array }
            // Damage from outside stands in for an overflow that a tiny model does not reach.
            if step.point.step == 5 { step.model.values.buffer.update(repeating: .nan) }
            return .goOn
        }
        guard case .notFinite(let step, _) = result.reason else {
            Issue.record("ended by \(result.reason)")
            return
        }
        #expect(step == 6)
        #expect(result.keptStep == 3)
        #expect(after.array == good)
    }

    @Test("A budget needs a text, and a KL retain loss too")
    func missingTexts() throws {
        let study = try TinyStudy()
        var configuration = study.configuration
        configuration.budget = GuardBudget(perplexityRise: 0.1)
        #expect(throws: InputError.self) {
            try Unlearner(
                model: study.model, forget: study.forget, retain: nil, guardText: nil, configuration: configuration,
                stateFolder: try temporaryFolder())
        }
        configuration = study.configuration
        configuration.retainLoss = .kl
        #expect(throws: InputError.self) {
            try Unlearner(
                model: study.model, forget: study.forget, retain: nil, guardText: nil, configuration: configuration,
                stateFolder: try temporaryFolder())
        }
    }

    @Test("The guard text is thinned evenly")
    func spread() {
        let pieces = (0..<100).map { [Int32(0), Int32($0), Int32($0)] }
        let text = TextPieces(path: "", sha256: "", pieces: pieces)
        let few = text.spread(overTokens: 50)
        #expect(few.predictedTokens == 50)
        #expect(few.pieces.map { $0[1] } == stride(from: 0, to: 100, by: 4).map { Int32($0) })
        #expect(text.spread(overTokens: 1000) == text)
    }
}
