import Analyze
import LinearAlgebra
import Records
import Testing

/// Two domains forgotten at once: gender and age; race is asked about.
private func fixture(
    bias: [Double] = [0.09, 0.08, 0.07], tau: [Double] = [-0.07, -0.05, -0.06], even: Double = 0
) -> TransferFixture {
    var fixture = TransferFixture(bias: bias, tau: tau, even: even)
    fixture.request.domains = [
        AnalysisDomain(name: "gender", role: .target), AnalysisDomain(name: "age", role: .target),
        AnalysisDomain(name: "race", role: .transfer),
    ]
    return fixture
}

@Suite("Several targets")
struct SeveralTargetsTests {
    private func names(_ verdict: Verdict, _ rule: VerdictOutcome) -> [String] {
        verdict.numbers.filter { $0.rule == rule }.map(\.name)
    }

    @Test("each target has its row and no verdict; all fell, so that the other domain's fall is transfer")
    func allFell() throws {
        let result = try fixture().analyse()
        #expect(result.verdicts.map(\.domain) == ["race"])
        let rows = result.transfer.filter { $0.role == .target }
        #expect(rows.map(\.domain) == ["gender", "age"] && rows.allSatisfy { $0.direction == .towardZero })
        let verdict = result.verdicts[0]
        #expect(verdict.outcome == .transferSupported, "\(verdict.sentence)")
        #expect(verdict.sentence.hasPrefix("Forgetting gender and age lowered the race bias from "))
        #expect(names(verdict, .notAssessable) == ["bias of gender before", "bias of age before"])
        #expect(names(verdict, .damage).suffix(2) == ["even part of gender at α = 1", "even part of age at α = 1"])
        // Each condition has its target's own number.
        for row in rows {
            let number = verdict.numbers.first { $0.rule == .transferSupported && $0.name == "τ of \(row.domain)" }
            #expect(number?.value == row.tau && number?.interval == row.interval && number?.holds == true)
        }
    }

    @Test("one target that had a bias and did not fall leaves it open", arguments: [0, 2])
    func oneDidNot(index: Int) throws {
        var tau = [-0.07, -0.05, -0.06]
        tau[index] = 0
        let verdict = try #require(try fixture(tau: tau).verdict("race"))
        #expect(verdict.outcome == .inconclusive, "\(verdict.sentence)")
        let failed = verdict.numbers.filter { $0.rule == .transferSupported && $0.holds == false }.map(\.name)
        #expect(failed == ["τ of " + ["gender", "race", "age"][index]])
    }

    @Test("a target without a bias at baseline is asked nothing more, and the sentence says so", arguments: [0, 2])
    func oneHadNone(index: Int) throws {
        var (bias, tau) = ([0.09, 0.08, 0.07], [-0.07, -0.05, -0.06])
        (bias[index], tau[index]) = (0.001, 0)
        let without = ["gender", "race", "age"][index]
        let verdict = try #require(try fixture(bias: bias, tau: tau).verdict("race"))
        #expect(verdict.outcome == .transferSupported, "\(verdict.sentence)")
        #expect(verdict.sentence.hasSuffix(" No \(without) bias was found at baseline, so that none had to fall."))
        #expect(!names(verdict, .transferSupported).contains("τ of \(without)"))
        #expect(!names(verdict, .damage).contains("even part of \(without) at α = 1"))
        let baseline = verdict.numbers.first { $0.rule == .notAssessable && $0.name == "bias of \(without) before" }
        #expect(baseline?.holds == true && baseline?.note?.contains("no bias to forget") == true)
    }

    @Test("not assessable only where no target had a bias; the fewest pairs that would show one are named")
    func noneHadOne() throws {
        let result = try fixture(bias: [0.001, 0.08, 0.0005]).analyse()
        let verdict = result.verdicts[0]
        #expect(verdict.outcome == .notAssessable)
        #expect(
            verdict.sentence.hasPrefix("No gender or age bias was found at baseline: gender "), "\(verdict.sentence)")
        #expect(verdict.sentence.contains("whether race moved with them cannot be assessed. About "))
        let alone = try [AnalysisDomain(name: "gender", role: .target), AnalysisDomain(name: "age", role: .target)].map
        {
            var one = fixture(bias: [0.001, 0.08, 0.0005])
            one.request.domains = [$0, AnalysisDomain(name: "race", role: .transfer)]
            return try #require(try one.verdict("race")?.itemsToDecide)
        }
        #expect(verdict.itemsToDecide == alone.min())
    }

    @Test("an even change of any target that had a bias is damage; one of a target without bias is none")
    func even() throws {
        #expect(try fixture(tau: [-0.3, -0.05, -0.06], even: -0.1).verdict("race")?.outcome == .damage)
        let verdict = try #require(
            try fixture(bias: [0.3, 0.3, 0], tau: [-0.25, -0.05, 0], even: -0.03).verdict("race"))
        #expect(verdict.outcome == .transferSupported, "\(verdict.sentence)")
    }

    @Test("a benchmark without items of one target says that the verdict does not ask it")
    func lacking() throws {
        var fixture = fixture()
        fixture.items.removeAll { $0.domain == "age" }
        let result = try fixture.analyse()
        let verdict = try #require(result.verdicts.first)
        #expect(verdict.outcome == .transferSupported)
        // Both were forgotten, whatever the benchmark asks about.
        #expect(verdict.sentence.hasPrefix("Forgetting gender and age lowered the race bias from "))
        #expect(result.notComputed.contains { $0.what == "age in the verdict of race on pairs" })
    }

    @Test("in which order the targets are named makes no difference to a verdict's numbers")
    func order() throws {
        var swapped = fixture()
        swapped.request.domains.swapAt(0, 1)
        let (first, second) = (try #require(try fixture().verdict("race")), try #require(try swapped.verdict("race")))
        #expect(first.outcome == second.outcome)
        #expect(Set(first.numbers.map(\.name)) == Set(second.numbers.map(\.name)))
        for number in first.numbers {
            let same = second.numbers.first { $0.name == number.name && $0.rule == number.rule }
            #expect(same?.value == number.value && same?.holds == number.holds)
        }
    }

    @Test("a point of a sweep goes by the mean of the targets' |B|, and names the change of each")
    func sweep() throws {
        let fixture = fixture()
        let result = try fixture.analyse()
        let points = SweepPoint.all(
            settings: [], folder: "run", strengths: [1], analysis: result, outcome: nil, request: fixture.request)
        let after = result.transfer.filter { $0.role == .target }.map { abs($0.biasAfter) }
        let point = try #require(points.first)
        #expect(abs(point.size - (after[0] + after[1]) / 2) < 1e-12 && point.bias == point.size)
        #expect(point.biasInterval == nil && point.tauInterval == nil)
        #expect(point.others.map(\.domain) == ["gender", "age", "race"])
    }
}

@Suite("Drift of several targets")
struct SeveralTargetsDriftTests {
    private static func roles(_ targets: [String]) -> [AnalysisDomain] {
        ["gender", "race", "age"].map { AnalysisDomain(name: $0, role: targets.contains($0) ? .target : .control) }
    }

    private func drift(_ targets: [String]) throws -> DriftResult {
        let fixture = DriftFixture(seed: 1)
        var input = fixture.input
        input.domains = Self.roles(targets)
        var settings = AnalysisSettings()
        settings.controlDraws = 0
        return try #require(try Analysis.run(RunRecords(), request(targets, settings), spaces: [input]).drift.first)
    }

    private func request(_ targets: [String], _ settings: AnalysisSettings) -> AnalysisRequest {
        var request = AnalysisRequest(domains: Self.roles(targets))
        request.settings = settings
        return request
    }

    private func share(_ result: DriftResult, _ domain: String) throws -> Double {
        try #require(
            result.clusters.first {
                $0.domain == domain && $0.group == nil && $0.metric == .targetShare && !$0.commonRemoved
            }?.value)
    }

    @Test(
        "the target subspace is what those of the targets span: its rank is no larger than theirs together, and it holds no less of any movement than either alone"
    )
    func joint() throws {
        let (gender, race) = (try drift(["gender"]), try drift(["race"]))
        let both = try drift(["gender", "race"])
        let ranks = [gender, race, both].compactMap { $0.targetSubspace?.rank }
        #expect(ranks.count == 3 && ranks[2] <= ranks[0] + ranks[1] && ranks[2] >= max(ranks[0], ranks[1]))
        #expect(both.targetSubspace?.note?.contains("the span of the subspaces of gender with rank") == true)
        let alone = try max(share(gender, "age"), share(race, "age"))
        #expect(try share(both, "age") >= alone - 1e-12 && share(both, "age") <= 1)
        // Words of either target are no evidence.
        let evidence = both.clusters.filter { $0.group == nil && $0.metric == .displacement && !$0.commonRemoved }
        #expect(evidence.filter { !$0.evidence }.map(\.domain) == ["gender", "race"])
    }
}
