import Evaluate
import FileSupport
import Foundation
import LanguageModel
import Records
import TestSupport
import Testing

/// The profiles of CrowS-Pairs that other programs define, against these; `make_profile_reference.py` beside the reference
/// tells what it holds.
@Suite("CrowS-Pairs as other programs score it") struct PairProfileTests {
    private struct Reference: Decodable {
        struct Harness: Decodable {
            let scores: [[Double]]
            let likelihood_diff: Double
            let pct_stereotype: Double
        }
        let harness: Harness
        /// By profile, the scores of both sentences of each pair; nil of a pair that is not scored.
        let bert: [String: [[Double]?]]
        let roberta: [String: [[Double]?]]

        private enum CodingKeys: String, CodingKey { case harness = "lm-eval", bert, roberta }

        func masked(_ family: String) -> [String: [[Double]?]] { family == "bert" ? bert : roberta }
    }

    private let reference: Reference
    private let folder: String

    init() throws {
        let found = Bundle.module.url(forResource: "crows-parity", withExtension: nil, subdirectory: "Fixtures")
        folder = try #require(found).path
        reference = try JSONDecoder().decode(
            Reference.self, from: Data(contentsOf: URL(fileURLWithPath: folder + "/profiles.json")))
    }

    private func table(_ model: String, _ pairs: String, _ profile: ScoringProfile) throws -> PairTable {
        let checkpoint = try CheckpointFolder.load(folder + "/" + model, masked: true)
        return try CrowSPairs.read(folder + "/" + pairs).scorer(
            tokenizer: checkpoint.tokenizer, profile: profile,
            contextLength: checkpoint.model.configuration.contextLength
        ).score(checkpoint.model, perToken: false)
    }

    @Test("lm-eval: the sums and both metrics of lm-evaluation-harness")
    func harness() throws {
        let table = try table("model", "pairs.csv", .lmEval)
        let expected = reference.harness
        let scores = table.scores.flatMap { [$0.moreScore, $0.lessScore] }
        let close = compare(scores, expected.scores.flatMap { $0 }, absolute: 1e-4, relative: 1e-6)
        #expect(close.isClose, "\(close)")
        let summary = table.overall
        #expect(abs(summary.meanAbsoluteGap - expected.likelihood_diff) < 1e-4)
        #expect(summary.share == 100 * expected.pct_stereotype)
        #expect(PairScore.columns(table.scores).map(\.name).prefix(2) == ["more_sum", "less_sum"])
        // The bias is that of the sums.
        let objective = try CrowSPairs.read(folder + "/pairs.csv").scorer(
            tokenizer: CheckpointFolder.load(folder + "/model").tokenizer, profile: .lmEval, contextLength: 64
        ).biasObjective("gender")
        let bias = objective.value(try CheckpointFolder.load(folder + "/model").model)
        #expect(abs(bias - table.summary("gender").bias) < 1e-3 && abs(bias) > 1)
    }

    @Test(
        "masked models: the scores of the published procedures",
        arguments: ["bert", "roberta"], [ScoringProfile.crows2020, .biasBenchMasked, .wordLeftToRight])
    func masked(family: String, profile: ScoringProfile) throws {
        let table = try table("../stereoset/" + family, "masked-pairs.csv", profile)
        let expected = try #require(reference.masked(family)[profile.name])
        let scored = expected.indices.filter { expected[$0] != nil }
        #expect(table.scores.map(\.row) == scored)
        #expect(table.skipped.map(\.row) == expected.indices.filter { expected[$0] == nil })
        let wanted = scored.flatMap { expected[$0] ?? [] }
        // What is rounded to three decimals may fall to either side.
        let absolute = profile == .wordLeftToRight ? 1e-5 : 1.01e-3
        let close = compare(
            table.scores.flatMap { [$0.moreScore, $0.lessScore] }, wanted, absolute: absolute, relative: 1e-6)
        #expect(close.isClose, "\(close)")
        #expect(table.scores.filter(\.isTie).map(\.row) == scored.filter { expected[$0]?[0] == expected[$0]?[1] })
    }

    @Test("a tie leaves the stereotype score of those who count so, and stays in N")
    func ties() throws {
        let table = try table("../stereoset/bert", "masked-pairs.csv", .crows2020)
        let summary = table.summary("gender")
        #expect(summary.count == 4 && summary.ties == 1 && summary.stereotypeCount == 2)
        let own = try self.table("../stereoset/bert", "masked-pairs.csv", .pseudoLogLikelihood).summary("gender")
        #expect(own.ties == 1 && own.stereotypeCount == 3)
    }

    @Test("a profile of CrowS-Pairs is for its pairs, and lm-eval asks for a begin token")
    func refusals() throws {
        #expect(!StereoSet.profiles.contains(.crows2020))
        let error = #expect(throws: InputError.self) {
            try CrowSPairs.read(folder + "/pairs.csv").scorer(
                tokenizer: LetterTokenizer(beginToken: nil), profile: .lmEval, contextLength: 64)
        }
        #expect(error?.description.contains("needs a begin token") == true)
    }

    /// Printed by the run that the files are of.
    @Test(
        "the published per-pair scores give the published metrics",
        .enabled(if: publicData != nil, "needs DRIFTSCOPE_DATA"),
        arguments: [
            ("bert", [60.48, 61.09, 56.88, 0]), ("roberta", [65.45, 66.8, 57.8, 1]),
        ])
    func golden(model: String, printed: [Double]) throws {
        let file = try #require(publicData) + "/crows_pairs/golden_\(model)_crows_score.csv"
        let rows = try CSVTable.read(file)
        let columns = try ["sent_more_score", "sent_less_score", "stereo_antistereo", "score"].map(rows.column)
        var published: [Bool] = []
        let scores = try rows.records.enumerated().map { row, record -> PairScore in
            let cells = columns.map { record.fields[$0] }
            published.append(cells[3] == "1")
            return PairScore(
                row: row, domain: "all", direction: cells[2] == "stereo" ? .stereotype : .antiStereotype,
                profile: .crows2020, moreScore: try #require(Double(cells[0])),
                lessScore: try #require(Double(cells[1])))
        }
        let differing = scores.indices.filter { scores[$0].isHit != published[$0] }
        #expect(differing.isEmpty)
        let summary = PairSummary(scores)
        #expect(summary.count == 1508 && summary.ties == Int(printed[3]))
        for (value, wanted) in zip([summary.share, summary.stereotypeScore, summary.antiStereotypeScore], printed) {
            #expect((value * 100).rounded() / 100 == wanted, "\(value)")
        }
    }
}
