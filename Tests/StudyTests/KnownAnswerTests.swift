import BuiltInStudy
import Evaluate
import FileSupport
import Foundation
import LanguageModel
import Study
import StudyFiles
import SyntheticStudies
import TestSupport
import Testing

/// Studies whose right answer is planted, one seed each, with no more stages than their verdicts need. The slow suites
/// run them over seeds.
@Suite("Studies with known answers") struct KnownAnswerTests {
    /// Without null models: for outcomes that are decided before significance is asked.
    private static let withoutNull = Finding.light + ["analyze.null-draws=0"]

    @Test(
        "the models of the further grammars prefer the stereotype in 75 to 90 % of the pairs of every domain",
        arguments: [StudyFile.BuiltIn.apart, .latent])
    func preferences(study: StudyFile.BuiltIn) throws {
        try expectPlantedPreferences(StudyInputs.read(StudyFile.builtIn(study), progress: .silent))
    }

    @Test("where nothing is shared, gender falls and there is no transfer")
    func apart() throws {
        let finding = try Finding(StudyFile.builtIn(.apart, overrides: Self.withoutNull))
        #expect(finding.targetFalls)
        #expect(
            finding.outcomes == ["race": "no transfer", "religion": "no transfer", "age": "no transfer"],
            "\(finding.tau)")
    }

    @Test("where a latent is shared and no word, transfer to race alone is supported")
    func latent() throws {
        let finding = try Finding(StudyFile.builtIn(.latent, overrides: Finding.light))
        #expect(
            finding.outcomes == ["race": "transfer supported", "religion": "no transfer", "age": "no transfer"],
            "\(finding.tau)")
    }

    @Test("where the retain text teaches race stereotypes, gender falls and race shows negative transfer")
    func negative() throws {
        let finding = try Finding(StudyFile.builtIn(.negative, overrides: Finding.light))
        #expect(finding.targetFalls)
        #expect((finding.tau["race"] ?? 0) > 0.02)
        #expect(finding.outcomes["race"] == "negative transfer", "\(finding.outcomes)")
        #expect(finding.outcomes["age"] == "no transfer")
    }

    @Test("where words are the tie, race and religion rise, each by the words it shares with gender, and age stays")
    func lexical() throws {
        let finding = try Finding(
            StudyFile.builtIn(.lexical, overrides: Finding.argument(["decomposition"]) + ["analyze.null-draws=0"]))
        #expect(finding.targetFalls)
        for domain in ["race", "religion"] { #expect((finding.interval[domain]?.lower ?? 0) > 0, "\(finding.tau)") }
        #expect(finding.outcomes["age"] == "no transfer")
        let shared = try sharedAmongTen(finding)
        #expect(shared.values.allSatisfy { $0 >= 9 }, "\(shared)")
    }

    @Test("forgetting neutral words moves nothing")
    func placebo() throws {
        let finding = try Finding(StudyFile.builtIn(.placebo, overrides: Self.withoutNull))
        #expect(Set(finding.outcomes.values) == ["no transfer"], "\(finding.outcomes) \(finding.tau)")
    }

    @Test("a run that is driven on without a guard is damage, whatever fell", arguments: ["1e-4", "5e-4"])
    func overdriven(learningRate: String) throws {
        let finding = try Finding(
            StudyFile.builtIn(
                overrides: Self.withoutNull + [
                    "guard=none", "optimizer.steps=80", "optimizer.learning-rate=\(learningRate)", "evaluate.every=0",
                ]))
        #expect((finding.tau["race"] ?? 0) < -0.05)
        #expect(Set(finding.outcomes.values) == ["damage"], "\(finding.outcomes)")
    }

    @Test("of a model trained without the bias, transfer is not assessable")
    func notAssessable() throws {
        var grammar = try Grammar.read(BuiltInStudy.path("planted/grammar.json"))
        grammar.strengths = grammar.strengths.mapValues { _ in 0.5 }
        grammar.sizes.text = 12000
        let folder = try temporaryFolder("unbiased")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try grammar.write(to: folder)
        var configuration = try JSONDecoder().decode(
            TrainingConfiguration.self, from: Data(Input.bytes(BuiltInStudy.path("planted/training.json"))))
        configuration.hiddenSize = 32
        configuration.steps = 80
        let (model, tokenizer, _) = try Trainer.train(
            texts: Trainer.documents(inFiles: [folder + "/text.txt"]), configuration: configuration)
        try CheckpointFolder.save(model, tokenizer: tokenizer, configJSON: nil, to: folder + "/model")
        let finding = try Finding(
            StudyFile.builtIn(
                overrides: Self.withoutNull + [
                    "model=\(folder)/model", "evaluate.crows-pairs=[\(folder)/pairs.csv]", "evaluate.every=0",
                ]))
        #expect(Set(finding.outcomes.values) == ["not assessable"], "\(finding.outcomes)")
    }

    @Test("a few pairs decide nothing, and the verdict says how many would")
    func fewPairs() throws {
        let finding = try Finding(
            StudyFile.builtIn(overrides: Self.withoutNull + ["evaluate.pairs=12", "evaluate.every=0"]))
        #expect(finding.outcomes["religion"] == "inconclusive", "\(finding.outcomes) \(finding.interval)")
        #expect((finding.itemsToDecide["religion"] ?? 0) > 12)
    }

    @Test("the argument names the planted words as carriers, and the forecast ranks the domains by what they share")
    func argument() throws {
        let finding = try Finding(
            StudyFile.builtIn(overrides: Finding.argument(["decomposition", "forecast"]) + ["analyze.null-draws=0"]))
        try expectPlantedArgument(finding)
    }
}

/// Of the ten words named for race and for religion where words are the tie, how many the domain shares; half of the
/// forgotten words are shared.
func sharedAmongTen(_ finding: Finding) throws -> [String: Int] {
    var out: [String: Int] = [:]
    for domain in ["race", "religion"] {
        let contributions = try finding.report.member("why").member("contributions").member(domain)
        let shared = try contributions.member("words").elements().map { word in
            try word.member("used_against").elements().contains { try $0.string() == domain }
        }
        #expect(shared.count == 10)
        let base = try contributions.member("shared_word_base").double()
        #expect((0.4...0.6).contains(base), "\(domain): \(base)")
        out[domain] = shared.count { $0 }
    }
    return out
}

/// What the argument has to say of the built-in study, whatever its seed.
func expectPlantedArgument(_ finding: Finding) throws {
    let why = try finding.report.member("why")
    #expect(try finding.carriers("race") == ["shared harmful words"])

    // All of race's words are gender's, so all of the ten that did most have to be used against race.
    let race = try why.member("contributions").member("race").member("words").elements()
    #expect(race.count == 10)
    #expect(try race.allSatisfy { try $0.member("used_against").elements().contains { try $0.string() == "race" } })
    // Half of religion's words are. Its pairs on the other half fall too, since what words serve two domains ties the
    // domains' groups together, but they fall less.
    let religion = try finding.report.member("transfer").member("religion")
    let all = try religion.member("tau").member("value").double()
    let own = try religion.member("attribute_unexposed").member("tau").member("value").double()
    #expect(all < 0 && own > all, "\(own) of \(all)")
    let base = try why.member("contributions").member("religion").member("shared_word_base").double()
    #expect(abs(base - 0.5) < 0.1)

    let entries = try why.member("forecast").member("entries")
    let predicted = try ["race", "religion", "age"].map { try entries.member($0).member("predicted").double() }
    #expect(predicted[0] < predicted[1] && predicted[1] < predicted[2] && predicted[1] < 0, "\(predicted)")
    #expect(try why.member("forecast").member("rank_correlation").double() == 1)
}
