import Embeddings
import Evaluate
import FileSupport
import LanguageModel
import LinearAlgebra
import Records
import Report
import Statistics

/// The results of WEAT and SEAT for one model, as `driftscope evaluate` prints them.
struct AssociationResults {
    private let sets: [AssociationSets]
    /// By test, a space each.
    private let scores: [[AssociationScores]]
    private let tests: [[AssociationTest?]]

    /// Runs the model over all tests.
    init(_ sets: [AssociationSets], _ checkpoint: LoadedCheckpoint, _ progress: ProgressLine) throws {
        self.sets = sets
        scores = try sets.map { set in
            progress.begin("associations of \(set.name)")
            defer { progress.finishLine() }
            return try set.scores(of: checkpoint.model, tokenizer: checkpoint.tokenizer)
        }
        tests = scores.map { $0.map { AssociationTest($0) } }
    }

    var text: String {
        var out = ""
        for (set, (scores, tests)) in zip(sets, zip(scores, tests)) {
            let title =
                "\(set.name): \(set.targets.first.category) against \(set.targets.second.category), "
                + "\(set.attributes.first.category) against \(set.attributes.second.category)"
            out += title.oneLine + "\n"
            var table = TextTable(["space", "X", "Y", "d", "p", "partitions"])
            for (score, test) in zip(scores, tests) {
                table.add([
                    score.space, String(score.first.count), String(score.second.count),
                    test?.effectSize.map { NumberText.fixed($0, 4) } ?? "-", test.map { NumberText.text($0.p) } ?? "-",
                    test.map { "\($0.partitions) \($0.isExact ? "(all)" : "drawn")" } ?? "-",
                ])
            }
            out += table.text
            for score in scores where !score.leftOut.isEmpty {
                let named = score.leftOut.prefix(5).joined(separator: ", ").oneLine
                out += "left out of \(score.space): \(score.leftOut.count) of \(set.texts.count) texts (\(named)"
                out += score.leftOut.count > 5 ? ", …)\n" : ")\n"
            }
            out += set.notes.map { "note: \($0)\n" }.joined() + "\n"
        }
        guard sets.count > 1 else { return out }
        return out
            + means.map { "mean |d| of \($0.space) over \($0.tests) tests: \(NumberText.fixed($0.mean, 4))\n" }
            .joined() + "\n"
    }

    var json: JSON {
        .object([
            (
                "tests",
                .array(
                    zip(sets, zip(scores, tests)).flatMap { set, found in
                        zip(found.0, found.1).map { Self.json(set, $0, $1) }
                    })
            ),
            (
                "meanAbsoluteEffect",
                .array(
                    means.map {
                        ["space": .string($0.space), "tests": .integer($0.tests), "value": .number($0.mean)]
                    })
            ),
        ])
    }

    /// A row a target, s(w) in the place of the gap.
    var tables: [any ScoreTable] {
        zip(sets, scores).flatMap { set, spaces in
            spaces.map { space -> any ScoreTable in
                let groups = [(set.targets.first.category, space.first), (set.targets.second.category, space.second)]
                let targets = groups.flatMap { category, targets in targets.map { (category, $0) } }
                return BenchmarkTable(
                    benchmark: set.name, profile: .driftscope,
                    scores: targets.enumerated().map { row, target in
                        TargetScore(
                            row: row, domain: target.0, gap: target.1.value, space: space.space, text: target.1.text)
                    })
            }
        }
    }

    /// The mean |d| of every space over the tests that have one there: the summary number of bias-bench.
    private var means: [(space: String, tests: Int, mean: Double)] {
        let found = zip(scores.joined(), tests.joined()).compactMap { score, test in
            test?.effectSize.map { (score.space, abs($0)) }
        }
        return found.map(\.0).uniqued().map { space in
            let values = found.filter { $0.0 == space }.map(\.1)
            return (space, values.count, Summary.mean(values))
        }
    }

    private static func json(_ set: AssociationSets, _ score: AssociationScores, _ test: AssociationTest?) -> JSON {
        func number(_ value: Double?) -> JSON { value.map { .number($0) } ?? .null }
        return [
            "test": .string(set.name), "space": .string(score.space),
            "targets": .array([.string(set.targets.first.category), .string(set.targets.second.category)]),
            "attributes": .array([.string(set.attributes.first.category), .string(set.attributes.second.category)]),
            "targetCounts": .array([.integer(score.first.count), .integer(score.second.count)]),
            "effectSize": number(test?.effectSize), "populationEffectSize": number(test?.populationEffectSize),
            "p": number(test?.p), "partitions": test.map { .integer($0.partitions) } ?? .null,
            "exact": test.map { .bool($0.isExact) } ?? .null,
            "leftOut": .array(score.leftOut.map { .string($0) }), "notes": .array(set.notes.map { .string($0) }),
        ]
    }
}

extension AssociationTest {
    /// Tests the targets of a space; the partitions drawn depend on the names of the test and the space alone.
    init?(_ scores: AssociationScores) {
        var stream = RandomStream(seed: 1, label: "association/\(scores.test)/\(scores.space)")
        self.init(first: scores.first.map(\.value), second: scores.second.map(\.value), stream: &stream)
    }
}

/// A target of a test in a space, as a row of `--per-item`.
private struct TargetScore: BenchmarkScore {
    var row: Int
    var domain: String
    var gap: Double
    var space: String
    var text: String

    static func columns(_ scores: [TargetScore]) -> [ScoreColumn] {
        [ScoreColumn("space", .text(scores.map(\.space))), ScoreColumn("target", .text(scores.map(\.text)))]
    }
}
