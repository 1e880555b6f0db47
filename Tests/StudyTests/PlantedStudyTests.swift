import BuiltInStudy
import Evaluate
import FileSupport
import Foundation
import LanguageModel
import Study
import StudyFiles
import TestSupport
import Testing

extension Finding {
    /// What is not as planted; empty when all is.
    fileprivate var failures: [String] {
        var out: [String] = []
        func require(_ holds: Bool, _ text: String) { if !holds { out.append(text) } }
        let size = tau.mapValues(abs)
        require(targetFalls, "gender falls")
        require((size["race"] ?? 0) > (size["religion"] ?? 1), "race moves more than religion")
        require((size["religion"] ?? 0) > (size["age"] ?? 1), "religion moves more than age")
        let age = interval["age"] ?? (-1, 1)
        require(age.lower > -0.02 && age.upper < 0.02, "age within its margin")
        require(abs(perplexityChange) < 0.05, "perplexity within 5 %")
        require(outcomes["race"] == "transfer supported", "race: transfer supported")
        require(outcomes["age"] == "no transfer", "age: no transfer")
        return out
    }
}

@Suite("Planted study") struct PlantedStudyTests {
    @Test("the built-in model prefers the stereotype in 75 to 90 % of the pairs of every domain, each word one token")
    func preferences() throws {
        let inputs = try StudyInputs.read(StudyFile.builtIn(), progress: .silent)
        try expectPlantedPreferences(inputs)
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
}
