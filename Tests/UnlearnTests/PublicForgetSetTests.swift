import BuiltInStudy
import LanguageModel
import TestSupport
import Testing
import Unlearn

@Suite("Forget set on public data", .enabled(if: publicData != nil, "needs DRIFTSCOPE_DATA"))
struct PublicForgetSetTests {
    func read(_ file: String, _ reading: ForgetFilter.Reading, _ exclusion: DomainExclusion? = nil) throws -> ForgetSet
    {
        let data = try #require(publicData)
        let tokenizer = try ByteLevelBPE(
            vocabularyFile: data + "/tokenizer/gpt2_vocab.json", mergesFile: data + "/tokenizer/gpt2_merges.txt")
        let filter = ForgetFilter([
            .init(column: "label", values: ["hate"]), .init(column: "target", reading: reading, values: ["wom"]),
        ])
        let lexicon = try WordLexicon.read(BuiltInStudy.path("lexicons/harmful.json"))
        return try ForgetSetReader(
            path: data + "/dghs/" + file, idColumn: "acl.id", filter: filter, exclusion: exclusion,
            harmful: .lexicon(lexicon)
        ).read(tokenizer: tokenizer, contextLength: 1024)
    }

    @Test(
        "The women rows are 383, 405 or 551 by their reading",
        arguments: [(ForgetFilter.Reading.equals, 383), (.member, 405), (.part, 551)])
    func women(reading: ForgetFilter.Reading, rows: Int) throws {
        let summary = try read("dghs_v0.2.2_dev_test_women.csv", reading).summary
        #expect(summary.rowsRead == 551)
        #expect(summary.rowsMatching == rows)
        let counts = try #require(summary.readings.first { $0.column == "target" })
        #expect(counts.equals == 383 && counts.member == 405 && counts.part == 551)
        #expect(
            summary.sentences + summary.rowsWithoutHarmfulWord + summary.rowsWithoutText + summary.rowsOutOfReach
                == rows)
    }

    @Test("The built-in lexicon finds a word in 260 of the 551 women rows")
    func reach() throws {
        let set = try read("dghs_v0.2.2_dev_test_women.csv", .part)
        #expect(set.sentences.count == 260)
        #expect(set.sentences.allSatisfy { $0.tokens.first == 50256 && !$0.harmfulPositions.isEmpty })
        // Every chosen word's tokens spell it, a leading space aside.
        let data = try #require(publicData)
        let tokenizer = try ByteLevelBPE(
            vocabularyFile: data + "/tokenizer/gpt2_vocab.json", mergesFile: data + "/tokenizer/gpt2_merges.txt")
        for sentence in set.sentences {
            for word in sentence.harmful {
                let bytes = tokenizer.decode(word.positions.map { sentence.tokens[$0] })
                let trimmed = bytes.first == 0x20 ? Array(bytes.dropFirst()) : bytes
                #expect(trimmed == Array(word.text.utf8))
            }
        }
    }

    @Test("Excluding race and religion by label leaves only rows without those codes")
    func exclusion() throws {
        let exclusion = DomainExclusion(domains: ["race", "religion"], labelColumn: "target")
        let summary = try read("dghs_v0.2.2_dev_test_women.csv", .part, exclusion).summary
        let race = try #require(summary.exclusions.first)
        #expect(race.byLabel > 0 && race.byWord == 0)
        #expect(summary.rowsExcluded < 551 - 383)
        #expect(summary.rowsExcluded >= max(race.byEither, summary.exclusions[1].byEither))
    }
}
