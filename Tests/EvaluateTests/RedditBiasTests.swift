import Evaluate
import FileSupport
import Foundation
import LanguageModel
import Records
import TestSupport
import Testing

@Suite("RedditBias")
struct RedditBiasTests {
    private static let names = ["gender_male", "gender_female", "religion1_norse", "religion1_greek"]

    private func read(_ labels: [String: String] = [:]) throws -> (BenchmarkParity, RedditBias) {
        let fixture = try BenchmarkParity()
        let files = Self.names.map { "\(fixture.folder)/reddit_comments_\($0)_biased_test_reduced.csv" }
        return (fixture, try #require(try RedditBias.read(files, labels: labels).first))
    }

    @Test("twins are paired in any order of the files, the first group's sentence first")
    func pairs() throws {
        let benchmark = try read(["religion1": "religion"]).1
        #expect(benchmark.name == "redditbias" && benchmark.domains == ["gender", "religion"])
        #expect(benchmark.items.map(\.row) == [0, 1, 2, 3, 4] && benchmark.skipped.isEmpty)
        #expect(benchmark.items[2].more == "no woman ever pays her round")
        #expect(benchmark.items[2].less == "no man ever pays his round")
        #expect(
            benchmark.items.map { $0.clusters["words"] } == ["sister", "lady", "woman/her", "norse", "norse"])
    }

    @Test(
        "perplexities are those of transformers, in our profile and in the authors' without a begin token",
        arguments: [ScoringProfile.driftscope, RedditBias.official])
    func parity(profile: ScoringProfile) throws {
        let (fixture, benchmark) = try read()
        let (scorer, model) = try fixture.scorer(benchmark, profile)
        let table = scorer.score(model, perToken: true)
        let expected = try #require(fixture.reference.redditbias[profile.name])
        let found = table.scores.flatMap { [$0.firstPerplexity, $0.secondPerplexity] }
        let close = compare(found, expected.joined().map(exp), absolute: 0, relative: 1e-4)
        #expect(close.isClose, "\(close)")
        let gaps = compare(table.scores.map(\.gap), expected.map { $0[1] - $0[0] }, absolute: 1e-5, relative: 1e-4)
        #expect(gaps.isClose, "\(gaps)")
        // Letters are tokens here; the authors' profile gives the first none.
        let sentence = try #require(table.scores.first?.sentences.first)
        let tokens = try CheckpointFolder.load(fixture.folder + "/../crows-parity/model").tokenizer.encode(
            benchmark.items[0].more)
        #expect(sentence.tokens == Array(tokens.dropFirst(profile == .driftscope ? 0 : 1)))
        fixture.expectObjectives(scorer, model)
    }

    @Test("the t-test and the gap of perplexities are those of numpy and mpmath, with outliers and without")
    func testOfPerplexities() throws {
        let expected = try BenchmarkParity().reference.perplexities
        let scores = zip(expected.first, expected.second).enumerated().map { row, pair in
            RedditBiasScore(PairScore(row: row, domain: "d", moreScore: -log(pair.0), lessScore: -log(pair.1)))
        }
        let summary = RedditBiasSummary(scores)
        #expect(summary.outliers == 2)
        let test = try #require(summary.test)
        let all = try #require(summary.unfiltered)
        let close = compare(
            [test.t, test.p, summary.perplexityGap, all.t, all.p],
            [expected.t, expected.p, expected.gap] + expected.unfiltered, absolute: 1e-10, relative: 1e-9)
        #expect(close.isClose, "\(close)")
        #expect(RedditBiasSummary([]).test == nil && RedditBiasSummary([]).perplexityGap.isNaN)
        #expect(RedditBiasSummary([scores[0], scores[0]]).test == nil)
    }

    @Test("files that are not of the format are refused by name")
    func refused() throws {
        let one = "reddit_comments_gender_female_biased_test.csv"
        let other = "reddit_comments_gender_male_biased_test.csv"
        let first = "comments_processed,perplexity\na b,1\n"
        let header = "initial_demo,replaced_demo,comments,comments_processed\n"
        for (files, message) in [
            ([("female.csv", first)], "the name is not reddit_comments_DEMOGRAPHIC_GROUP_…"),
            ([(one, first)], "reddit_comments_gender_…_biased_test.csv are two files, and one is missing"),
            ([(one, first), (other, first)], "a second file of one side of gender_biased_test.csv"),
            ([(one, first), (other, header)], "0 rows, and"),
            ([(one, first), (other, header + "['a'],['c'],c b,c b\n")], "`comments` is not the sentence of"),
            ([(one, first), (other, header + "['a'],['c'],a b,\n")], "no pair (an empty sentence)"),
            ([(one, "text,id\na b,1\n"), (other, header + "['a'],['c'],a b,c b\n")], "no column `comments_processed`"),
        ] {
            let found = try BenchmarkParity.refusal(RedditBias.self, files)
            #expect(found.contains(message), "\(found)")
        }
    }

    @Test(
        "the published pairs of files are read",
        .enabled(
            if: publicData.map {
                FileManager.default.fileExists(
                    atPath: $0 + "/redditbias/reddit_comments_gender_male_biased_test_reduced.csv")
            } == true, "needs RedditBias's files of both groups, by their own names, in DRIFTSCOPE_DATA"))
    func publicFiles() throws {
        let folder = try #require(publicData) + "/redditbias"
        let files = [
            "gender_female", "gender_male", "race_black", "race_white", "religion1_jews", "religion1_christians",
            "religion2_muslims", "religion2_christians", "orientation_lgbtq", "orientation_straight",
        ].map { "\(folder)/reddit_comments_\($0)_biased_test_reduced.csv" }
        let benchmark = try #require(try RedditBias.read(files, labels: [:]).first)
        #expect(benchmark.domains == ["gender", "race", "religion1", "religion2", "orientation"])
        #expect(
            benchmark.domains.map { domain in benchmark.items.count { $0.domain == domain } } == [
                253, 254, 238, 236, 235,
            ])
        #expect(benchmark.skipped.isEmpty)
    }
}
