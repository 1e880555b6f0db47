import Evaluate
import FileSupport
import Foundation
import LanguageModel
import LinearAlgebra
import Records
import TestSupport
import Testing

/// Everything is done through the protocols, as stages of a study do it.
@Suite("A benchmark that nothing else knows")
struct ToyBenchmarkTests {
    private let registry = BenchmarkRegistry.standard.adding(Toy.self)

    private func read() throws -> any BiasBenchmark {
        let folder = try temporaryFolder("toy")
        try AtomicFile.write(
            """
            women | job | she cooks well | he cooks well | it cooks qxz
            women | job | she is calm | he is calm | zzz is calm
            women | home

            """, to: folder + "/one.toy")
        try AtomicFile.write(
            """
            old | job | the old man naps | the new man naps | the qqq man naps
            old | age | so very very long a sentence | short | short too
            old | age | a gray hat | a red hat | a xqx hat

            """, to: folder + "/two.toy")
        #expect(registry.kind(of: folder + "/one.toy") == Toy.self)
        let read = try registry.read(
            [("toy", [folder + "/one.toy", folder + "/two.toy"])], labels: ["women": "gender"], at: "test")
        #expect(read.count == 1)
        return read[0]
    }

    private func scorer(_ profile: ScoringProfile = .driftscope) throws -> any BenchmarkScorer {
        try read().scorer(tokenizer: LetterTokenizer(), profile: profile, contextLength: 24)
    }

    @Test("several files are one benchmark, labels become domains, and items can be chosen by domain and number")
    func reading() throws {
        let toy = try read()
        let items: [any BenchmarkItem] = toy.items
        #expect(items.map { $0.row } == [0, 1, 3, 4, 5])
        #expect(toy.domains == ["gender", "old"])
        #expect(items[3].clusters == ["kind": "age"] && items[0].contrast.less == "he cooks well")
        #expect(toy.skipped == [SkippedRow(row: 2, domain: "gender", reason: "2 cells")])
        #expect(toy.selecting(domains: ["old"]).items.count == 3)
        #expect(toy.sampling(1, seed: 3).items.count == 2)
        #expect(toy.selecting(rows: [1, 5]).domains == ["gender", "old"])
    }

    @Test("it is scored, token by token, with columns and measures of its own; what does not fit is skipped")
    func scores() throws {
        let scorer = try scorer()
        #expect(scorer.items.count == 4 && scorer.count(in: "old") == 2)
        #expect(scorer.skipped.map(\.row) == [2, 4])
        #expect(scorer.skipped[1].reason == "more tokens than the model takes (24)")
        #expect(scorer.itemColumns == [ScoreColumn("letters", .count([39, 32, 48, 28]))])
        let model = TinyModels.random()
        let table: any ScoreTable = scorer.score(model, perToken: true)
        let naive = NaiveScorer(model: model)
        let (found, items): ([any BenchmarkScore], [any BenchmarkItem]) = (table.scores, scorer.items)
        var nothing: [Double] = []
        for (score, item) in zip(found, items) {
            let logs = item.texts.map { naive.tokens(LetterTokenizer().encode($0), beginsInContext: true) }
            let means = logs.map { $0.reduce(0, +) / Double($0.count) }
            #expect(abs(score.gap - (means[0] - means[1])) < 1e-5)
            #expect(score.sentences.map(\.name) == ["more", "less", "nothing"])
            for (sentence, logs) in zip(score.sentences, logs) {
                #expect(compare(sentence.logs.map(Double.init), logs, absolute: 1e-5, relative: 1e-5).isClose)
            }
            nothing.append(means[2])
        }
        #expect(table.columns.map(\.name) == ["nothing_mean", "sensible"])
        guard case .number(let means) = table.columns[0].values else {
            Issue.record("nothing_mean is no number")
            return
        }
        #expect(compare(means.map { $0 ?? .nan }, nothing, absolute: 1e-5, relative: 1e-5).isClose)
        let sensible = (0..<4).count { table.columns[1].cell($0) == "1" }
        #expect(table.measures().map(\.value) == [4, 25 * Double(sensible)])
        #expect(table.measures("old").map(\.name) == ["count", "sensible"] && table.measures("old")[0].value == 2)
        let json = try JSON.parse(Array(SentenceTokens.json(found[0].sentences).utf8), place: "tokens")
        #expect(json["nothingTokens"] != nil && json["more"] != nil)
    }

    @Test("the bias of a domain is a function of the model, and has the gradient of finite differences")
    func gradient() throws {
        let scorer = try scorer()
        let model = TinyModels.random()
        for domain in scorer.domains {
            let objective = scorer.biasObjective(domain)
            #expect(abs(objective.value(model) - scorer.score(model).bias(domain)) < 1e-5)
            let gradient = objective.gradient(model)
            let (slope, product) = slopes(of: { scorer.score($0).bias(domain) }, gradient, at: model, seed: 9)
            #expect(abs(slope - product) < 2e-3 * max(1, abs(product)), "\(domain): \(slope), \(product)")
            #expect(abs(product) > 1e-2)
        }
        #expect(scorer.biasObjective("nowhere").predictions.isEmpty)
    }

    @Test("a profile of its own is laid out as driftscope's; one that it does not have is refused")
    func profiles() throws {
        #expect(try registry.profile("toy-own", at: "test") == Toy.ownProfile)
        let (own, general) = (try scorer(Toy.ownProfile), try scorer())
        #expect(own.profile.name == "toy-own")
        let model = TinyModels.random()
        #expect(own.score(model).gaps(in: "old") == general.score(model).gaps(in: "old"))
        let error = #expect(throws: InputError.self) { try scorer(.biasBench) }
        #expect(error?.description.contains("not scored under the profile bias-bench") == true)
        #expect(error?.description.contains("driftscope or toy-own") == true)
    }

    @Test("an unknown benchmark or profile is refused with the nearest name, and two of one name are told apart")
    func registering() throws {
        let wrong = #expect(throws: InputError.self) { try registry.kind("crow-pairs", at: "evaluate.benchmarks") }
        #expect(wrong?.description.contains("did you mean 'crows-pairs'? known: crows-pairs, ") == true)
        #expect(throws: InputError.self) { try BenchmarkRegistry.standard.kind("toy", at: "x") }
        let profile = #expect(throws: InputError.self) { try registry.profile("toy-won", at: "evaluate.profile") }
        #expect(profile?.description.contains("did you mean 'toy-own'?") == true)
        let file = try temporaryFolder("twice") + "/same.toy"
        try AtomicFile.write("a | b | c | d | e\n", to: file)
        #expect(try registry.read([("toy", [file]), ("toy", [file])], at: "test").map { $0.name } == ["toy", "toy-2"])
    }
}
