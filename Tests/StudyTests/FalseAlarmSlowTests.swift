import Attribution
import Counterfactuals
import Evaluate
import Foundation
import LanguageModel
import Statistics
import Study
import StudyFiles
import TestSupport
import Testing

/// How often transfer is found where there is none. `make test-slow` runs these.
@Suite("False alarms, slow", .enabled(if: isSlow, "set DRIFTSCOPE_SLOW"), .serialized)
struct FalseAlarmSlowTests {
    @Test("forgetting neutral words is taken for transfer in no more than one outcome of twenty")
    func placebo() throws {
        var outcomes: [String] = []
        for seed in 1...20 {
            let study = try StudyFile.builtIn(.placebo, overrides: Finding.light + ["seeds=[\(seed)]"])
            outcomes += try Finding(study).outcomes.values
        }
        let alarms = outcomes.filter { $0 == "transfer supported" || $0 == "negative transfer" }
        #expect(outcomes.count == 60)
        #expect(alarms.count <= outcomes.count / 20, "\(outcomes)")
    }

    @Test("so is forgetting them in the grammars with nothing shared and with a latent", arguments: [1, 2, 3])
    func placeboOfOtherGrammars(seed: Int) throws {
        for study in [StudyFile.BuiltIn.apart, .latent] {
            let finding = try Finding(
                StudyFile.builtIn(
                    study,
                    overrides: Finding.light + [
                        "seeds=[\(seed)]", "forget.0.data=placebo.csv", "forget.0.where={label: placebo}",
                        "forget.0.harmful={lexicon: placebo-words.json}",
                    ]))
            let alarms = finding.outcomes.filter { $0.value == "transfer supported" || $0.value == "negative transfer" }
            #expect(alarms.isEmpty, "\(study): \(finding.outcomes)")
        }
    }

    @Test("p-values of random updates against the null of equal damage are uniform, and 5 % of them below 0.05")
    func randomUpdates() throws {
        let study = try StudyFile.builtIn(overrides: Finding.light + ["analyze.null-draws=0", "evaluate.pairs=96"])
        let folder = try temporaryFolder("planted-random")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try StudyRun(study, folder: folder + "/run").run()
        let inputs = try StudyInputs.read(study, progress: .silent)
        let after = try CheckpointFolder.load(folder + "/run/checkpoint").model
        let update = ParameterUpdate(from: inputs.checkpoint.model, to: after)
        let text = try PerplexityText.read(
            study.evaluate.perplexity[0], tokenizer: inputs.checkpoint.tokenizer, contextLength: 64, byLine: true)
        let probe = DivergenceProbe(text, maximumRows: 256, seed: 1)
        let scorer = try inputs.selected[0].scorer(
            tokenizer: inputs.checkpoint.tokenizer, profile: .driftscope, contextLength: 64)
        func draws(_ count: Int, seed: UInt64) throws -> [[String: Double]] {
            var options = RandomUpdates.Options()
            options.draws = count
            options.seed = seed
            options.scoring = .exact
            return try RandomUpdates(update, scorers: [scorer], probe: probe, options: options).run().rows.map(\.bias)
        }
        let (null, observed) = (try draws(199, seed: 1), try draws(200, seed: 2))
        let domains = ["race", "religion", "age"]
        let p = domains.map { domain in
            let nulls = null.map { -($0[domain] ?? .nan) }
            return observed.map { Randomisation.p(observed: -($0[domain] ?? .nan), draws: nulls) }
        }
        // One null serves all p-values, so they are those of a test of two samples: as spread as 100 independent ones.
        let count = 199.0 * 200 / 399
        for (domain, p) in zip(domains, p) {
            let distance = KolmogorovSmirnov.statistic(uniform: p)
            #expect(distance < 1.63 / count.squareRoot(), "\(domain): D = \(distance), above its 1 % point")
            let share = Double(p.count { $0 < 0.05 }) / Double(p.count)
            #expect(share <= 0.05 + 3 * (0.05 * 0.95 / count).squareRoot(), "\(domain): \(share)")
        }
        // "Supported" asks this of every domain, after Holm, and more.
        let alarms = observed.indices.count { draw in
            MultipleTests.holm(p.map { $0[draw] }).contains { ($0 ?? 1) < 0.05 }
        }
        #expect(Double(alarms) / 200 <= 0.05 + 3 * (0.05 * 0.95 / count).squareRoot(), "\(alarms) of 200")
    }
}
