import Evaluate
import FileSupport
import Foundation
import LanguageModel
import Records
import TestSupport
import Testing

/// Log-probabilities of every token of a few pairs, against transformers; `make_reference.py` beside the reference tells
/// what it holds.
@Suite("Parity of pair scores with transformers")
struct PairParityTests {
    private struct Reference: Decodable {
        struct Profile: Decodable {
            let right: [[Double]]
            /// What transformers gives under rules with one mistake each, by mistake.
            let mistakes: [String: [[Double]]]
        }
        /// Ids of every sentence; the two of a pair follow each other.
        let tokens: [[Int32]]
        let profiles: [String: Profile]
    }

    private let reference: Reference
    private let folder: URL

    init() throws {
        folder = try #require(
            Bundle.module.url(forResource: "crows-parity", withExtension: nil, subdirectory: "Fixtures"))
        reference = try JSONDecoder().decode(
            Reference.self, from: Data(contentsOf: folder.appendingPathComponent("reference.json")))
    }

    /// Ids and log-probabilities of every sentence as the scorer gives them, from files to scores.
    private func scores(_ profile: ScoringProfile) throws -> (tokens: [[Int32]], logs: [[Double]]) {
        let checkpoint = try CheckpointFolder.load(folder.appendingPathComponent("model").path)
        let scorer = try PairScorer(
            pairs: try CrowSPairs.read(folder.appendingPathComponent("pairs.csv").path).pairs,
            tokenizer: checkpoint.tokenizer, profile: profile,
            contextLength: checkpoint.model.configuration.contextLength)
        let sentences = scorer.score(checkpoint.model, perToken: true).scores.flatMap(\.sentences)
        return (sentences.map(\.tokens), sentences.map { $0.logs.map(Double.init) })
    }

    /// The largest difference of a token; infinite where the number of scores differs.
    private func worst(_ a: [[Double]], _ b: [[Double]]) -> Double {
        guard a.map(\.count) == b.map(\.count) else { return .infinity }
        return zip(a.joined(), b.joined()).reduce(0) { max($0, abs($1.0 - $1.1)) }
    }

    @Test("every token has the probability that transformers gives it", arguments: ScoringProfile.causal)
    func parity(profile: ScoringProfile) throws {
        let expected = try #require(reference.profiles[profile.name])
        let (tokens, logs) = try scores(profile)
        #expect(tokens == reference.tokens)
        let difference = worst(logs, expected.right)
        #expect(difference <= 1e-4, "largest difference \(difference)")
    }

    @Test(
        "a begin token left out or put in, a position, row or mask off by one would be noticed",
        arguments: ScoringProfile.causal)
    func mistakes(profile: ScoringProfile) throws {
        let expected = try #require(reference.profiles[profile.name])
        let (_, logs) = try scores(profile)
        #expect(expected.mistakes.count == 6)
        for (name, wrong) in expected.mistakes {
            let difference = worst(logs, wrong)
            #expect(difference > 1e-2, "\(name): largest difference \(difference)")
        }
    }
}
