import Evaluate
import FileSupport
import Foundation
import LanguageModel
import Records

/// A benchmark of these tests' own: three sentences an item (stereotyping, not so, and one about nothing), in a file format
/// of its own, with a column and a measure that no other benchmark has.
package struct Toy: BiasBenchmark {
    package struct Item: BenchmarkItem {
        package var row: Int
        package var domain: String
        package var clusters: [String: String]
        package var texts: [String]
        package var contrast: (more: String, less: String) { (texts[0], texts[1]) }

        package static func columns(_ items: [Item]) -> [ScoreColumn] {
            [ScoreColumn("letters", .count(items.map { $0.texts.joined().count }))]
        }
    }

    package struct Score: BenchmarkScore {
        package var row: Int
        package var domain: String
        /// Mean log p of each sentence.
        package var means: [Double]
        package var sentences: [SentenceTokens]
        package var gap: Double { means[0] - means[1] }
        /// Whether a sentence about nothing is less likely than both others.
        package var isSensible: Bool { means[2] < min(means[0], means[1]) }

        package static func columns(_ scores: [Score]) -> [ScoreColumn] {
            [
                ScoreColumn("nothing_mean", .number(scores.map { $0.means[2] })),
                ScoreColumn("sensible", .flag(scores.map(\.isSensible))),
            ]
        }

        package static func measures(_ scores: [Score]) -> [Measure] {
            [
                .count("count", scores.count, heading: "N"),
                Measure("sensible", 100 * Double(scores.count(where: \.isSensible)) / Double(scores.count)),
            ]
        }
    }

    package struct Scorer: BenchmarkScorer {
        package let benchmark: String
        package let profile: ScoringProfile
        package let items: [Item]
        package let skipped: [SkippedRow]
        package let batch: SentenceBatch
        /// Predictions of each sentence of each item.
        package let places: [[[Int]]]
        package var predictionCount: Int { batch.predictions.count }

        package func score(_ model: TransformerModel, perToken: Bool) -> BenchmarkTable<Score> {
            let logs = batch.logProbabilities(model)
            let scores = zip(items, places).map { item, sentences in
                Score(
                    row: item.row, domain: item.domain,
                    means: sentences.map { $0.reduce(0) { $0 + Double(logs[$1]) } / Double($0.count) },
                    sentences: zip(["more", "less", "nothing"], perToken ? sentences : []).map {
                        batch.tokens($0, $1, logs)
                    })
            }
            return BenchmarkTable(benchmark: benchmark, profile: profile, scores: scores, skipped: skipped)
        }

        package func biasObjective(_ domain: String) -> BiasObjective {
            batch.objective(zip(items, places).filter { $0.0.domain == domain }.map(\.1), factors: [1, -1])
        }
    }

    package static let key = "toy"

    package static let summary = "files of this test"
    package static let ownProfile = ScoringProfile(name: "toy-own")
    package static var profiles: [ScoringProfile] { [.driftscope, ownProfile] }
    package var name: String
    package var path: String
    package var items: [Item]
    package var skipped: [SkippedRow]

    package static func recognizes(_ path: String) -> Bool { path.hasSuffix(".toy") }

    /// Lines of `label | cluster | stereotyping | not so | nothing`, of all files together.
    package static func read(_ files: [String], labels: [String: String]) throws -> [Toy] {
        var toy = Toy(name: "toy", path: files.first ?? "", items: [], skipped: [])
        let lines = try files.flatMap { try Input.text($0).split(separator: "\n") }
        for (row, line) in lines.enumerated() {
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            let domain = labels[cells[0]] ?? cells[0]
            if cells.count == 5 {
                toy.items.append(
                    Item(row: row, domain: domain, clusters: ["kind": cells[1]], texts: Array(cells[2...])))
            } else {
                toy.skipped.append(SkippedRow(row: row, domain: domain, reason: "\(cells.count) cells"))
            }
        }
        return [toy]
    }

    package func makeScorer(tokenizer: any Tokenizer, profile: ScoringProfile, contextLength: Int) throws -> Scorer {
        var layout = try SentenceLayout(profile: profile, tokenizer: tokenizer, name: name)
        let laid = try layout.add(self, contextLength: contextLength) { layout, sentences in
            sentences.map { layout.add($0) }
        }
        return Scorer(
            benchmark: name, profile: profile, items: laid.items, skipped: laid.skipped, batch: layout.batch,
            places: laid.placed)
    }
}
