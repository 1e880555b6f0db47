import BuiltInStudy
import Evaluate
import Files
import Foundation
import Interventions
import LanguageModel
import LinearAlgebra
import Statistics
import Study
import TestSupport
import Testing

private let isSlow = ProcessInfo.processInfo.environment["DRIFTSCOPE_SLOW"] != nil

/// What a run of a planted study found.
private struct Finding {
    var outcomes: [String: String] = [:]
    var tau: [String: Double] = [:]
    var ageInterval = (-Double.infinity, Double.infinity)
    var targetUpper = Double.infinity
    var perplexityChange = Double.infinity

    init(_ study: StudyFile) throws {
        let folder = try temporaryFolder("planted")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let report = JSONCursor(try StudyRun(study, folder: folder + "/run").run().json, place: "report.json")
        for domain in study.domains.all {
            tau[domain] = try report.member("transfer").member(domain).member("tau").member("value").double()
            if domain != study.domains.target {
                outcomes[domain] = try report.member("verdict").member(domain).member("outcome").string()
            }
        }
        let age = try report.member("transfer").member("age").member("tau")
        ageInterval = (try age.member("lower").double(), try age.member("upper").double())
        targetUpper = try report.member("transfer").member("gender").member("tau").member("upper").double()
        perplexityChange = try report.member("quality").member("perplexity").member("change").double()
    }

    /// τ of a domain over τ of gender.
    func ratio(_ domain: String) -> Double { (tau[domain] ?? .nan) / (tau["gender"] ?? .nan) }

    /// What is not as planted; empty when all is.
    var failures: [String] {
        var out: [String] = []
        func require(_ holds: Bool, _ text: String) { if !holds { out.append(text) } }
        let size = tau.mapValues(abs)
        require(targetUpper < 0, "gender falls")
        require((size["race"] ?? 0) > (size["religion"] ?? 1), "race moves more than religion")
        require((size["religion"] ?? 0) > (size["age"] ?? 1), "religion moves more than age")
        require(ageInterval.0 > -0.02 && ageInterval.1 < 0.02, "age within its margin")
        require(abs(perplexityChange) < 0.05, "perplexity within 5 %")
        require(outcomes["race"] == "supported", "race supported")
        require(outcomes["age"] == "not supported", "age not supported")
        return out
    }
}

@Suite("Planted study") struct PlantedStudyTests {
    @Test("the built-in model prefers the stereotype in 75 to 90 % of the pairs of every domain, each word one token")
    func preferences() throws {
        let inputs = try StudyInputs.read(StudyFile.builtIn(), progress: .silent)
        let scorer = try PairScorer(
            pairs: inputs.pairs[0], tokenizer: inputs.checkpoint.tokenizer, profile: .driftscope, contextLength: 64)
        let table = scorer.score(inputs.checkpoint.model)
        for domain in ["gender", "race", "religion", "age"] {
            let gaps = table.scores.filter { $0.domain == domain }.map(\.gap)
            let share = Double(gaps.count { $0 > 0 }) / Double(gaps.count)
            #expect(gaps.count == 256)
            #expect((0.75...0.9).contains(share), "\(domain): \(share)")
        }
        #expect(inputs.forget.sentences.count == 600)
        #expect(inputs.forget.sentences.allSatisfy { $0.harmfulPositions.count == 1 })
        // The lexicons' own spelling, with a leading space, is one token; other spellings need not be.
        for word in inputs.lexicons.flatMap(\.words) {
            #expect(inputs.tokenizer.encode(" " + word.text).count == 1, "\(word.text)")
        }
    }
}

/// `make test-slow` runs these: about 8 minutes on two cores.
@Suite("Planted study, slow", .enabled(if: isSlow, "set DRIFTSCOPE_SLOW"), .serialized)
struct PlantedStudySlowTests {
    @Test("finds what was planted in at least 9 of 10 seeds, with the ratios measured before")
    func tenSeeds() throws {
        var failures: [String] = []
        var race: [Double] = []
        var religion: [Double] = []
        for seed in 1...10 {
            let finding = try Finding(StudyFile.builtIn(overrides: ["seeds=[\(seed)]"]))
            race.append(finding.ratio("race"))
            religion.append(finding.ratio("religion"))
            if !finding.failures.isEmpty {
                failures.append("seed \(seed): " + finding.failures.joined(separator: ", "))
            }
        }
        #expect(failures.count <= 1, "\(failures)")
        let expected = try JSONCursor.read(BuiltInStudy.path("planted/expected.json"))
        for (name, values) in [("race", race), ("religion", religion)] {
            let mean = try expected.member(name).member("mean").double()
            let deviation = try expected.member(name).member("deviation").double()
            let found = values.reduce(0, +) / Double(values.count)
            // A mean of ten differs from a mean of ten by 0.45 deviations of one.
            #expect(abs(found - mean) < 4 * 0.45 * deviation, "\(name): \(values)")
        }
    }

    @Test("finds the same on base models trained from other seeds", arguments: [2, 3, 4] as [UInt64])
    func retrained(seed: UInt64) throws {
        var configuration = try JSONDecoder().decode(
            TrainingConfiguration.self, from: Data(Input.bytes(BuiltInStudy.path("planted/training.json"))))
        configuration.seed = seed
        let (model, tokenizer, _) = try Trainer.train(
            texts: Trainer.documents(inFiles: [BuiltInStudy.path("planted/text.txt")]), configuration: configuration)
        let folder = try temporaryFolder("planted-model")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try CheckpointFolder.save(model, tokenizer: tokenizer, configJSON: nil, to: folder + "/model")
        let finding = try Finding(StudyFile.builtIn(overrides: ["model=\(folder)/model"]))
        #expect(finding.failures.isEmpty, "\(finding.failures)")
    }

    @Test("forgetting neutral words is never taken for transfer", arguments: [1, 2, 3])
    func placebo(seed: Int) throws {
        let study = try StudyFile.read(
            BuiltInStudy.path("planted/placebo.yaml"), overrides: ["seeds=[\(seed)]"])
        let finding = try Finding(study)
        #expect(!finding.outcomes.values.contains("supported"), "\(finding.outcomes)")
        #expect(!finding.outcomes.values.contains("negative transfer"), "\(finding.outcomes)")
    }

    @Test("random updates of equal damage come out below p = 0.05 no more often than that")
    func randomUpdates() throws {
        let study = try StudyFile.builtIn(overrides: ["analyze.null-draws=0", "snapshots.contextual=false"])
        let folder = try temporaryFolder("planted-random")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try StudyRun(study, folder: folder + "/run").run()
        let inputs = try StudyInputs.read(study, progress: .silent)
        let after = try CheckpointFolder.load(folder + "/run/checkpoint").model
        let update = ParameterUpdate(from: inputs.checkpoint.model, to: after)
        let text = try PerplexityText.read(
            study.evaluate.perplexity[0], tokenizer: inputs.checkpoint.tokenizer, contextLength: 64, byLine: true)
        let probe = DivergenceProbe(text, maximumRows: 512, seed: 1)
        let scorer = try PairScorer(
            pairs: inputs.pairs[0], tokenizer: inputs.checkpoint.tokenizer, profile: .driftscope, contextLength: 64)
        func draws(_ count: Int, seed: UInt64) throws -> [[String: Double]] {
            var options = RandomUpdates.Options()
            options.draws = count
            options.seed = seed
            options.scoring = .exact
            return try RandomUpdates(update, scorers: [scorer], probe: probe, options: options).run().rows.map(\.bias)
        }
        // The null of seed 1 is fixed, so p-values of the draws of seed 2 hang together a little through it; at 199
        // draws that widens their spread by a tenth.
        let null = try draws(199, seed: 1)
        let observed = try draws(120, seed: 2)
        for domain in ["race", "religion", "age"] {
            let nulls = null.map { -($0[domain] ?? .nan) }
            let p = observed.map { Randomisation.p(observed: -($0[domain] ?? .nan), draws: nulls) }
            let share = Double(p.count { $0 < 0.05 }) / Double(p.count)
            // Three standard errors of a share of 5 % among 120.
            #expect(share <= 0.05 + 3 * (0.05 * 0.95 / 120).squareRoot(), "\(domain): \(share)")
        }
    }
}
