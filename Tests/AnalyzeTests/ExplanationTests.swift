import Analyze
import Records
import Testing

/// A fall of race bias with everything that the rules read, to be bent one way or another.
private struct Facts {
    var row = TransferRow(
        benchmark: "pairs", domain: "race", role: .transfer, count: 100, biasBefore: 0.12, biasAfter: 0.08, tau: -0.04,
        interval: Interval(lower: -0.05, upper: -0.03), intervalKind: "items", direction: .towardZero,
        permutationPHolm: 0.001,
        identityUnexposed: SubsetTransfer(count: 60, tau: -0.04, interval: Interval(lower: -0.05, upper: -0.03)),
        commonRemoved: SubsetTransfer(
            count: 100, tau: -0.038, interval: Interval(lower: -0.05, upper: -0.03),
            share: ControlledValue(value: 0.95, interval: Interval(lower: 0.9, upper: 1))),
        nulls: [
            NullComparison(
                kind: "random-update", count: 199, isFirstOrder: false, mean: 0, median: 0, lower: -0.01, upper: 0.01,
                excess: -0.04, pToward: 0.005, pAway: 1, pTowardHolm: 0.015, pAwayHolm: 1, pFloor: 0.005, familySize: 3,
                draws: [])
        ])
    var dose = UpdateScalingResult(
        benchmark: "pairs", domain: "race", points: [], parts: [], atOne: OddEvenPart(alpha: 1, odd: -0.04, even: 0.001)
    )
    var alignment = AlignmentSummary(
        domain: "race", start: -0.05, path: -0.04, exact: -0.04, completenessError: 0, forget: -0.042, retain: 0.002,
        decay: 0, cosine: -0.1, cosineNeutralRemoved: -0.1,
        neutral: ControlledValue(value: -0.04, controls: 999, p: 0.001))
    var mediation = MediationRow(
        domain: "race", subject: "race", subspace: "shared", ranks: [1, 1, 1],
        removed: ControlledValue(value: -0.01),
        share: ControlledValue(
            value: 0.7, interval: Interval(lower: 0.6, upper: 0.8), controls: 20, controlLower: 0, controlUpper: 0.2,
            p: 0.048), kept: ControlledValue(value: -0.03))
    var words = ContributionSummary(
        domain: "race", exact: -0.04, forget: -0.042, retain: 0.002, decay: 0, unexplained: 0, isExact: true,
        sharedWordShare: 0.9, sharedWordBase: 0.5, sharedWordP: 0.001, sharedWordPFloor: 0.0001, topWords: [],
        topSentences: [])
    var lexical: ControlledValue? = ControlledValue(value: 0.1, interval: Interval(lower: 0, upper: 0.2))
    var plain: ControlledValue? = ControlledValue(value: -0.03, interval: Interval(lower: -0.04, upper: -0.02))
    var noRetain: ControlledValue? = ControlledValue(value: 1.1, interval: Interval(lower: 0.9, upper: 1.3))

    var explanation: DomainExplanation { explanation(outcome: row.tau < 0 ? .supported : .negativeTransfer) }

    func explanation(outcome: VerdictOutcome) -> DomainExplanation {
        func rerun(_ name: String, _ purpose: Retraining.Purpose, tau: ControlledValue, share: ControlledValue)
            -> RetrainingRow
        {
            RetrainingRow(
                rerun: Retraining(
                    name: name, purpose: purpose, change: name, forgotten: "gender", seed: 1, sentences: 10,
                    harmfulTokens: 10, steps: 16), domain: "race", tau: tau, share: share)
        }
        var result = AttributionResult(benchmark: "pairs")
        result.alignment = [alignment]
        result.mediation = [mediation]
        result.contributions = [words]
        result.ladder =
            lexical.map {
                [rerun("ladder-lexical-race", .ladder, tau: ControlledValue(), share: $0)]
            } ?? []
        if let plain { result.reruns.append(rerun("sgd", .optimizer, tau: plain, share: ControlledValue())) }
        if let noRetain { result.reruns.append(rerun("no-retain", .noRetain, tau: ControlledValue(), share: noRetain)) }
        return ExplanationRules.explain(
            ExplanationFacts(row: row, target: "gender", result: result, dose: dose, settings: AnalysisSettings()),
            outcome: outcome)
    }

    func standing(_ explanation: Explanation) -> SupportLevel? {
        self.explanation.rivals.first { $0.explanation == explanation }?.standing
    }
}

@Suite("Explanations")
struct ExplanationTests {
    @Test("words and directions carry a change that goes with both; everything else is contradicted")
    func wordsAndDirections() {
        let found = Facts().explanation
        #expect(found.rivals.map(\.explanation) == Explanation.allCases)
        #expect(found.carriers == [.sharedSubspace, .sharedWords], "\(found.sentence)")
        #expect(found.rivals.filter { $0.standing == .contradicted }.count == 6, "\(found.rivals.map(\.standing))")
        #expect(found.sentence.contains("words") && found.sentence.contains("directions"))
    }

    @Test("directions alone carry a change of domains that share no word")
    func directionsAlone() {
        var facts = Facts()
        facts.words.sharedWordShare = nil
        facts.words.sharedWordBase = 0
        facts.lexical = nil
        #expect(facts.explanation.carriers == [.sharedSubspace])
        #expect(facts.standing(.sharedWords) == .contradicted)
        #expect(facts.explanation.sentence.contains("not with shared harmful words"))
    }

    @Test("a change that survives without shared words is not carried by them")
    func lexicalRung() {
        var facts = Facts()
        facts.lexical = ControlledValue(value: 0.9, interval: Interval(lower: 0.7, upper: 1.1))
        #expect(facts.standing(.sharedWords) == .undecided)
        facts.words.sharedWordShare = 0.3
        #expect(facts.standing(.sharedWords) == .contradicted)
    }

    @Test("words that did no more than random ones do not carry a change, and too few words decide nothing")
    func randomWords() throws {
        var facts = Facts()
        facts.lexical = nil
        #expect(facts.standing(.sharedWords) == .supported)
        facts.words.sharedWordP = 0.3
        #expect(facts.standing(.sharedWords) == .contradicted)
        (facts.words.sharedWordP, facts.words.sharedWordPFloor) = (0.1, 0.1)
        #expect(facts.standing(.sharedWords) == .notTested)
        let rival = try #require(facts.explanation.rivals.first { $0.explanation == .sharedWords })
        #expect(rival.open.first?.contains("too few") == true, "\(rival.open)")
        // Where every word is shared there are no others to draw.
        (facts.words.sharedWordBase, facts.words.sharedWordP, facts.words.sharedWordPFloor) = (1, nil, nil)
        #expect(facts.standing(.sharedWords) == .supported)
    }

    @Test("a change within the margin has no carrier, whatever speaks for one")
    func withinMargin() {
        let found = Facts().explanation(outcome: .notSupported)
        #expect(found.rivals.contains { $0.standing == .supported })
        #expect(found.carriers.isEmpty, "\(found.sentence)")
        #expect(found.sentence.contains("within the margin"))
    }

    @Test("directions that remove no more than random ones do not carry a change")
    func randomDirections() {
        var facts = Facts()
        facts.mediation.share.p = 0.4
        #expect(facts.standing(.sharedSubspace) == .contradicted)
        facts.mediation.share = ControlledValue(reason: "τ cannot be told from 0")
        #expect(facts.standing(.sharedSubspace) == .notTested)
    }

    @Test("where controls are too few for any p below α, directions are open, unless a draw went as far")
    func fewRandomDirections() throws {
        var facts = Facts()
        (facts.mediation.share.controls, facts.mediation.share.p) = (3, 0.25)
        #expect(facts.standing(.sharedSubspace) == .notTested)
        let rival = try #require(facts.explanation.rivals.first { $0.explanation == .sharedSubspace })
        #expect(rival.open.first?.hasPrefix("3 random subspaces are too few") == true, "\(rival.open)")
        facts.mediation.share.p = 0.5
        #expect(facts.standing(.sharedSubspace) == .contradicted)
        (facts.mediation.share.controls, facts.mediation.share.p) = (20, 1.0 / 21)
        #expect(facts.standing(.sharedSubspace) == .supported)
    }

    @Test("the retain term is named where it made a rise")
    func retain() {
        var facts = Facts()
        (facts.row.tau, facts.row.biasAfter, facts.row.interval) = (0.03, 0.15, Interval(lower: 0.02, upper: 0.04))
        facts.row.identityUnexposed = SubsetTransfer(count: 60, tau: 0.03, interval: Interval(lower: 0.02, upper: 0.04))
        facts.row.nulls[0].pAwayHolm = 0.015
        facts.dose.atOne = OddEvenPart(alpha: 1, odd: 0.03, even: 0.001)
        (facts.alignment.path, facts.alignment.forget, facts.alignment.retain) = (0.03, -0.03, 0.06)
        facts.noRetain = ControlledValue(value: -1, interval: Interval(lower: -1.2, upper: -0.8))
        facts.mediation.share = ControlledValue(value: -0.2, interval: Interval(lower: -0.4, upper: 0), p: 0.9)
        facts.words.sharedWordShare = 0.2
        facts.lexical = nil
        facts.plain = ControlledValue(value: 0.02, interval: Interval(lower: 0.01, upper: 0.03))
        #expect(facts.explanation.carriers == [.retain], "\(facts.explanation.sentence)")
        #expect(facts.explanation.sentence.contains("rise") && facts.explanation.sentence.contains("retain term"))
    }

    @Test("damage is the explanation where nulls, even part and neutral pairs all say so, and open where they differ")
    func damage() {
        var facts = Facts()
        facts.row.nulls[0].pTowardHolm = 0.6
        #expect(facts.standing(.damage) == .undecided)
        facts.dose.atOne = OddEvenPart(alpha: 1, odd: -0.01, even: -0.03)
        facts.alignment.neutral.p = 0.5
        #expect(facts.standing(.damage) == .supported)
        #expect(facts.explanation.sentence.contains("general damage"))
    }

    @Test("too few neutral-word models speak neither for nor against damage")
    func fewNulls() {
        var facts = Facts()
        var few = facts.row.nulls[0]
        (few.kind, few.count, few.pFloor, few.pToward, few.pTowardHolm) = ("neutral-words", 3, 0.25, 0.25, nil)
        facts.row.nulls.append(few)
        #expect(facts.standing(.damage) == .contradicted)
        facts.row.nulls[1].pToward = 0.75
        #expect(facts.standing(.damage) == .undecided)
    }

    @Test("leakage, a common shift, the optimiser and chance are named where their evidence points to them")
    func others() {
        var facts = Facts()
        facts.row.identityUnexposed = SubsetTransfer(count: 60, tau: 0, interval: Interval(lower: -0.01, upper: 0.01))
        facts.row.commonRemoved?.share = ControlledValue(value: 0.25, interval: Interval(lower: 0.1, upper: 0.4))
        facts.plain = ControlledValue(value: 0, interval: Interval(lower: -0.01, upper: 0.01))
        facts.row.permutationPHolm = 0.2
        for explanation in [Explanation.leakage, .sharedContexts, .optimizer, .benchmark] {
            #expect(facts.standing(explanation) == (explanation == .optimizer ? .undecided : .supported))
        }
        facts.alignment.decay = -0.03
        #expect(facts.standing(.optimizer) == .supported)
    }

    @Test("a change that cannot be told from 0 elsewhere is open, not evidence that there is none")
    func absenceOfEvidence() throws {
        var facts = Facts()
        let wide = Interval(lower: -0.08, upper: 0.001)
        facts.row.identityUnexposed = SubsetTransfer(count: 25, tau: -0.04, interval: wide)
        facts.row.commonRemoved?.interval = wide
        facts.plain = ControlledValue(value: -0.04, interval: wide)
        #expect(facts.standing(.sharedContexts) == .contradicted)
        #expect(facts.standing(.leakage) == .notTested)
        #expect(facts.standing(.optimizer) == .contradicted)  // weight decay alone speaks, against it
        let rival = try #require(facts.explanation.rivals.first { $0.explanation == .leakage })
        #expect(rival.open.first?.hasSuffix("−0.0400, interval −0.0800 to 0.00100, tells neither way") == true)
        facts.row.commonRemoved?.share = ControlledValue(value: 0.6, interval: Interval(lower: 0.3, upper: 0.9))
        #expect(facts.standing(.sharedContexts) == .notTested)
    }

    @Test("what was not computed is open with its reason and never evidence")
    func notTested() {
        var facts = Facts()
        facts.noRetain = nil
        facts.alignment.retain = nil
        #expect(facts.standing(.retain) == .notTested)
        let rival = facts.explanation.rivals.last
        #expect(rival?.open.count == 2 && rival?.open.allSatisfy { !$0.isEmpty } == true)
    }
}
