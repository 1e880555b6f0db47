import Records

/// The eight rival explanations of a change, each with the evidence for and against it.
///
/// A rule compares what was measured with fixed limits: a share of at least ``half`` counts as most of the change, a test
/// at the study's α decides against chance. Evidence that was not computed leaves a rival open, it never counts for it.
/// What is *supported* carries the change; more than one can, since words and directions are not exclusive.
package enum ExplanationRules {
    /// The share of a change from which on it counts as most of it.
    static let half = 0.5

    private typealias Rule = (ExplanationFacts, inout Rival) -> Void
    /// The rivals in the order in which a report lists them, with what gathers their evidence.
    private static var rules: [(Explanation, Rule)] {
        [
            (.sharedSubspace, sharedSubspace), (.sharedWords, sharedWords), (.sharedContexts, sharedContexts),
            (.damage, damage), (.leakage, leakage), (.optimizer, optimizer), (.benchmark, benchmark), (.retain, retain),
        ]
    }

    /// Adds an explanation for every transfer and control domain.
    static func fill(
        _ result: inout AttributionResult, _ context: AttributionContext, transfer: TransferAnalysis,
        verdicts: [Verdict]
    ) {
        for row in context.rows where row.role != .target {
            let verdict = verdicts.first { $0.benchmark == row.benchmark && $0.domain == row.domain }
            guard row.interval?.excludesZero == true else {
                result.explanations.append(
                    DomainExplanation(
                        domain: row.domain, carriers: [],
                        sentence: "The interval of the change of \(row.domain) bias holds 0, so there is no change to "
                            + "explain.", rivals: []))
                continue
            }
            let facts = ExplanationFacts(
                row: row, target: context.forgotten, result: result,
                scaling: transfer.updateScaling.first { $0.benchmark == row.benchmark && $0.domain == row.domain },
                others: transfer.rows.filter { $0.domain == row.domain && $0.benchmark != row.benchmark },
                settings: context.settings)
            result.explanations.append(explain(facts, outcome: verdict?.outcome))
        }
    }

    /// The rivals of one domain whose bias changed, and what carries the change: nothing, where the change is too small
    /// to be a transfer.
    package static func explain(_ facts: ExplanationFacts, outcome: VerdictOutcome?) -> DomainExplanation {
        let rivals = rules.map { explanation, gather in
            var rival = Rival(
                explanation: explanation, standing: .notTested, evidenceFor: [], evidenceAgainst: [], open: [])
            gather(facts, &rival)
            return rival
        }
        return DomainExplanation(
            domain: facts.domain,
            carriers: outcome == .noTransfer ? [] : rivals.filter { $0.standing == .supported }.map(\.explanation),
            sentence: ExplanationWriter.sentence(facts, rivals: rivals, outcome: outcome), rivals: rivals)
    }
}

/// What the rules read for one domain.
package struct ExplanationFacts {
    let row: TransferRow
    let target: String
    let result: AttributionResult
    let scaling: UpdateScalingResult?
    /// The same domain on other benchmarks.
    let others: [TransferRow]
    let settings: AnalysisSettings

    package init(
        row: TransferRow, target: String, result: AttributionResult, scaling: UpdateScalingResult? = nil,
        others: [TransferRow] = [], settings: AnalysisSettings
    ) {
        (self.row, self.target, self.result, self.scaling) = (row, target, result, scaling)
        (self.others, self.settings) = (others, settings)
    }

    var domain: String { row.domain }
    var alignment: AlignmentSummary? { result.alignment.first { $0.domain == domain } }
    var contributions: ContributionSummary? { result.contributions.first { $0.domain == domain } }
    /// The row of the subspace that target and this domain share.
    var shared: MediationRow? {
        result.mediation.first { $0.domain == domain && $0.subject == domain && $0.subspace == "shared" }
    }
    func retraining(_ purpose: Retraining.Purpose) -> RetrainingRow? {
        (result.retrainings + result.ablations).first { $0.retraining.purpose == purpose && $0.domain == domain }
    }
    /// What the ablations of the forget set did to this domain; the run itself is none.
    var ablations: [RetrainingRow] {
        result.ablations.filter {
            $0.retraining.purpose == .ladder && $0.domain == domain && $0.retraining.name != RetrainingAnalysis.run
        }
    }
}

extension Rival {
    /// Adds a line on the side that it speaks for; nil is left open under `missing`.
    mutating func add(
        _ speaksFor: Bool?, _ text: String, _ value: Double? = nil, _ interval: Interval? = nil,
        threshold: Double? = nil, isProbability: Bool = false, missing: String
    ) {
        let line = Evidence(
            text: text, value: value, interval: interval, threshold: threshold, isProbability: isProbability)
        switch speaksFor {
        case true?: evidenceFor.append(line)
        case false?: evidenceAgainst.append(line)
        case nil: return open.append(missing)
        }
        // Every line weighs the same: one-sided evidence decides, mixed evidence does not.
        standing = evidenceAgainst.isEmpty ? .supported : evidenceFor.isEmpty ? .contradicted : .undecided
    }

    /// Adds how much of the change is left when something is taken away: less than half speaks for it, at least half
    /// against it, and an interval on both sides of half for neither.
    mutating func add(left share: ControlledValue?, _ text: String, missing: String) {
        let half = ExplanationRules.half
        guard let value = share?.value else { return open.append(missing) }
        let (lower, upper) = (share?.interval?.lower ?? value, share?.interval?.upper ?? value)
        add(
            upper < half ? true : lower >= half ? false : nil, text, value, share?.interval, threshold: half,
            missing: "\(text): \(short(value)), interval \(short(share?.interval)), on both sides of \(short(half))")
    }

    /// Adds what the same bias did under other conditions: a change of the same sign that can be told from 0 speaks against
    /// an explanation by these conditions, one that is surely less than half as large for it, and where neither can be
    /// said it is open. That a change cannot be told from 0 is no sign that there is none.
    mutating func add(change: Double?, _ interval: Interval?, beside tau: Double, _ text: String, missing: String) {
        guard let change, let interval else { return open.append(missing) }
        let most = tau < 0 ? -interval.lower : interval.upper
        let isShort = most < ExplanationRules.half * abs(tau)
        add(
            interval.tells(change, sameSignAs: tau) ? false : isShort ? true : nil, text, change, interval,
            missing: "\(text): \(short(change)), interval \(short(interval)), tells neither way")
    }
}
