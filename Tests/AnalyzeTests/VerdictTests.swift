import Analyze
import Foundation
import Testing

@Suite("Verdict")
struct VerdictTests {
    @Test("supported for a domain that falls with the target, not supported for one that stays within the margin")
    func supported() throws {
        let result = try TransferFixture().analyse()
        let race = try #require(result.verdicts.first { $0.domain == "race" })
        #expect(race.outcome == .supported, "\(race.sentence)")
        #expect(race.numbers.filter { $0.rule == .supported }.allSatisfy { $0.holds == true })
        #expect(race.sentence.contains("race") && race.sentence.contains("Holm"))
        let age = try #require(result.verdicts.first { $0.domain == "age" })
        #expect(age.outcome == .notSupported, "\(age.sentence)")
        #expect(result.verdicts.map(\.domain) == ["race", "age"])
        let decoded = try JSONDecoder().decode(AnalysisResult.self, from: JSONEncoder().encode(result))
        #expect(decoded == result)
    }

    @Test("a bias below 0 that rises to 0 falls as well")
    func mirrored() throws {
        let fixture = TransferFixture(bias: [-0.09, -0.08, -0.07], tau: [0.07, 0.05, 0])
        #expect(try fixture.verdict("race")?.outcome == .supported)
    }

    @Test("nothing to forget where the target's bias cannot be told from 0")
    func nothing() throws {
        let fixture = TransferFixture(bias: [0, 0.08, 0.07])
        #expect(try fixture.verdict("race")?.outcome == .nothingToForget)
    }

    @Test("a ruined model is damage even where there was nothing to forget; an even change of no bias is none")
    func nothingLeft() throws {
        var fixture = TransferFixture(bias: [0, 0.08, 0.07])
        fixture.setPerplexity(after: 7.2)
        let verdict = try #require(try fixture.verdict("race"))
        #expect(verdict.outcome == .damage && verdict.sentence.contains("damaged"), "\(verdict.sentence)")
        #expect(try TransferFixture(bias: [0, 0.08, 0.07], even: -0.1).verdict("race")?.outcome == .nothingToForget)
    }

    @Test("damage where a budget is broken, was not measured, or the even part exceeds the odd part")
    func damage() throws {
        var broken = TransferFixture()
        broken.setPerplexity(after: 7.2)
        #expect(try broken.verdict("race")?.outcome == .damage)
        broken.setPerplexity(after: .nan)
        #expect(try broken.verdict("race")?.outcome == .damage)
        #expect(try TransferFixture(even: -0.1).verdict("race")?.outcome == .damage)
        #expect(try TransferFixture(even: -0.03).verdict("race")?.outcome == .supported)
    }

    @Test("a change within the margin is no transfer, however sure it is that it is not 0")
    func smallButSure() throws {
        let verdict = try #require(
            try TransferFixture(tau: [-0.07, -0.012, 0], noise: 0.01, nullSpread: 0.001).verdict("race"))
        #expect(verdict.outcome == .notSupported, "\(verdict.sentence)")
    }

    @Test("negative transfer where the bias of the domain grows")
    func negative() throws {
        let verdict = try #require(try TransferFixture(tau: [-0.07, 0.05, 0]).verdict("race"))
        #expect(verdict.outcome == .negativeTransfer, "\(verdict.sentence)")
    }

    @Test("inconclusive with the number of items that would decide where the noise is large")
    func inconclusive() throws {
        let verdict = try #require(try TransferFixture(tau: [-0.07, -0.01, 0], noise: 0.2).verdict("race"))
        #expect(verdict.outcome == .inconclusive, "\(verdict.sentence)")
        #expect(try #require(verdict.itemsToDecide) > 120)
    }

    @Test("a fall that matched damage gives as well is not supported as transfer")
    func withinNull() throws {
        let fixture = TransferFixture(nullSpread: 0.1)
        let verdict = try #require(try fixture.verdict("race"))
        #expect(verdict.outcome == .inconclusive)
        #expect(verdict.numbers.contains { $0.name.hasPrefix("p of the excess") && $0.holds == false })
    }

    enum Missing: CaseIterable { case nulls, doses, budgets, commonPart, exposed, targetStays }

    @Test(
        "a required number that is missing, or a target that does not fall, never ends in supported",
        arguments: Missing.allCases)
    func missing(_ what: Missing) throws {
        var fixture = TransferFixture(nulls: what == .nulls ? 198 : 199)
        switch what {
        case .nulls: break
        case .doses: fixture.remove(.dose)
        case .budgets: fixture.records.metadata.outcome = nil
        case .commonPart: fixture.edit { $0.afterCommonRemoved = nil }
        case .exposed: fixture.edit { $0.identityExposed = true }
        case .targetStays: fixture.edit { if $0.domain == "gender" { $0.after = $0.before } }
        }
        let verdict = try #require(try fixture.verdict("race"))
        #expect(verdict.outcome == .inconclusive, "\(verdict.sentence)")
        #expect(verdict.itemsToDecide == nil && verdict.itemsReason?.isEmpty == false)
    }

    @Test("a finding that vanishes with the common part is not supported; a waived check is named in the sentence")
    func commonPart() throws {
        var fixture = TransferFixture()
        fixture.edit { $0.afterCommonRemoved = $0.before }
        #expect(try fixture.verdict("race")?.outcome == .inconclusive)
        fixture.settings.commonPartCheck = .notApplicable
        let verdict = try #require(try fixture.verdict("race"))
        #expect(verdict.outcome == .supported)
        #expect(verdict.sentence.contains("not checked, by the study's choice"))
    }
}
