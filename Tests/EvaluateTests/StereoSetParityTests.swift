import Evaluate
import FileSupport
import Foundation
import LanguageModel
import Records
import TestSupport
import Testing

/// Log-probabilities of every token asked for, against the published procedures in transformers; `make_reference.py` beside the
/// reference tells what it holds.
@Suite("Parity of StereoSet's scores with the published procedures")
struct StereoSetParityTests {
    private struct Reference: Decodable {
        /// By model, split and profile: for every example its three sentences.
        let logs: [String: [[[Double]]]]
    }

    private let folder: URL
    private let reference: Reference

    init() throws {
        folder = try #require(Bundle.module.url(forResource: "stereoset", withExtension: nil, subdirectory: "Fixtures"))
        reference = try JSONDecoder().decode(
            Reference.self, from: Data(contentsOf: folder.appendingPathComponent("reference.json")))
    }

    private func scorer(
        _ model: String, _ split: String, _ profile: String
    ) throws -> (scorer: StereoSetScorer, model: TransformerModel) {
        let checkpoint = try CheckpointFolder.load(folder.appendingPathComponent(model).path, masked: true)
        let read = try StereoSet.read([folder.appendingPathComponent("items.json").path], labels: [:])
        let set = try #require(read.first { $0.split.rawValue == split })
        let scorer = try set.scorer(
            tokenizer: checkpoint.tokenizer,
            profile: try BenchmarkRegistry.standard.profile(profile, at: "test"),
            contextLength: checkpoint.model.configuration.contextLength)
        return (scorer, checkpoint.model)
    }

    @Test(
        "every token asked for has the probability that transformers gives it, and the means are theirs",
        arguments: [
            ("../crows-parity/model", "intrasentence", "bias-bench"),
            ("../crows-parity/model", "intrasentence", "driftscope"),
            ("../crows-parity/model", "intersentence", "bias-bench"),
            ("../crows-parity/model", "intersentence", "driftscope"),
            ("bert", "intrasentence", "stereoset-2020"), ("bert", "intrasentence", "stereoset-bias-bench"),
            ("bert", "intrasentence", "pseudo-log-likelihood"), ("roberta", "intrasentence", "stereoset-2020"),
            ("roberta", "intrasentence", "stereoset-bias-bench"),
            ("roberta", "intrasentence", "pseudo-log-likelihood"),
        ])
    func parity(model: String, split: String, profile: String) throws {
        let expected = try #require(reference.logs["\(model) \(split) \(profile)"])
        let (scorer, network) = try scorer(model, split, profile)
        let table = scorer.score(network, perToken: true)
        #expect(table.scores.count == expected.count && table.skipped.isEmpty)
        let fills = profile.hasPrefix("stereoset")
        for (score, logs) in zip(table.scores, expected) {
            #expect(score.sentences.map(\.name) == ["stereotype", "antiStereotype", "unrelated"])
            for (sentence, logs) in zip(score.sentences, logs) {
                let close = compare(
                    sentence.logs.map(Double.init), logs, absolute: 1e-4, relative: 1e-5, name: "\(score.id) logs")
                #expect(close.isClose, "\(close)")
            }
            func means(_ body: (Double) -> Double) -> [Double] {
                logs.map { sentence in sentence.reduce(0) { $0 + body($1) } / Double(sentence.count) }
            }
            #expect(compare(score.means.list, means { $0 }, absolute: 1e-5, relative: 1e-5).isClose)
            #expect((score.probabilities != nil) == fills)
            if let probabilities = score.probabilities {
                let close = compare(probabilities.list, means { exp($0) }, absolute: 1e-9, relative: 1e-4)
                #expect(close.isClose, "\(score.id) probabilities: \(close)")
            }
        }
        // The bias of a domain is the same as a function of the model.
        for domain in scorer.domains {
            #expect(abs(scorer.biasObjective(domain).value(network) - table.bias(domain)) < 1e-5)
        }
    }

    @Test("a space before the word, the begin token in context and the context itself would be noticed")
    func differences() throws {
        for (one, other) in [
            ("roberta intrasentence stereoset-2020", "roberta intrasentence stereoset-bias-bench"),
            ("../crows-parity/model intersentence bias-bench", "../crows-parity/model intersentence driftscope"),
        ] {
            let (one, other) = (try #require(reference.logs[one]), try #require(reference.logs[other]))
            let differ = zip(one.joined(), other.joined()).count {
                compare($0, $1, absolute: 1e-2, relative: 0).ratio > 1
            }
            #expect(differ == one.count * 3)
        }
    }

    @Test("what the three sentences begin with alike is asked for once")
    func sharing() throws {
        let (scorer, model) = try scorer("../crows-parity/model", "intrasentence", "driftscope")
        let table = scorer.score(model, perToken: true)
        let whole = table.scores.flatMap(\.sentences).reduce(0) { $0 + $1.tokens.count }
        let shared = table.scores.reduce(0) { sum, score in
            let tokens = score.sentences.map(\.tokens)
            func common(_ a: [Int32], _ b: [Int32]) -> Int { zip(a, b).prefix { $0 == $1 }.count }
            return sum + common(tokens[0], tokens[1]) + max(common(tokens[0], tokens[2]), common(tokens[1], tokens[2]))
        }
        #expect(scorer.predictionCount == whole - shared && shared > 20)
        // A sentence costs no more than one of a pair, and of one that follows a context the head runs after it alone.
        for split in ["intrasentence", "intersentence"] {
            let (scorer, _) = try self.scorer("../crows-parity/model", split, "driftscope")
            let pairs = scorer.items.map { item in
                PairItem(row: item.row, more: item.contrast.more, less: item.contrast.less, biasType: item.domain)
            }
            let two = try PairScorer(
                pairs: PairSet(name: "pairs", items: pairs),
                tokenizer: try CheckpointFolder.load(folder.appendingPathComponent("../crows-parity/model").path)
                    .tokenizer,
                profile: .driftscope, contextLength: 64
            ).load(model)
            let (a, b) = (model.forwardOperations(scorer.load(model)) / 3, model.forwardOperations(two) / 2)
            #expect(a <= b, "\(split): \(a) operations a sentence, of a pair \(b)")
        }
        // The bias needs only the two sentences that it compares.
        #expect(scorer.biasObjective("gender").sequences.sequenceCount == 4)
    }
}

extension StereoSetTriple {
    /// Stereotype, anti-stereotype, unrelated.
    fileprivate var list: [Value] { [stereotype, antiStereotype, unrelated] }
}
