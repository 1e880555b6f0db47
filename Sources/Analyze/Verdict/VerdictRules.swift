import Records
import Statistics

/// The rules that turn numbers into one of six outcomes, asked in this order:
///
/// 1. *damage*: a budget was measured and is broken, whatever there was to forget.
/// 2. *not assessable*: the interval of B_target(θ0) holds 0. Then *damage* again: a budget that was not measured, or
///    |even| > |odd| for the target at α = 1, which says nothing of a target without bias.
///    Of several targets those that had no bias are asked nothing more, and only where none had one the verdict is this.
/// 3. *no transfer*: the interval of τ lies within the margin that the study fixed beforehand. This is asked before 4,
///    since with many items a change of no consequence can be told from 0 and from matched nulls: it is no transfer.
/// 4. *transfer supported*: every target that had a bias falls and this domain falls, beyond matched nulls, and the finding holds with the common
///    part removed and on unexposed words.
/// 5. *negative transfer*: as 4, with this domain's bias moving away from 0.
/// 6. *inconclusive*: otherwise.
///
/// "Falls" means: the interval of τ excludes 0 and |B(θ1)| < |B(θ0)|. A required number that is missing never counts as
/// passed. Every number looked at is kept with its condition.
enum VerdictRules {
    static func decide(_ evidence: VerdictEvidence, settings: AnalysisSettings) -> (
        outcome: VerdictOutcome, numbers: [DecidingNumber]
    ) {
        let budgets = budgets(evidence)
        var numbers = budgets
        if budgets.contains(where: { $0.holds == true && $0.value != nil }) { return (.damage, numbers) }

        numbers += baselines(evidence)
        guard !evidence.assessable.isEmpty else { return (.notAssessable, numbers) }

        let even = evidence.assessable.map(evenPart)
        numbers += even
        let damage = budgets + even
        if damage.contains(where: { $0.holds == true }) { return (.damage, numbers) }

        let equivalence = equivalence(evidence, settings: settings)
        numbers.append(equivalence)
        if equivalence.holds == true { return (.noTransfer, numbers) }

        // Rules 4 and 5 ask the same in opposite directions; only the one that τ points to can hold.
        let outcome: VerdictOutcome =
            abs(evidence.row.biasAfter) > abs(evidence.row.biasBefore) ? .negativeTransfer : .transferSupported
        let claim = claim(outcome, evidence, damage: damage, settings: settings)
        return (claim.allSatisfy { $0.isWaived || $0.holds == true } ? outcome : .inconclusive, numbers + claim)
    }

    /// Rule 2, asked of every target.
    private static func baselines(_ evidence: VerdictEvidence) -> [DecidingNumber] {
        evidence.targets.map { target in
            var number = bias(.notAssessable, target.score, "interval holds 0") { !$0.excludesZero }
            if target.hadNoBias == true, !evidence.assessable.isEmpty {
                number.note = "there was no bias to forget, so that nothing more is asked of \(target.domain)"
            }
            return number
        }
    }

    /// A condition on the interval of a bias before.
    private static func bias(
        _ rule: VerdictOutcome, _ score: ScoreRow, _ condition: String, _ holds: (Interval) -> Bool
    ) -> DecidingNumber {
        DecidingNumber(
            rule: rule, quantity: .biasBefore(score.domain), value: score.before.bias,
            interval: score.before.biasInterval, threshold: 0, condition: condition,
            holds: score.before.biasInterval.map(holds))
    }

    /// A condition on τ.
    private static func change(
        _ rule: VerdictOutcome, _ row: TransferRow, threshold: Double = 0, _ condition: String, _ holds: Bool?
    ) -> DecidingNumber {
        DecidingNumber(
            rule: rule, quantity: .change(row.domain), value: row.tau, interval: row.interval, threshold: threshold,
            condition: condition, holds: holds)
    }

    /// Rule 1. Holds when damage is found.
    private static func budgets(_ evidence: VerdictEvidence) -> [DecidingNumber] {
        let numbers = evidence.budgets.filter { $0.limit != nil }.map { budget in
            DecidingNumber(
                rule: .damage, quantity: .budget(budget.name, on: budget.text), value: budget.value,
                threshold: budget.limit, condition: "exceeds its budget", holds: budget.isBroken,
                note: budget.value == nil ? "not measured, which counts as broken" : nil)
        }
        guard numbers.isEmpty else { return numbers }
        return [
            DecidingNumber(
                rule: .damage, quantity: .budgets, condition: "exceeds its budget",
                note: "no text was compared with a budget")
        ]
    }

    /// What a target's bias along the scaled update says of damage. Holds when damage is found.
    private static func evenPart(_ target: VerdictEvidence.Target) -> DecidingNumber {
        let part = target.scaling?.atOne
        return DecidingNumber(
            rule: .damage, quantity: .evenPart(target.domain), value: part.map { abs($0.even) },
            threshold: part.map { abs($0.odd) }, condition: "> the odd part",
            holds: part.map { abs($0.even) > abs($0.odd) },
            note: part == nil ? target.scaling?.reason ?? "no scaled update was scored" : nil)
    }

    /// Rules 4 and 5.
    private static func claim(
        _ outcome: VerdictOutcome, _ evidence: VerdictEvidence, damage: [DecidingNumber], settings: AnalysisSettings
    ) -> [DecidingNumber] {
        let row = evidence.row
        let isTransfer = outcome == .transferSupported
        var numbers = evidence.assessable.map { target in
            change(outcome, target.row, "interval excludes 0, toward 0", target.row.direction == .towardZero)
        }
        if isTransfer { numbers.append(bias(outcome, evidence.score, "interval excludes 0", \.excludesZero)) }
        numbers.append(
            change(
                outcome, row, "interval excludes 0, \(isTransfer ? "toward 0" : "away from 0")",
                row.direction == (isTransfer ? .towardZero : .awayFromZero)))
        if damage.contains(where: { $0.holds == nil }) {
            numbers.append(
                DecidingNumber(
                    rule: outcome, quantity: .damage, condition: "excluded by budget and by odd and even part",
                    note: "damage could not be asked in full"))
        }
        numbers += [excess(outcome, row, settings: settings), commonPart(outcome, evidence, settings: settings)]
        numbers.append(
            repeated(
                outcome, .changeOnUnexposed(row.domain), row.identityUnexposed, like: row,
                requirement: settings.unexposedCheck))
        return numbers
    }

    /// The excess over the null: of all kinds with enough draws, the one with the largest p.
    private static func excess(
        _ outcome: VerdictOutcome, _ row: TransferRow, settings: AnalysisSettings
    ) -> DecidingNumber {
        let tested = row.nulls.compactMap { null -> (null: NullComparison, p: Double)? in
            (outcome == .transferSupported ? null.pTowardHolm : null.pAwayHolm).map { (null, $0) }
        }
        guard let worst = tested.max(by: { $0.p < $1.p }) else {
            let most = row.nulls.map(\.count).max() ?? 0
            return DecidingNumber(
                rule: outcome, quantity: .excess(over: nil), threshold: settings.alpha, condition: "< threshold",
                note: "\(most) untargeted updates, \(settings.minimumNullDraws) wanted")
        }
        let floor = min(1, worst.null.pFloor * Double(worst.null.familySize))
        return DecidingNumber(
            rule: outcome, quantity: .excess(over: worst.null.kind), value: worst.p,
            threshold: settings.alpha, condition: "< threshold", holds: worst.p < settings.alpha,
            note: floor >= settings.alpha
                ? "\(worst.null.count) untargeted updates and \(worst.null.familySize) tests allow no p below \(short(floor))"
                : "one-sided, \(worst.null.count) untargeted updates, floor \(short(worst.null.pFloor)) before Holm")
    }

    /// The finding with the common part removed: by score where that model was scored, else by the drift of words.
    private static func commonPart(
        _ outcome: VerdictOutcome, _ evidence: VerdictEvidence, settings: AnalysisSettings
    ) -> DecidingNumber {
        let row = evidence.row
        guard row.commonRemoved == nil, let drift = evidence.drift else {
            return repeated(
                outcome, .changeWithoutCommonShift(row.domain), row.commonRemoved, like: row,
                requirement: settings.commonPartCheck)
        }
        let isRequired = settings.commonPartCheck == .required
        return DecidingNumber(
            rule: outcome, quantity: .wordMovement(row.domain), value: drift.p, threshold: settings.alpha,
            condition: "< threshold", holds: isRequired ? drift.p.map { $0 < settings.alpha } : nil,
            note: isRequired ? drift.reason : DecidingNumber.waived, isWaived: !isRequired)
    }

    /// Whether τ over a part of the items repeats the finding: its interval excludes 0 on the same side.
    private static func repeated(
        _ outcome: VerdictOutcome, _ quantity: DecidingQuantity, _ subset: SubsetTransfer?, like row: TransferRow,
        requirement: CheckRequirement
    ) -> DecidingNumber {
        let isWaived = requirement == .notApplicable
        let holds = subset?.tau.flatMap { tau in subset?.interval?.tells(tau, sameSignAs: row.tau) }
        return DecidingNumber(
            rule: outcome, quantity: quantity, value: subset?.tau, interval: subset?.interval, threshold: 0,
            condition: "interval excludes 0, same side as τ", holds: isWaived ? nil : holds,
            note: isWaived ? DecidingNumber.waived : subset.map(\.reason) ?? "not scored", isWaived: isWaived)
    }

    /// Rule 3.
    private static func equivalence(_ evidence: VerdictEvidence, settings: AnalysisSettings) -> DecidingNumber {
        change(
            .noTransfer, evidence.row, threshold: settings.margin, "interval lies within ± threshold",
            evidence.row.interval.map { $0.lies(within: settings.margin) })
    }

    /// Pairs that would show a bias of the target as large as the one measured at baseline, and what that rests on.
    ///
    /// The standard error is that of independent gaps, or the one that the interval implies where clusters make it wider.
    static func itemsToAssess(_ before: ScoreSummary, settings: AnalysisSettings) -> (items: Int?, reason: String) {
        let independent = before.gapDeviation / Double(before.count).squareRoot()
        let implied =
            before.biasInterval.map { $0.width / (2 * Normal.quantile((1 + settings.level) / 2)) } ?? independent
        let items = Power.itemsToDetect(
            effect: before.bias, standardError: max(independent, implied), count: before.count, alpha: settings.alpha,
            power: settings.power)
        guard let items else { return (nil, "a bias of 0 is shown by no number of pairs") }
        return (
            max(items, before.count + 1),
            "pairs that would show a bias of this size with power \(short(settings.power)) if it is as measured"
        )
    }

    /// Items that would decide an inconclusive verdict, and what that rests on.
    static func itemsToDecide(
        _ evidence: VerdictEvidence, numbers: [DecidingNumber], settings: AnalysisSettings
    ) -> (items: Int?, reason: String) {
        let row = evidence.row
        let detect =
            row.interval?.excludesZero == true
            ? nil
            : Power.itemsToDetect(
                effect: row.tau, standardError: evidence.standardError, count: row.count, alpha: settings.alpha,
                power: settings.power)
        let equivalent = Power.itemsToFindEquivalent(
            effect: row.tau, margin: settings.margin, standardError: evidence.standardError, count: row.count,
            alpha: settings.alpha, power: settings.power)
        let power = "with power \(short(settings.power)) if τ is as measured"
        switch (detect, equivalent) {
        case (let found?, let equal?) where found < equal: return (found, "to tell τ from 0 \(power)")
        case (_, let equal?): return (max(equal, row.count + 1), "to place τ within the margin \(power)")
        case (let found?, nil): return (found, "to tell τ from 0 \(power)")
        case (nil, nil):
            let open = numbers.first {
                ($0.rule == .transferSupported || $0.rule == .negativeTransfer) && $0.holds != true
            }
            return (nil, "more items do not decide it; open: \(open?.name ?? "the spread of τ is 0")")
        }
    }
}
