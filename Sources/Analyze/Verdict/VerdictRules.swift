import Statistics

/// The rules that turn numbers into one of six outcomes, asked in this order:
///
/// 1. *damage*: a budget was measured and is broken, whatever there was to forget.
/// 2. *not assessable*: the interval of B_target(θ0) holds 0. Then *damage* again: a budget that was not measured, or
///    |even| > |odd| for the target at α = 1, which says nothing of a target without bias.
/// 3. *no transfer*: the interval of τ lies within the margin that the study fixed beforehand. This is asked before 4,
///    since with many items a change of no consequence can be told from 0 and from matched nulls: it is no transfer.
/// 4. *transfer supported*: the target falls and this domain falls, beyond matched nulls, and the finding holds with the common
///    part removed and on unexposed words.
/// 5. *negative transfer*: as 4, with this domain's bias moving away from 0.
/// 6. *inconclusive*: otherwise.
///
/// "Falls" means: the interval of τ excludes 0 and |B(θ1)| < |B(θ0)|. A required number that is missing never counts as
/// passed. Every number looked at is kept with its condition.
package enum VerdictRules {
    /// The outcome with the numbers that decided.
    package static func decide(_ evidence: VerdictEvidence, settings: AnalysisSettings) -> (
        outcome: VerdictOutcome, numbers: [DecidingNumber]
    ) {
        let budgets = budgets(evidence)
        var numbers = budgets
        if budgets.contains(where: { $0.holds == true && $0.value != nil }) { return (.damage, numbers) }

        let baseline = baseline(evidence)
        numbers.append(baseline)
        if baseline.holds == true { return (.notAssessable, numbers) }

        let even = evenPart(evidence)
        numbers.append(even)
        let damage = budgets + [even]
        if damage.contains(where: { $0.holds == true }) { return (.damage, numbers) }

        let equivalence = equivalence(evidence, settings: settings)
        numbers.append(equivalence)
        if equivalence.holds == true { return (.noTransfer, numbers) }

        // Rules 4 and 5 ask the same in opposite directions; only the one that τ points to can hold.
        let outcome: VerdictOutcome =
            abs(evidence.row.biasAfter) > abs(evidence.row.biasBefore) ? .negativeTransfer : .transferSupported
        let claim = claim(outcome, evidence, damage: damage, settings: settings)
        numbers += claim.map(\.number)
        return (claim.allSatisfy { !$0.isRequired || $0.number.holds == true } ? outcome : .inconclusive, numbers)
    }

    /// Rule 2.
    private static func baseline(_ evidence: VerdictEvidence) -> DecidingNumber {
        let before = evidence.targetScore.before
        return DecidingNumber(
            rule: .notAssessable, quantity: .biasBefore(evidence.target.domain), value: before.bias,
            interval: before.biasInterval, threshold: 0, condition: "interval holds 0",
            holds: before.biasInterval.map { !$0.excludesZero })
    }

    /// Rule 1. Holds when damage is found.
    private static func budgets(_ evidence: VerdictEvidence) -> [DecidingNumber] {
        let numbers = evidence.budgets.filter { $0.limit != nil }.map { budget in
            DecidingNumber(
                rule: .damage, quantity: .budget(budget.name, on: budget.text), value: budget.value,
                threshold: budget.limit,
                condition: "exceeds its budget", holds: budget.isBroken,
                note: budget.value == nil ? "not measured, which counts as broken" : nil)
        }
        guard numbers.isEmpty else { return numbers }
        return [
            DecidingNumber(
                rule: .damage, quantity: .budgets, condition: "exceeds its budget",
                note: "no text was compared with a budget")
        ]
    }

    /// What the target's bias along the scaled update says of damage. Holds when damage is found.
    private static func evenPart(_ evidence: VerdictEvidence) -> DecidingNumber {
        let part = evidence.targetScaling?.atOne
        return DecidingNumber(
            rule: .damage, quantity: .evenPart(evidence.target.domain), value: part.map { abs($0.even) },
            threshold: part.map { abs($0.odd) }, condition: "> the odd part",
            holds: part.map { abs($0.even) > abs($0.odd) },
            note: part == nil ? evidence.targetScaling?.reason ?? "no scaled update was scored" : nil)
    }

    /// A condition of rules 4 and 5 and whether it has to hold.
    private struct Condition {
        var number: DecidingNumber
        var isRequired = true
    }

    /// Rules 4 and 5.
    private static func claim(
        _ outcome: VerdictOutcome, _ evidence: VerdictEvidence, damage: [DecidingNumber], settings: AnalysisSettings
    ) -> [Condition] {
        let row = evidence.row
        let wanted: BiasDirection = outcome == .transferSupported ? .towardZero : .awayFromZero
        let way = outcome == .transferSupported ? "toward 0" : "away from 0"
        var conditions = [
            Condition(
                number: DecidingNumber(
                    rule: outcome, quantity: .change(evidence.target.domain), value: evidence.target.tau,
                    interval: evidence.target.interval, threshold: 0, condition: "interval excludes 0, toward 0",
                    holds: evidence.target.direction == .towardZero)),
            Condition(
                number: DecidingNumber(
                    rule: outcome, quantity: .change(row.domain), value: row.tau, interval: row.interval, threshold: 0,
                    condition: "interval excludes 0, \(way)", holds: row.direction == wanted)),
        ]
        if outcome == .transferSupported {
            let before = evidence.score.before
            conditions.insert(
                Condition(
                    number: DecidingNumber(
                        rule: outcome, quantity: .biasBefore(row.domain), value: before.bias,
                        interval: before.biasInterval, threshold: 0, condition: "interval excludes 0",
                        holds: before.biasInterval?.excludesZero)), at: 1)
        }
        if damage.contains(where: { $0.holds == nil }) {
            conditions.append(
                Condition(
                    number: DecidingNumber(
                        rule: outcome, quantity: .damage, condition: "excluded by budget and by odd and even part",
                        note: "damage could not be asked in full")))
        }
        conditions.append(Condition(number: excess(outcome, row, settings: settings)))
        conditions.append(commonPart(outcome, evidence, settings: settings))
        conditions.append(
            Condition(
                number: repeated(
                    outcome, .changeOnUnexposed(row.domain), row.identityUnexposed,
                    like: row, requirement: settings.unexposedCheck),
                isRequired: settings.unexposedCheck == .required))
        return conditions
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
    ) -> Condition {
        let isRequired = settings.commonPartCheck == .required
        let row = evidence.row
        if row.commonRemoved != nil || evidence.drift == nil {
            return Condition(
                number: repeated(
                    outcome, .changeWithoutCommonShift(row.domain), row.commonRemoved, like: row,
                    requirement: settings.commonPartCheck),
                isRequired: isRequired)
        }
        let drift = evidence.drift
        return Condition(
            number: DecidingNumber(
                rule: outcome, quantity: .wordMovement(row.domain), value: drift?.p, threshold: settings.alpha,
                condition: "< threshold",
                holds: isRequired ? drift?.p.map { $0 < settings.alpha } : nil,
                note: isRequired ? drift?.reason : DecidingNumber.waived, isWaived: !isRequired),
            isRequired: isRequired)
    }

    /// Whether τ over a part of the items repeats the finding: its interval excludes 0 on the same side.
    private static func repeated(
        _ outcome: VerdictOutcome, _ quantity: DecidingQuantity, _ subset: SubsetTransfer?, like row: TransferRow,
        requirement: CheckRequirement
    ) -> DecidingNumber {
        var holds: Bool?
        if requirement == .required, let tau = subset?.tau, let interval = subset?.interval {
            holds = interval.tells(tau, sameSignAs: row.tau)
        }
        let isWaived = requirement == .notApplicable
        let note: String? = isWaived ? DecidingNumber.waived : subset.map(\.reason) ?? "not scored"
        return DecidingNumber(
            rule: outcome, quantity: quantity, value: subset?.tau, interval: subset?.interval, threshold: 0,
            condition: "interval excludes 0, same side as τ", holds: holds, note: note, isWaived: isWaived)
    }

    /// Rule 3.
    private static func equivalence(_ evidence: VerdictEvidence, settings: AnalysisSettings) -> DecidingNumber {
        DecidingNumber(
            rule: .noTransfer, quantity: .change(evidence.row.domain), value: evidence.row.tau,
            interval: evidence.row.interval, threshold: settings.margin, condition: "interval lies within ± threshold",
            holds: evidence.row.interval.map { $0.lies(within: settings.margin) })
    }

    /// Pairs that would show a bias of the target as large as the one measured at baseline, and what that rests on.
    ///
    /// The standard error is that of independent gaps, or the one that the interval implies where clusters make it wider.
    package static func itemsToAssess(
        _ before: ScoreSummary, settings: AnalysisSettings
    ) -> (items: Int?, reason: String) {
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
    package static func itemsToDecide(
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
