import Evaluate
import FileSupport
import Foundation
import LanguageModel
import LinearAlgebra
import Records
import TestSupport
import Testing

@Suite("Scoring sentence pairs")
struct PairScorerTests {
    /// Pairs with common beginnings, common ends, insertions, repeats, one-letter sentences and equal sentences.
    static let pairs = PairSet(
        name: "letters",
        items: [
            ("the cat sat", "the dog sat", "x"), ("abc", "abd", "x"), ("abc", "xbc", "y"), ("ab", "ab cd ef", "y"),
            ("a", "b", "x"), ("same same", "same same", "x"), ("the cat sat", "a cat sat", "y"), ("q", "qq", "x"),
            ("the dog sat", "the cat sat", "x"),
        ].enumerated().map { row, pair in
            PairItem(row: row, more: pair.0, less: pair.1, biasType: pair.2)
        })

    private func scorer(
        _ profile: ScoringProfile, pairs: PairSet = Self.pairs, begin: Int32? = 27
    ) throws -> PairScorer {
        try PairScorer(
            pairs: pairs, tokenizer: LetterTokenizer(beginToken: begin), profile: profile,
            contextLength: TinyModels.sizes.contextLength)
    }

    @Test("a model of known letter frequencies gives gaps worked out by hand", arguments: ScoringProfile.causal)
    func unigram(profile: ScoringProfile) throws {
        var logits = [Float](repeating: 0, count: 28)
        (logits[0], logits[1]) = (1, -2)  // a, b
        let table = try scorer(profile).score(try TinyModels.unigram(logits))
        let norm = log(26 + exp(1.0) + exp(-2))
        // "abc" against "abd": equal frequencies. "abc" against "xbc": a for x. "a" against "b".
        #expect(abs(table.scores[1].gap) < 1e-6)
        #expect(abs(table.scores[2].gap - 1 / 3.0) < 1e-6)
        #expect(abs((table.scores[2].gapChanged ?? .nan) - 1) < 1e-6)
        #expect(abs(table.scores[2].gapShared ?? .nan) < 1e-6)
        #expect(abs(table.scores[4].gap - 3) < 1e-6)
        #expect(abs(table.scores[4].moreScore - (1 - norm)) < 1e-6)
        // "ab" against "ab cd ef": nothing changed on one side.
        #expect(abs(table.scores[3].moreScore - (-0.5 - norm)) < 1e-6)
        #expect(abs(table.scores[3].lessScore - (-1.0 / 8 - norm)) < 1e-6)
        #expect(table.scores[3].gapChanged == nil)
        #expect(table.scores[4].gapShared == nil)
        #expect(table.scores[5].isTie && !table.scores[5].isHit)
    }

    @Test("a model without knowledge has no gaps", arguments: ScoringProfile.causal)
    func uniform(profile: ScoringProfile) throws {
        let table = try scorer(profile).score(TinyModels.uniform())
        for score in table.scores {
            #expect(abs(score.gap) < 1e-6)
            #expect(abs(score.moreScore + log(28.0)) < 1e-6)
        }
    }

    @Test("packed scores are those of one token at a time", arguments: ScoringProfile.causal)
    func naive(profile: ScoringProfile) throws {
        let model = TinyModels.random()
        let table = try scorer(profile).score(model, perToken: true)
        #expect(table.scores.count == Self.pairs.items.count)
        let naive = NaiveScorer(model: model)
        for (score, item) in zip(table.scores, Self.pairs.items) {
            let tokenizer = LetterTokenizer()
            let sides = [item.more, item.less].map {
                naive.tokens(tokenizer.encode($0), beginsInContext: profile == .driftscope)
            }
            #expect(score.sentences.map(\.name) == ["more", "less"])
            #expect(score.sentences.map(\.tokens) == [tokenizer.encode(item.more), tokenizer.encode(item.less)])
            for (got, want) in zip(score.sentences, sides) {
                let disagreement = compare(got.logs.map(Double.init), want, absolute: 1e-5, relative: 1e-5)
                #expect(disagreement.isClose, "\(item.more): \(disagreement)")
            }
            let gap = sides[0].reduce(0, +) / Double(sides[0].count) - sides[1].reduce(0, +) / Double(sides[1].count)
            #expect(abs(score.gap - gap) < 1e-5)
        }
    }

    @Test(
        "a scorer that drops or keeps the begin token wrongly, or looks one position off, would be noticed",
        arguments: [false, true], ScoringProfile.causal)
    func mutants(isOffByOne: Bool, profile: ScoringProfile) throws {
        let model = TinyModels.random()
        let table = try scorer(profile).score(model)
        let naive = NaiveScorer(model: model, isOffByOne: isOffByOne)
        let keepsBegin = isOffByOne == (profile == .driftscope)
        var worst = 0.0
        for (score, item) in zip(table.scores, Self.pairs.items) where item.more.count > 1 {
            let wrong = naive.tokens(LetterTokenizer().encode(item.more), beginsInContext: keepsBegin)
            worst = max(worst, abs(wrong.reduce(0, +) / Double(wrong.count) - score.moreScore))
        }
        #expect(worst > 1e-2)
    }

    @Test("the order of the pairs does not matter, and swapping a pair flips its gap")
    func invariance() throws {
        let model = TinyModels.random()
        let straight = try scorer(.driftscope).score(model)
        var reversed = Self.pairs
        reversed.items = Self.pairs.items.reversed().map {
            PairItem(row: $0.row, more: $0.less, less: $0.more, biasType: $0.biasType)
        }
        let flipped = try scorer(.driftscope, pairs: reversed).score(model)
        for (a, b) in zip(straight.scores, flipped.scores.reversed()) {
            #expect(a.row == b.row)
            #expect(abs(a.gap + b.gap) < 1e-5)
        }
    }

    @Test("without a begin token the first token is not scored, and bias-bench is refused")
    func noBeginToken() throws {
        let model = TinyModels.random()
        let scorer = try scorer(.driftscope, begin: nil)
        let table = scorer.score(model, perToken: true)
        // "a" against "b" and "q" against "qq" have a sentence without a scored token.
        #expect(table.skipped.map(\.row) == [4, 7])
        let naive = NaiveScorer(model: model)
        for score in table.scores {
            let sentence = LetterTokenizer().encode(Self.pairs.items[score.row].less)
            let want = sentence.indices.dropFirst().map { naive.log(sentence[$0], Array(sentence[..<$0])) }
            let disagreement = compare(
                score.sentences.last?.logs.map(Double.init) ?? [], want, absolute: 1e-5, relative: 1e-5)
            #expect(disagreement.isClose, "\(score.row): \(disagreement)")
        }
        #expect(throws: InputError.self) { try self.scorer(.biasBench, begin: nil) }
    }

    @Test("a sentence longer than the context is skipped with the reason")
    func tooLong() throws {
        var set = Self.pairs
        set.items[0].less = String(repeating: "a", count: 25)
        #expect(try scorer(.driftscope, pairs: set).skipped.map(\.row) == [0])
        // One token fewer fits: the last token is only ever predicted.
        set.items[0].less.removeLast()
        #expect(try scorer(.driftscope, pairs: set).skipped.isEmpty)
        set.items = [set.items[0]]
        set.items[0].less += "aa"
        #expect(throws: InputError.self) { try scorer(.driftscope, pairs: set) }
    }

    @Test("the bias objective has the value of the bias and its gradient", arguments: ScoringProfile.causal)
    func objective(profile: ScoringProfile) throws {
        let model = TinyModels.random()
        let scorer = try scorer(profile)
        let table = scorer.score(model)
        for domain in ["x", "y"] {
            let objective = scorer.biasObjective(domain)
            #expect(abs(objective.value(model) - table.bias(domain)) < 1e-5)
            let gradient = objective.gradient(model)
            let (difference, slope) = slopes(of: { scorer.score($0).bias(domain) }, gradient, at: model, seed: 11)
            #expect(abs(slope - difference) < 1e-2 * max(1, abs(slope)), "\(domain): \(slope), \(difference)")
        }
        #expect(scorer.biasObjective("unknown").predictions.isEmpty)
    }
}
