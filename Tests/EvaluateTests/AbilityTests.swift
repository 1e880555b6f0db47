import Evaluate
import FileSupport
import Foundation
import LanguageModel
import Records
import TestSupport
import Testing

/// BLiMP, last words and windows of perplexity; `make_reference.py` beside the references tells what they are.
@Suite("Measures of ability") struct AbilityTests {
    private struct Reference: Decodable {
        struct Pairs: Decodable {
            let driftscope: [[Double]]
            let harness: [[Double]]
            let acc: Double

            private enum CodingKeys: String, CodingKey { case driftscope, acc, harness = "lm-eval" }
        }
        struct Word: Decodable {
            let log: Double
            let tokens: Int?
            let right: Bool
        }
        struct Words: Decodable {
            let driftscope: [Word]
            let harness: [Word]
            let perplexity: Double
            let acc: Double

            private enum CodingKeys: String, CodingKey { case driftscope, perplexity, acc, harness = "lm-eval" }
        }
        struct Windows: Decodable {
            let size: Int
            let stride: Int
            let begin: Bool
            let mean: Double
            let tokens: Int
        }
        let blimp: Pairs
        let lastWords: Words
        let perplexities: [Windows]
    }

    private let folder: String
    private let reference: Reference
    private let checkpoint: LoadedCheckpoint

    init() throws {
        let found = Bundle.module.url(forResource: "ability", withExtension: nil, subdirectory: "Fixtures")
        folder = try #require(found).path
        reference = try JSONDecoder().decode(Reference.self, from: Data(try Input.bytes(folder + "/reference.json")))
        checkpoint = try CheckpointFolder.load(folder + "/../crows-parity/model")
    }

    private func blimp(_ profile: ScoringProfile) throws -> BenchmarkTable<BLiMPScore> {
        try #require(try BLiMP.read([folder + "/blimp.jsonl"], labels: ["Syntax": "order"]).first).scorer(
            tokenizer: checkpoint.tokenizer, profile: profile, contextLength: 64
        ).score(checkpoint.model)
    }

    @Test(
        "BLiMP: the sums of transformers, and those of lm-evaluation-harness",
        arguments: [ScoringProfile.driftscope, .lmEval])
    func pairs(profile: ScoringProfile) throws {
        let table = try blimp(profile)
        let expected = profile == .lmEval ? reference.blimp.harness : reference.blimp.driftscope
        let sums = table.scores.flatMap { [$0.pair.moreScore, $0.pair.lessScore] }
        let close = compare(sums, expected.flatMap { $0 }, absolute: 1e-3, relative: 1e-6)
        #expect(close.isClose, "\(close)")
        let right = expected.map { $0[0] > $0[1] }
        #expect(table.scores.map(\.isRight) == right && Set(right).count == 2)
        let all = table.values()
        #expect(all["accuracy"] == 100 * Double(right.count { $0 }) / 6 && all["ties"] == 1)
        // The harness counts the tie, its first choice, as right.
        if profile == .lmEval { #expect(right.count { $0 } + 1 == Int((6 * reference.blimp.acc).rounded())) }
        #expect(table.domains == ["morphology", "semantics", "order"] && table.values("order")["count"] == 3)
        #expect(BLiMPScore.columns(table.scores).map(\.name).prefix(2) == ["good_sum", "bad_sum"])
    }

    @Test("BLiMP of a masked model: sums of pseudo-log-likelihood")
    func masked() throws {
        let masked = try CheckpointFolder.load(folder + "/../stereoset/bert", masked: true)
        let benchmark = try #require(try BLiMP.read([folder + "/blimp.jsonl"], labels: [:]).first)
        let scorer = try benchmark.scorer(
            tokenizer: masked.tokenizer, profile: .pseudoLogLikelihood, contextLength: 64)
        let set = PairSet(name: "pairs", items: benchmark.items)
        let means = try PairScorer(
            pairs: set, tokenizer: masked.tokenizer, profile: .pseudoLogLikelihood, contextLength: 64
        ).score(masked.model, perToken: false).scores
        let wanted = means.map { $0.moreScore * Double($0.tokensMore) - $0.lessScore * Double($0.tokensLess) }
        let close = compare(scorer.score(masked.model).scores.map(\.gap), wanted, absolute: 1e-6, relative: 1e-6)
        #expect(close.isClose, "\(close)")
    }

    @Test("BLiMP's files are recognised, are no benchmark of a study, and are refused by name where they are wrong")
    func files() throws {
        let benchmark = try #require(try BLiMP.read([folder + "/blimp.jsonl"], labels: [:]).first)
        #expect(benchmark.items[1].clusters == ["UID": "sailors_are", "term": "agreement"])
        #expect(BenchmarkRegistry.all.kind(of: folder + "/blimp.jsonl")?.key == "blimp")
        #expect(BenchmarkRegistry.standard.kind(of: folder + "/blimp.jsonl") == nil)
        let pair = #"{"sentence_good": "a", "sentence_bad": "b", "field": "f", "UID": "u", "pair_id": 1}"# + "\n"
        for (text, message) in [
            (pair + pair, "the pair 1 of its UID stands twice"),
            (pair.replacing(#""UID": "u", "#, with: ""), "the key UID is missing"),
            (pair.replacing(#""a""#, with: "3"), "sentence_good"),
            (pair.replacing(#""f""#, with: #""\u0001""#), "field is a name with a control"),
            (pair.replacing(#""b""#, with: #""""#), "no pair (an empty sentence)"), ("\n", "no pair - "),
        ] {
            let found = try BenchmarkParity.refusal(BLiMP.self, [("a.jsonl", text)])
            #expect(found.contains(message), "\(found)")
        }
        let error = #expect(throws: InputError.self) { try blimp(.biasBench) }
        #expect(error?.description.contains("blimp is not scored under the profile bias-bench") == true)
    }

    @Test(
        "last words: log p and greedy agreement of transformers, and those of lm-evaluation-harness",
        arguments: [ScoringProfile.driftscope, .lmEval, .biasBench])
    func lastWords(profile: ScoringProfile) throws {
        let text = try LastWordText.read(
            folder + "/passages.txt", tokenizer: checkpoint.tokenizer, profile: profile, contextLength: 64)
        let table = text.measure(checkpoint.model)
        let begins = profile == .driftscope
        #expect(text.beginToken == begins && table.benchmark == "passages" && table.skipped.isEmpty)
        let expected = begins ? reference.lastWords.driftscope : reference.lastWords.harness
        let close = compare(
            table.scores.map(\.logProbability), expected.map(\.log), absolute: 1e-3, relative: 1e-6)
        #expect(close.isClose, "\(close)")
        let right = expected.map(\.right)
        #expect(table.scores.map(\.isRight) == right && Set(right).count == 2)
        #expect(table.scores.map(\.tokens) == reference.lastWords.driftscope.map(\.tokens))
        #expect(table.scores.contains { $0.isRight && $0.tokens > 1 })
        guard !begins else { return }
        let all = table.values()
        let (perplexity, accuracy) = (all["perplexity"] ?? .nan, all["accuracy"] ?? .nan)
        #expect(abs(perplexity / reference.lastWords.perplexity - 1) < 1e-3)
        #expect(abs(accuracy - 100 * reference.lastWords.acc) < 1e-9)
    }

    @Test("lines without a last word to ask for, and those that are too long, are skipped and say why")
    func skippedPassages() throws {
        func laidOut(_ text: String, context: Int = 8, begins: Bool = true) throws -> BenchmarkTable<LastWordScore> {
            try LastWordText(
                text, tokenizer: LetterTokenizer(), contextLength: context, usesBegin: begins
            ).measure(TinyModels.uniform())
        }
        let table = try laidOut("one\r\n\na b  \n far too long\n  ab\n")
        #expect(table.scores.map(\.row) == [2] && table.scores[0].tokens == 2)
        #expect(abs(table.scores[0].logProbability + 2 * log(28)) < 1e-5)
        #expect(table.skipped.map(\.row) == [0, 3, 4])
        #expect(
            table.skipped.map(\.reason) == [
                "a passage of one word", "more tokens than the model takes (8)", "a passage of one word",
            ])
        #expect(try laidOut("abcdefg x", begins: false).scores.count == 1)
        let error = #expect(throws: InputError.self) { try laidOut("\nword\n") }
        #expect(error?.description.contains("no passage with a last word to ask for (a passage of one word)") == true)
    }

    @Test("windows that overlap: the perplexity of the guide's windows, with and without begin token")
    func windows() throws {
        #expect(reference.perplexities.count == 8)
        for expected in reference.perplexities {
            let begins = expected.begin
            let found = try PerplexityText.read(
                folder + "/text.txt", tokenizer: checkpoint.tokenizer, contextLength: 64,
                window: expected.size + (begins ? 1 : 0), stride: expected.stride, usesBegin: begins
            ).measure(checkpoint.model)
            #expect(found.scoredTokens == expected.tokens && found.beginToken == begins, "\(expected)")
            let mean = found.negativeLogLikelihood / found.normaliser
            #expect(abs(mean - expected.mean) < 1e-4 * expected.mean, "\(mean) for \(expected)")
        }
        // The conventions differ by more than the tolerance.
        let means = reference.perplexities.map(\.mean).sorted()
        #expect(zip(means, means.dropFirst()).allSatisfy { $1 - $0 > 1e-3 * $1 }, "\(means)")
    }
}
