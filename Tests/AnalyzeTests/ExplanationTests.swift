import Analyze
import Foundation
import Records
import Testing

/// A fall of race bias with everything that the rules read, to be bent one way or another.
private struct Facts {
    var row: TransferRow
    var scaling: UpdateScalingResult
    var alignment: AlignmentSummary
    var mediation: MediationRow
    var words: ContributionSummary
    private let training: RetrainingRow
    var lexicalDomain = "race"
    var lexical: ControlledValue? = ControlledValue(value: 0.1, interval: Interval(lower: 0, upper: 0.2))
    var plain: ControlledValue? = ControlledValue(value: -0.03, interval: Interval(lower: -0.04, upper: -0.02))
    var noRetain: ControlledValue? = ControlledValue(value: 1.1, interval: Interval(lower: 0.9, upper: 1.3))

    init() throws {
        func decoded<Value: Decodable>(_ text: String) throws -> Value {
            try JSONDecoder().decode(Value.self, from: Data(text.utf8))
        }
        row = try decoded(
            """
            {"benchmark": "pairs", "domain": "race", "role": "transfer", "count": 100, "biasBefore": 0.12,
             "biasAfter": 0.08, "tau": -0.04, "interval": {"lower": -0.05, "upper": -0.03}, "intervalKind": "items",
             "clusterIntervals": [], "direction": "toward-zero", "permutationPHolm": 0.001,
             "identityUnexposed": {"count": 60, "tau": -0.04, "interval": {"lower": -0.05, "upper": -0.03}},
             "commonRemoved": {"count": 100, "tau": -0.038, "interval": {"lower": -0.05, "upper": -0.03},
              "share": {"value": 0.95, "interval": {"lower": 0.9, "upper": 1}, "controls": 0}},
             "nulls": [{"kind": "random-update", "count": 199, "isFirstOrder": false, "exactCount": 199, "mean": 0,
              "median": 0, "lower": -0.01, "upper": 0.01, "excess": -0.04, "pToward": 0.005, "pAway": 1,
              "pTowardHolm": 0.015, "pAwayHolm": 1, "pFloor": 0.005, "familySize": 3, "draws": []}]}
            """)
        scaling = try decoded(
            """
            {"benchmark": "pairs", "domain": "race", "points": [], "parts": [],
             "atOne": {"alpha": 1, "odd": -0.04, "even": 0.001}}
            """)
        alignment = try decoded(
            """
            {"domain": "race", "start": -0.05, "path": -0.04, "exact": -0.04, "completenessError": 0, "forget": -0.042,
             "retain": 0.002, "decay": 0, "cosine": -0.1, "cosineNeutralRemoved": -0.1,
             "neutral": {"value": -0.04, "controls": 999, "p": 0.001}}
            """)
        mediation = try decoded(
            """
            {"domain": "race", "subject": "race", "subspace": "shared", "ranks": [1, 1, 1],
             "removed": {"value": -0.01, "controls": 0}, "kept": {"value": -0.03, "controls": 0},
             "share": {"value": 0.7, "interval": {"lower": 0.6, "upper": 0.8}, "controls": 20, "controlLower": 0,
              "controlUpper": 0.2, "p": 0.048}}
            """)
        words = try decoded(
            """
            {"domain": "race", "exact": -0.04, "forget": -0.042, "retain": 0.002, "decay": 0, "unexplained": 0,
             "isExact": true, "sharedWordShare": 0.9, "sharedWordBase": 0.5, "sharedWordP": 0.001,
             "sharedWordPFloor": 0.0001, "topWords": [], "topSentences": []}
            """)
        training = try decoded(
            """
            {"domain": "race", "tau": {"controls": 0}, "share": {"controls": 0},
             "retraining": {"name": "", "purpose": "ladder", "change": "", "forgotten": "gender", "seed": 1,
              "sentences": 10, "harmfulTokens": 10, "steps": 16, "alpha": 1}}
            """)
    }

    /// What the same bias did on pairs whose group words never stood in the forget text.
    mutating func changeOnUnexposed(_ tau: Double, _ interval: Interval) {
        row.identityUnexposed?.tau = tau
        row.identityUnexposed?.interval = interval
    }

    var explanation: DomainExplanation { explanation(outcome: row.tau < 0 ? .transferSupported : .negativeTransfer) }

    func explanation(outcome: VerdictOutcome) -> DomainExplanation {
        func rerun(_ name: String, _ purpose: Retraining.Purpose, tau: ControlledValue, share: ControlledValue)
            -> RetrainingRow
        {
            var row = training
            (row.retraining.name, row.retraining.change, row.retraining.purpose) = (name, name, purpose)
            (row.tau, row.share) = (tau, share)
            return row
        }
        var result = AttributionResult(benchmark: "pairs")
        result.alignment = [alignment]
        result.mediation = [mediation]
        result.contributions = [words]
        result.ablations =
            lexical.map {
                [rerun("ladder-lexical-" + lexicalDomain, .ladder, tau: ControlledValue(), share: $0)]
            } ?? []
        if let plain { result.retrainings.append(rerun("sgd", .optimizer, tau: plain, share: ControlledValue())) }
        if let noRetain {
            result.retrainings.append(rerun("no-retain", .noRetain, tau: ControlledValue(), share: noRetain))
        }
        return ExplanationRules.explain(
            ExplanationFacts(
                row: row, target: "gender", result: result, scaling: scaling, settings: AnalysisSettings()),
            outcome: outcome)
    }

    func standing(_ explanation: Explanation) -> SupportLevel? {
        self.explanation.rivals.first { $0.explanation == explanation }?.standing
    }
}

@Suite("Explanations")
struct ExplanationTests {
    @Test("words and directions carry a change that goes with both; everything else is contradicted")
    func wordsAndDirections() throws {
        let found = try Facts().explanation
        #expect(found.rivals.map(\.explanation) == Explanation.allCases)
        #expect(found.carriers == [.sharedSubspace, .sharedWords], "\(found.sentence)")
        #expect(found.rivals.filter { $0.standing == .contradicted }.count == 6, "\(found.rivals.map(\.standing))")
        #expect(found.sentence.contains("words") && found.sentence.contains("directions"))
    }

    @Test("directions alone carry a change of domains that share no word")
    func directionsAlone() throws {
        var facts = try Facts()
        facts.words.sharedWordShare = nil
        facts.words.sharedWordBase = 0
        facts.lexical = nil
        #expect(facts.explanation.carriers == [.sharedSubspace])
        #expect(facts.standing(.sharedWords) == .contradicted)
        #expect(facts.explanation.sentence.contains("not with shared harmful words"))
    }

    @Test("a change that survives without shared words is not carried by them")
    func lexicalRung() throws {
        var facts = try Facts()
        facts.lexical = ControlledValue(value: 0.9, interval: Interval(lower: 0.7, upper: 1.1))
        #expect(facts.standing(.sharedWords) == .undecided)
        facts.words.sharedWordShare = 0.3
        #expect(facts.standing(.sharedWords) == .contradicted)
    }

    @Test("words that did no more than random ones do not carry a change, and too few words decide nothing")
    func randomWords() throws {
        var facts = try Facts()
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
    func withinMargin() throws {
        let found = try Facts().explanation(outcome: .noTransfer)
        #expect(found.rivals.contains { $0.standing == .supported })
        #expect(found.carriers.isEmpty, "\(found.sentence)")
        #expect(found.sentence.contains("within the margin"))
    }

    @Test("directions that remove no more than random ones do not carry a change")
    func randomDirections() throws {
        var facts = try Facts()
        facts.mediation.share.p = 0.4
        #expect(facts.standing(.sharedSubspace) == .contradicted)
        facts.mediation.share = ControlledValue(reason: "τ cannot be told from 0")
        #expect(facts.standing(.sharedSubspace) == .notTested)
    }

    @Test("where controls are too few for any p below α, directions are open, unless a draw went as far")
    func fewRandomDirections() throws {
        var facts = try Facts()
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
    func retain() throws {
        var facts = try Facts()
        (facts.row.tau, facts.row.biasAfter, facts.row.interval) = (0.03, 0.15, Interval(lower: 0.02, upper: 0.04))
        facts.changeOnUnexposed(0.03, Interval(lower: 0.02, upper: 0.04))
        facts.row.nulls[0].pAwayHolm = 0.015
        facts.scaling.atOne?.odd = 0.03
        facts.scaling.atOne?.even = 0.001
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
    func damage() throws {
        var facts = try Facts()
        facts.row.nulls[0].pTowardHolm = 0.6
        #expect(facts.standing(.damage) == .undecided)
        facts.scaling.atOne?.odd = -0.01
        facts.scaling.atOne?.even = -0.03
        facts.alignment.neutral.p = 0.5
        #expect(facts.standing(.damage) == .supported)
        #expect(facts.explanation.sentence.contains("general degradation"))
    }

    @Test("too few neutral-word models speak neither for nor against damage")
    func fewNulls() throws {
        var facts = try Facts()
        var few = facts.row.nulls[0]
        (few.kind, few.count, few.pFloor, few.pToward, few.pTowardHolm) = ("neutral-words", 3, 0.25, 0.25, nil)
        facts.row.nulls.append(few)
        #expect(facts.standing(.damage) == .contradicted)
        facts.row.nulls[1].pToward = 0.75
        #expect(facts.standing(.damage) == .undecided)
    }

    @Test("leakage, a common shift, the optimiser and chance are named where their evidence points to them")
    func others() throws {
        var facts = try Facts()
        facts.changeOnUnexposed(0, Interval(lower: -0.01, upper: 0.01))
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
        var facts = try Facts()
        let wide = Interval(lower: -0.08, upper: 0.001)
        facts.changeOnUnexposed(-0.04, wide)
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
    func notTested() throws {
        var facts = try Facts()
        facts.noRetain = nil
        facts.alignment.retain = nil
        #expect(facts.standing(.retain) == .notTested)
        let rival = facts.explanation.rivals.last
        #expect(rival?.open.count == 2 && rival?.open.allSatisfy { !$0.isEmpty } == true)
    }

    @Test("an ablation for a domain whose name only begins alike says nothing of this one")
    func alikeNames() throws {
        var facts = try Facts()
        facts.words.sharedWordShare = nil
        facts.lexicalDomain = "race-identity"
        let rival = facts.explanation.rivals.first { $0.explanation == .sharedWords }
        #expect(rival?.standing == .notTested)
        #expect(rival?.open.contains("no retraining without shared words") == true)
    }
}
