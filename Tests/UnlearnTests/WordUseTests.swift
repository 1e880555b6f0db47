import FileSupport
import Foundation
import LanguageModel
import TestSupport
import Testing
import Unlearn

@Suite("Words of a forget set")
struct WordUseTests {
    @Test("Sparing a word keeps it as context and drops the sentences that have no other")
    func sparing() throws {
        let study = try TinyStudy()
        #expect(study.forget.tokensByWord == ["dull": 12, "slow": 12])
        let left = study.forget.sparing(["dull"])
        #expect(left.sentences.map(\.text) == ["they are slow and dull", "zebras can be slow", "what a slow day"])
        #expect(left.sentences.allSatisfy { $0.harmful.map(\.text) == ["slow"] })
        #expect(left.summary.sentences == 3 && left.summary.harmfulTokens == 12)
        #expect(left.sentences[0].tokens == study.forget.sentences[1].tokens)
        #expect(study.forget.sparing(["dull", "slow"]).sentences.isEmpty)
    }

    @Test("A set made in memory is the set that a file of the same texts gives")
    func inMemory() throws {
        let study = try TinyStudy()
        let texts = study.forget.sentences.map(\.text) + ["nothing here"]
        let made = ForgetSet(
            texts: texts, words: ["DULL", "slow"], name: "memory", tokenizer: study.tokenizer, contextLength: 48)
        #expect(made.sentences.map(\.tokens) == study.forget.sentences.map(\.tokens))
        #expect(made.sentences.map(\.harmfulPositions) == study.forget.sentences.map(\.harmfulPositions))
        #expect(made.summary.rowsWithoutHarmfulWord == 1 && made.summary.sentences == 5)
    }

    @Test("Words by label: rows that fulfil the other conditions, whoever they are about")
    func labels() throws {
        let folder = try temporaryFolder("labels")
        try AtomicFile.write(
            """
            text,label,target
            so dull,hate,gen.women
            so slow,hate,race.hill
            so slow indeed,fine,faith.lamp
            dull and slow,hate,"faith.lamp, gen.men"
            a slow faith,hate,"faith.lamp, race.hill"

            """, to: folder + "/rows.csv")
        let reader = ForgetSetReader(
            path: folder + "/rows.csv",
            filter: ForgetFilter([
                .init(column: "label", values: ["hate"]), .init(column: "target", reading: .part, values: ["gen"]),
            ]), harmful: .lexicon(WordLexicon(name: "tiny", words: ["dull", "slow"])))
        let exclusion = DomainExclusion(
            domains: [], labelColumn: "target", labels: ["gen": "gender", "race": "race", "faith": "religion"])
        let found = try reader.wordsByLabel(["Dull", "slow"], forgotten: ["gender"], exclusion: exclusion)
        #expect(found == ["race": ["slow"], "religion": ["slow"]])
        #expect(try reader.wordsByLabel(["dull"], forgotten: [""], exclusion: DomainExclusion(domains: [])).isEmpty)
    }

    @Test("Whole words in any case, the longest phrase for all of its parts")
    func finder() {
        let finder = WordFinder(["slow", "slow coach", "dull"])
        #expect(finder.words(in: "Slow-coach, DULL! dullard") == ["slow coach", "dull"])
        #expect(finder.matchesAnything(in: "a slow one") && !finder.matchesAnything(in: "slowly"))
        #expect(WordFinder.folded("Slow-Coach") == "slow coach")
    }

    @Test("A run without a state folder ends with the same bits, also where a budget sends it back")
    func inMemoryStates() throws {
        let study = try TinyStudy()
        var configuration = study.configuration
        configuration.optimizer.learningRate = 2e-3
        configuration.steps = 60
        configuration.budget = GuardBudget(perplexityRise: 0.02, klDivergence: 0.01)
        configuration.retainLoss = .kl
        let (onDisk, expected) = try study.unlearner(configuration)
        let disk = try onDisk.run()
        let model = study.model.copy()
        let inMemory = try Unlearner(
            model: model, forget: study.forget, retain: study.neutral, guardText: study.watched,
            configuration: configuration, stateFolder: nil, reference: study.model)
        let memory = try inMemory.run()
        #expect(memory == disk)
        #expect(memory.keptStep < 60 && memory.keptStep > 0)
        #expect(model.array == expected.array)
        #expect(throws: InputError.self) { try inMemory.run(resume: true) }
    }

    @Test("The gradients of first batches are those of a run that does not move")
    func gradients() throws {
        let study = try TinyStudy()
        var configuration = study.configuration
        configuration.batch = 2
        configuration.resampleRows = true
        configuration.optimizer = OptimizerConfiguration(name: .sgd, learningRate: 1)
        let gradients = try ForgetGradients(
            model: study.model, forget: study.forget, retain: nil, configuration: configuration)
        let loss = gradients.take(step: 1)
        let (unlearner, after) = try study.unlearner(configuration)
        var first: [Float] = []
        let result = try unlearner.run { step in
            if step.point.step == 1 { first = step.model.array }
            return step.point.step == 1 ? .stop : .goOn
        }
        #expect(result.trajectory[1].forgetLoss == loss)
        #expect(after.array == first)
        let moved = zip(study.model.array, first).map { $0 - $1 }
        #expect(compare(moved, Array(gradients.gradient.buffer), absolute: 1e-6, relative: 1e-3).isClose)
    }

    @Test("a word is used against a domain by label, or where both sentences of a pair hold it; shares count tokens")
    func use() throws {
        let forget = try TinyStudy().forget
        let use = HarmfulWordUse(
            forget, byLabel: ["race": ["slow"]],
            contrasts: [
                ("religion", "a dull lamp", "a dull star"), ("age", "slow old men", "young men are slow and dull"),
            ])
        #expect(use.words(against: "race") == ["slow"] && use.words(against: "religion") == ["dull"])
        #expect(use.words(against: "age") == ["slow"] && use.words(against: "gender").isEmpty)
        #expect(use.share(of: ["dull"]) == 0.5 && use.share(of: []) == 0)
    }
}
