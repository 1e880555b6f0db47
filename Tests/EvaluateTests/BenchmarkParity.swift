import Evaluate
import FileSupport
import Foundation
import LanguageModel
import Records
import TestSupport
import Testing

/// The fixture of HateCheck, RedditBias, BBQ and HolisticBias; `make_reference.py` in it tells what it holds.
struct BenchmarkParity {
    struct Reference: Decodable {
        struct Perplexities: Decodable {
            let first: [Double]
            let second: [Double]
            let t: Double
            let p: Double
            let gap: Double
            /// t and p with the outliers.
            let unfiltered: [Double]
        }
        struct Condition: Decodable {
            let accuracy: Double
            let s: Double
        }
        struct Answers: Decodable {
            let means: [[Double]]
            let predictions: [Int]
            let ambig: Condition
            let disambig: Condition
        }
        struct Pair: Decodable {
            let axis: String
            let texts: [String]
            let gap: Double
        }
        let hatecheck: [Double]
        let redditbias: [String: [[Double]]]
        let perplexities: Perplexities
        let bbq: Answers
        let holisticbias: [Pair]
    }

    let folder: String
    let reference: Reference

    init() throws {
        folder = try #require(
            Bundle.module.url(forResource: "benchmark-parity", withExtension: nil, subdirectory: "Fixtures")
        ).path
        reference = try JSONDecoder().decode(
            Reference.self, from: Data(try Input.bytes(folder + "/reference.json")))
    }

    /// A benchmark laid out for the model that the references were made with.
    func scorer<B: BiasBenchmark>(
        _ benchmark: B, _ profile: ScoringProfile = .driftscope
    ) throws -> (B.Scorer, TransformerModel) {
        let checkpoint = try CheckpointFolder.load(folder + "/../crows-parity/model")
        let scorer = try benchmark.scorer(
            tokenizer: checkpoint.tokenizer, profile: profile,
            contextLength: checkpoint.model.configuration.contextLength)
        return (scorer, checkpoint.model)
    }

    /// Whether the bias of every domain is the same as a function of the model, with the gradient of finite differences.
    func expectObjectives(_ scorer: some BenchmarkScorer, _ model: TransformerModel) {
        for domain in scorer.domains {
            let objective = scorer.biasObjective(domain)
            #expect(abs(objective.value(model) - scorer.score(model).bias(domain)) < 1e-5, "\(domain)")
            // A quarter of the usual step: these models bend more along the direction.
            let found = slopes(
                of: { scorer.score($0).bias(domain) }, objective.gradient(model), at: model, seed: 9, step: 2.5e-4)
            #expect(
                abs(found.differences - found.gradient) < 5e-3 * max(1, abs(found.gradient)), "\(domain): \(found)")
            #expect(abs(found.gradient) > 1e-2, "\(domain): \(found)")
        }
        #expect(scorer.biasObjective("nowhere").predictions.isEmpty)
    }

    /// The message with which files of these texts are refused.
    static func refusal<B: BiasBenchmark>(_ kind: B.Type, _ files: [(String, String)]) throws -> String {
        let place = try temporaryFolder("benchmark")
        for (name, text) in files { try AtomicFile.write(text, to: place + "/" + name) }
        let paths = files.map { place + "/" + $0.0 }
        return #expect(throws: InputError.self) { try kind.read(paths, labels: [:]) }?.description ?? ""
    }
}

extension ScoreTable {
    /// Values of the measures of a domain, or of all, by name.
    func values(_ domain: String? = nil) -> [String: Double] {
        Dictionary(measures(domain).map { ($0.name, $0.value) }) { first, _ in first }
    }
}
