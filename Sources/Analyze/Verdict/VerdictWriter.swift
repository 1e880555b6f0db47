import Records

/// Puts verdicts into words.
enum VerdictWriter {
    static func verdict(_ evidence: VerdictEvidence, settings: AnalysisSettings) -> Verdict {
        let (outcome, numbers) = VerdictRules.decide(evidence, settings: settings)
        let row = evidence.row
        let open: (items: Int?, reason: String)? =
            switch outcome {
            case .inconclusive: VerdictRules.itemsToDecide(evidence, numbers: numbers, settings: settings)
            case .notAssessable: itemsToAssess(evidence, settings: settings)
            default: nil
            }
        return Verdict(
            benchmark: row.benchmark, domain: row.domain, role: row.role, outcome: outcome,
            sentence: sentence(outcome, evidence, numbers: numbers, open: open, settings: settings), numbers: numbers,
            itemsToDecide: open?.items, itemsReason: open?.reason)
    }

    /// Pairs that would show a bias of the target of which the fewest are wanted.
    private static func itemsToAssess(
        _ evidence: VerdictEvidence, settings: AnalysisSettings
    ) -> (items: Int?, reason: String)? {
        evidence.targets.map { VerdictRules.itemsToAssess($0.score.before, settings: settings) }
            .min { ($0.items ?? .max) < ($1.items ?? .max) }
    }

    /// Which targets had no bias at baseline, where others had one; empty where all had.
    private static func hadNone(_ evidence: VerdictEvidence) -> String {
        let names = evidence.targets.filter { $0.hadNoBias == true }.map(\.domain)
        return names.isEmpty ? "" : " No \(names.inWords("or")) bias was found at baseline, so that none had to fall."
    }

    private static func sentence(
        _ outcome: VerdictOutcome, _ evidence: VerdictEvidence, numbers: [DecidingNumber],
        open: (items: Int?, reason: String)?, settings: AnalysisSettings
    ) -> String {
        let row = evidence.row
        let target = evidence.forgotten
        let change = "τ \(short(row.tau)), \(setting(100 * settings.level)) % interval \(short(row.interval))"
        let move = "from \(short(row.biasBefore)) to \(short(row.biasAfter))"
        switch outcome {
        case .notAssessable:
            let isOne = evidence.targets.count == 1
            let found = evidence.targets.map { target in
                (isOne ? "" : target.domain + " ") + "\(short(target.score.before.bias)), interval "
                    + short(target.score.before.biasInterval)
            }
            let more = open?.items.map { " About \(rounded($0)) pairs would show a bias of this size." } ?? ""
            let names = evidence.targets.map(\.domain).inWords("or")
            return "No \(names) bias was found at baseline: \(found.joined(separator: "; ")); whether \(row.domain) "
                + "moved with \(isOne ? "it" : "them") cannot be assessed.\(more)"
        case .damage:
            let cause = numbers.last { $0.rule == .damage && $0.holds == true }
            let value = cause?.value.map(short) ?? "not measured"
            let limit = cause?.threshold.map(short) ?? "its limit"
            return "The model is damaged, so the change of \(row.domain) says nothing about transfer: "
                + "\(cause?.name ?? "quality") is \(value), above \(limit)."
        case .transferSupported, .negativeTransfer:
            let verb = outcome == .transferSupported ? "lowered" : "raised"
            return "Forgetting \(target) \(verb) the \(row.domain) bias \(move) (\(change)), more than matched updates "
                + "without a target do (\(excess(numbers)))\(waived(numbers)).\(hadNone(evidence))"
        case .noTransfer:
            return
                "Forgetting \(target) did not change the \(row.domain) bias by more than \(setting(settings.margin)) "
                + "(\(change)).\(hadNone(evidence))"
        case .inconclusive:
            let items = open?.items.map { "about \(rounded($0)) items instead of \(row.count) would decide it, " } ?? ""
            let question =
                row.interval?.excludesZero == true
                ? "Forgetting \(target) changed the \(row.domain) bias \(move) (\(change)), and it is open whether that is "
                    + "transfer" : "It is open whether forgetting \(target) changed the \(row.domain) bias (\(change))"
            return "\(question): \(items)\(open?.reason ?? "").\(hadNone(evidence))"
        }
    }

    private static func excess(_ numbers: [DecidingNumber]) -> String {
        let p = numbers.compactMap { number -> Double? in
            if case .excess = number.quantity { number.value } else { nil }
        }.first
        return p.map { "p \(short($0)) after Holm" } ?? "none was scored"
    }

    /// Names the checks that the study waived.
    private static func waived(_ numbers: [DecidingNumber]) -> String {
        let names = numbers.filter(\.isWaived).map(\.name)
        return names.isEmpty ? "" : "; not checked, by the study's choice: " + names.joined(separator: ", ")
    }
}
