import FileSupport
import Foundation
import LanguageModel
import TestSupport
import Testing
import Unlearn

@Suite("Several forget sets at once")
struct PooledForgetSetTests {
    private static let (first, second) = (
        ["some zebras are dull", "they are slow and dull", "so dull today"],
        ["boats can be late", "what a late and slow day"]
    )
    private let folder: String
    private var study: TinyStudy

    init() throws {
        folder = try temporaryFolder("pooled")
        study = try TinyStudy()
        for (name, lines) in [("a", Self.first), ("b", Self.second), ("both", Self.first + Self.second)] {
            try AtomicFile.write((["text"] + lines).joined(separator: "\n") + "\n", to: "\(folder)/\(name).csv")
        }
    }

    private func read(_ name: String, _ domain: String?, _ harmful: (any HarmfulWordSelection)? = nil) throws
        -> ForgetSet
    {
        try ForgetSetReader(
            path: "\(folder)/\(name).csv", domain: domain,
            harmful: harmful ?? LexiconSelection(WordLexicon(name: "tiny", words: ["dull", "slow", "late"]))
        ).read(tokenizer: study.tokenizer, contextLength: 48)
    }

    private func pooled() throws -> ForgetSet {
        try ForgetSet(pooling: [read("a", "zebras"), read("b", "boats")])
    }

    @Test("one set stays as it is; of several the sentences stand one set after the other, each with its domain")
    func sentences() throws {
        let one = try read("a", "zebras")
        #expect(ForgetSet(pooling: [one]) == one)
        let both = try pooled()
        #expect(both.sentences.map(\.text) == Self.first + Self.second)
        #expect(both.sentences.map(\.domain) == ["zebras", "zebras", "zebras", "boats", "boats"])
        #expect(both.sentences.map(\.id) == ["1", "2", "3", "1", "2"])
        let hand = try read("both", nil).summary
        #expect(both.summary.sentences == hand.sentences && both.summary.tokens == hand.tokens)
        #expect(both.summary.harmfulTokens == hand.harmfulTokens && both.summary.rowsRead == hand.rowsRead)
        #expect(both.summary.distinctHarmfulWords == 3 && both.summary.domain == "zebras and boats")
        #expect(both.readingNotes.isEmpty)
        let twice = try ForgetSet(pooling: [read("a", "zebras"), read("both", "boats")])
        #expect(twice.readingNotes == ["texts that stand in several forget sets, counted in each: 3"])
        #expect(twice.summary.repeatedTexts == 3)
    }

    private func configuration(steps: Int) -> UnlearnConfiguration {
        var configuration = study.configuration
        (configuration.steps, configuration.batch, configuration.resampleRows) = (steps, 2, true)
        configuration.retainLoss = .kl
        return configuration
    }

    private func parameters(_ forget: ForgetSet, _ configuration: UnlearnConfiguration) throws -> [Float] {
        var study = study
        study.forget = forget
        let (unlearner, after) = try study.unlearner(configuration)
        _ = try unlearner.run()
        return after.array
    }

    @Test("steps on pooled sets end in the parameters that one file with all rows ends in, bit for bit")
    func sameAsByHand() throws {
        let configuration = configuration(steps: 7)
        let found = try parameters(try pooled(), configuration)
        #expect(found == (try parameters(try read("both", nil), configuration)))
        #expect(found != (try parameters(try read("a", nil), configuration)))
        // Rows in another order are drawn in another order.
        #expect(found != (try parameters(try ForgetSet(pooling: [read("b", nil), read("a", nil)]), configuration)))
    }

    @Test("the step on all rows is that of the sets, each weighed by its harmful tokens")
    func sumOfParts() throws {
        var configuration = study.configuration
        (configuration.steps, configuration.optimizer) = (1, OptimizerConfiguration(name: .sgd, learningRate: 0.1))
        func step(_ set: ForgetSet) throws -> [Double] {
            configuration.batch = set.sentences.count
            return zip(try parameters(set, configuration), study.model.array).map { Double($0) - Double($1) }
        }
        let sets = try [read("a", "zebras"), read("b", "boats")]
        let (whole, parts) = (try step(ForgetSet(pooling: sets)), try sets.map(step))
        let tokens = sets.map { Double($0.summary.harmfulTokens) }
        let expected = zip(parts[0], parts[1]).map { ($0 * tokens[0] + $1 * tokens[1]) / (tokens[0] + tokens[1]) }
        let close = compare(whole, expected, absolute: 2e-7, relative: 1e-3, name: "step")
        #expect(close.isClose, "\(close)")
        #expect(whole.contains { abs($0) > 1e-4 })
    }

    @Test("pairs are pooled in the same order")
    func pairs() throws {
        var sets = try [read("a", "zebras"), read("b", "boats")]
        for (i, set) in sets.enumerated() {
            sets[i].pairs = set.sentences.map { SentencePair(first: $0.tokens, second: Array($0.tokens.dropLast())) }
        }
        #expect(ForgetSet(pooling: sets).pairs == sets[0].pairs + sets[1].pairs)
        sets[1].pairsAreCounterfactual = true
        #expect(ForgetSet(pooling: sets).pairsAreCounterfactual)
    }

    @Test("killed and resumed, steps on pooled sets end in the same parameters")
    func resumed() throws {
        struct Killed: Error {}
        var study = study
        study.forget = try pooled()
        var configuration = configuration(steps: 7)
        configuration.budget = GuardBudget(klDivergence: 100)
        let states = try temporaryFolder("states")
        let (killed, _) = try study.unlearner(configuration, states: states)
        #expect(throws: Killed.self) {
            try killed.run { step in
                if step.point.step == 5 { throw Killed() }
                return .goOn
            }
        }
        let (again, after) = try study.unlearner(configuration, states: states)
        let result = try again.run(resume: true)
        #expect(result.resumedFrom == 4)
        #expect(after.array == (try parameters(study.forget, configuration)))
        // A state of one set is none of both.
        study.forget = try read("a", nil)
        let (other, _) = try study.unlearner(configuration, states: states)
        #expect(throws: InputError.self) { try other.run(resume: true) }
    }

    @Test("the review names each row's domain, and given back it marks the same words in each set")
    func review() throws {
        let both = try pooled()
        let rows = Review.rows(of: both, shown: true)
        #expect(
            rows.map { $0["domain"] } == [
                .string("zebras"), .string("zebras"), .string("zebras"), .string("boats"), .string("boats"),
            ])
        #expect(Review.rows(of: try read("a", "zebras")).allSatisfy { $0["domain"] == nil })
        let path = folder + "/review.jsonl"
        try Review.write(both, shown: true, to: path)
        let annotations = AnnotationSelection(path)
        let back = try ForgetSet(pooling: [read("a", "zebras", annotations), read("b", "boats", annotations)])
        #expect(back.sentences == both.sentences && back.summary.annotationsWithoutRow == 0)
    }
}
