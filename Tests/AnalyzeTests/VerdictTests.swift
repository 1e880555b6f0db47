import Analyze
import Foundation
import Testing

@Suite("Verdict")
struct VerdictTests {
    @Test(
        "transfer supported for a domain that falls with the target, no transfer for one that stays within the margin")
    func supported() throws {
        let result = try TransferFixture().analyse()
        let race = try #require(result.verdicts.first { $0.domain == "race" })
        #expect(race.outcome == .transferSupported, "\(race.sentence)")
        #expect(race.numbers.filter { $0.rule == .transferSupported }.allSatisfy { $0.holds == true })
        #expect(race.sentence.contains("race") && race.sentence.contains("Holm"))
        let age = try #require(result.verdicts.first { $0.domain == "age" })
        #expect(age.outcome == .noTransfer, "\(age.sentence)")
        #expect(result.verdicts.map(\.domain) == ["race", "age"])
        let decoded = try JSONDecoder().decode(AnalysisResult.self, from: JSONEncoder().encode(result))
        #expect(decoded == result)
    }

    @Test("a bias below 0 that rises to 0 falls as well")
    func mirrored() throws {
        let fixture = TransferFixture(bias: [-0.09, -0.08, -0.07], tau: [0.07, 0.05, 0])
        #expect(try fixture.verdict("race")?.outcome == .transferSupported)
    }

    @Test("not assessable where no bias of the target was found, with the number of pairs that would show one")
    func nothing() throws {
        let fixture = TransferFixture(bias: [0.001, 0.08, 0.07])
        let verdict = try #require(try fixture.verdict("race"))
        #expect(verdict.outcome == .notAssessable)
        let score = try #require(try fixture.analyse().scores.first { $0.role == .target }).before
        let interval = try #require(score.biasInterval)
        // As many times the items as the half-width that the test's power asks for exceeds the bias, squared.
        let standardError = max(
            score.gapDeviation / Double(score.count).squareRoot(), (interval.upper - interval.lower) / 3.919928)
        let times = pow((1.959964 + 0.841621) * standardError / abs(score.bias), 2)
        let wanted = Int((Double(score.count) * times).rounded(.up))
        #expect(abs(try #require(verdict.itemsToDecide) - wanted) <= max(1, wanted / 100_000))
        #expect(verdict.itemsReason?.contains("would show a bias of this size") == true)
        #expect(verdict.sentence.hasPrefix("No gender bias was found at baseline: "), "\(verdict.sentence)")
        #expect(verdict.sentence.contains("; whether race moved with it cannot be assessed. About "))
    }

    @Test("a ruined model is damage even where no bias was found; an even change of no bias is none")
    func nothingLeft() throws {
        var fixture = TransferFixture(bias: [0, 0.08, 0.07])
        fixture.setPerplexity(after: 7.2)
        let verdict = try #require(try fixture.verdict("race"))
        #expect(verdict.outcome == .damage && verdict.sentence.contains("damaged"), "\(verdict.sentence)")
        #expect(try TransferFixture(bias: [0, 0.08, 0.07], even: -0.1).verdict("race")?.outcome == .notAssessable)
    }

    @Test("damage where a budget is broken, was not measured, or the even part exceeds the odd part")
    func damage() throws {
        var broken = TransferFixture()
        broken.setPerplexity(after: 7.2)
        #expect(try broken.verdict("race")?.outcome == .damage)
        broken.setPerplexity(after: .nan)
        #expect(try broken.verdict("race")?.outcome == .damage)
        #expect(try TransferFixture(even: -0.1).verdict("race")?.outcome == .damage)
        #expect(try TransferFixture(even: -0.03).verdict("race")?.outcome == .transferSupported)
    }

    @Test("a change within the margin is no transfer, however sure it is that it is not 0")
    func smallButSure() throws {
        let verdict = try #require(
            try TransferFixture(tau: [-0.07, -0.012, 0], noise: 0.01, nullSpread: 0.001).verdict("race"))
        #expect(verdict.outcome == .noTransfer, "\(verdict.sentence)")
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
        #expect(verdict.sentence.hasPrefix("It is open whether forgetting gender changed the race bias (τ "))
    }

    @Test("a fall that matched damage gives as well is not taken for transfer")
    func withinNull() throws {
        let fixture = TransferFixture(nullSpread: 0.1)
        let verdict = try #require(try fixture.verdict("race"))
        #expect(verdict.outcome == .inconclusive)
        #expect(verdict.numbers.contains { $0.name.hasPrefix("p of the excess") && $0.holds == false })
        // What changed, its interval says; what it is, is open.
        #expect(verdict.sentence.hasPrefix("Forgetting gender changed the race bias from "), "\(verdict.sentence)")
        #expect(verdict.sentence.contains("and it is open whether that is transfer: "))
    }

    enum Missing: CaseIterable { case nulls, scaling, budgets, commonPart, exposed, targetStays }

    @Test(
        "a required number that is missing, or a target that does not fall, never ends in transfer supported",
        arguments: Missing.allCases)
    func missing(_ what: Missing) throws {
        var fixture = TransferFixture(nulls: what == .nulls ? 198 : 199)
        switch what {
        case .nulls: break
        case .scaling: fixture.remove(.dose)
        case .budgets: fixture.records.metadata.outcome = nil
        case .commonPart: fixture.edit { $0.afterCommonRemoved = nil }
        case .exposed: fixture.edit { $0.identityExposed = true }
        case .targetStays: fixture.edit { if $0.domain == "gender" { $0.after = $0.before } }
        }
        let verdict = try #require(try fixture.verdict("race"))
        #expect(verdict.outcome == .inconclusive, "\(verdict.sentence)")
        #expect(verdict.itemsToDecide == nil && verdict.itemsReason?.isEmpty == false)
    }

    @Test("a finding that vanishes with the common part is inconclusive; a waived check is named in the sentence")
    func commonPart() throws {
        var fixture = TransferFixture()
        fixture.edit { $0.afterCommonRemoved = $0.before }
        #expect(try fixture.verdict("race")?.outcome == .inconclusive)
        fixture.settings.commonPartCheck = .notApplicable
        let verdict = try #require(try fixture.verdict("race"))
        #expect(verdict.outcome == .transferSupported)
        #expect(verdict.sentence.contains("not checked, by the study's choice"))
    }
}
