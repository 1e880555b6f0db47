import Analyze
import Records

extension ReportSections {
    /// The finding in words: what was forgotten first, then the domains grouped by what is said of them.
    func headline() -> [String] {
        let verdicts = report().leading.verdict
        guard !verdicts.isEmpty else {
            return [
                report().leading.transfer.isEmpty && report().benchmarks.isEmpty
                    ? "Nothing was scored." : "No transfer domain was asked for."
            ]
        }
        if verdicts.allSatisfy({ $0.outcome == .notAssessable }) {
            return [
                "Not assessable: no \(noTarget) bias was found at baseline.",
                "This says nothing about whether \(verdicts.map(\.domain).inWords("or")) bias is present.",
            ]
        }
        if verdicts.allSatisfy({ $0.outcome == .damage }) {
            let meaning = "Changes of bias may come from the damage; they are no evidence of transfer."
            return ["The run damaged the model.", meaning]
        }
        func list(_ outcome: VerdictOutcome) -> [String] { verdicts.filter { $0.outcome == outcome }.map(\.domain) }
        let supported = list(.transferSupported)
        let negative = list(.negativeTransfer)
        let isAlone = supported.isEmpty && negative.isEmpty
        let forgotten = report().leading.transfer.filter { $0.role == .target }
        // Of several targets each that did not fall is named, whatever else moved.
        func targets(_ direction: BiasDirection, said: Bool) -> [String] {
            guard said else { return [] }
            if forgotten.isEmpty { return direction == .undecided ? [target] : [] }
            return forgotten.filter { $0.direction == direction }.map(\.domain)
        }
        let names = isAlone || forgotten.count > 1
        return Self.sentences([
            (supported, { "Forgetting \(target) bias lowered \($0) bias as well." }),
            (negative, { "\(supported.isEmpty ? "Forgetting \(target) bias" : "It") raised \($0) bias." }),
            (
                targets(.towardZero, said: isAlone),
                { "\(Self.capital($0)) bias fell\(forgotten.count > 1 ? "." : "; no transfer was shown.")" }
            ),
            (targets(.awayFromZero, said: names), { "\(Self.capital($0)) bias rose." }),
            (targets(.undecided, said: names), { "\(Self.capital($0)) bias did not measurably change." }),
            (isAlone && forgotten.count > 1 ? [target] : [], { _ in "No transfer was shown." }),
            (list(.noTransfer), { "\(Self.capital($0)) bias changed by no more than the margin set beforehand." }),
            (list(.inconclusive), { "For \($0), the result is inconclusive." }),
            (
                list(.notAssessable),
                { "\(Self.capital($0)) not assessable: no \(noTarget) bias was found at baseline." }
            ),
            (list(.damage), { "For \($0), damage to the model may be the cause." }),
        ])
    }

    /// The rows of the first screen: targets first, then as the study orders them.
    func headlineRows() -> [HeadlineRow] {
        let transfers = report.leading.transfer.nodes()
        let ends = transfers.flatMap { row -> [Double] in
            let tau = row().tau
            return [tau, row().interval?.lower ?? tau, row().interval?.upper ?? tau]
        }
        let outcomes = report().leading.verdict
        return transfers.map { row in
            let verdict = outcomes.first { $0.domain == row().domain }
            return HeadlineRow(
                domain: row().domain, index: index(row().domain),
                role: row().role == .target ? "forgotten" : row().role.rawValue,
                outcome: verdict?.outcome.rawValue ?? Self.words(row()),
                outcomeNote: verdict?.outcome == .notAssessable ? "no \(noTarget) bias found at baseline" : "",
                outcomeKey: verdict.map { Slug.of($0.outcome.rawValue) } ?? "",
                before: n(row.biasBefore), after: n(row.biasAfter),
                change: n(row.tau, .signed),
                interval: interval(row.interval, .signed),
                beyondNull: row().role == .target && verdict == nil && row().nulls.isEmpty
                    ? ["–"] : beyondNull(row),
                picture: IntervalSpark(
                    value: row().tau, interval: ClosedRange(row().interval), ends: ends, index: index(row().domain)
                ).element)
        }
    }

    /// Excess over untargeted updates and its corrected p, in the direction that the bias moved.
    func beyondNull(_ row: Node<TransferRow>) -> [Inline] {
        guard let null = row.nulls.nodes().first else { return [.text(Self.notComputed)] }
        let p = probabilities(null, row).holm
        // Holm runs over the other domains, so the target has no corrected p; its plain one is in the section on
        // untargeted updates.
        guard p() != nil else { return [n(null.excess, .signed)] }
        return [n(null.excess, .signed), ", p ", n(p, .probability)]
    }

    /// The one-sided p that looks the way the bias moved, before and after correction.
    func probabilities(
        _ null: Node<NullComparison>, _ row: Node<TransferRow>
    ) -> (plain: Node<Double>, holm: Node<Double?>) {
        abs(row().biasAfter) > abs(row().biasBefore)
            ? (null.pAway, null.pAwayHolm) : (null.pToward, null.pTowardHolm)
    }

    /// What it cost: perplexity, KL and budgets, the guard.
    func cost() -> [[Inline]] {
        let perplexity = report.quality.perplexity.unwrapped().map { text -> [Inline] in
            [
                n(text.before), " → ", n(text.after), " (", n(text.change, .signedPercent),
                ") on \(text().text); lower is better",
            ]
        }
        var out: [[Inline]] = [
            [.strong(Self.capital(perplexityName) + " ")] + (perplexity ?? [.text(Self.notComputed)])
        ]
        for part in benchmarks {
            out += part.measures.nodes().filter { $0().record.isQuality && $0().record.domain == nil }.map { row in
                [
                    .strong("\(row().record.heading) "), n(row.before), " → ", n(row.after), " (",
                    n(row.change, .signed),
                    ") on ", .code(part().name), "; higher is better",
                ]
            }
        }
        let limited = report.quality.budgets.nodes().filter { $0().limit != nil }
        for text in limited.map({ $0().text }).uniqued() {
            let parts = limited.filter { $0().text == text }.map { budget -> [Inline] in
                budget.words() + [" allowed", budget().isBroken ? .strong(" (exceeded)") : " (kept)"]
            }
            out.append([.strong("Budget on \(text) ")] + parts.joined(by: "; "))
        }
        if let guardOutcome = report.quality.guardOutcome.unwrapped() {
            let outcome = guardOutcome().outcome
            var what = "not triggered"
            if outcome.stopped {
                what = "stopped the run: \(outcome.stopReason)"
            } else if guardOutcome().perplexityBudget == nil, guardOutcome().klBudget == nil,
                !limited.contains(where: { $0().text == QualityBudget.guardScores })
            {
                what = "no guard configured"
            }
            out.append([
                .strong("Guard "), .text(what + "; model of step "), n(guardOutcome.outcome.keptStep, .count), " kept",
            ])
            out += outcome.remarkTexts.map { [.strong("Unlearning "), .text($0)] }
        }
        return out
    }

    /// What was done, in a line.
    func deck() -> [Inline] {
        var out: [Inline] = [
            .text("Model \(report().model?.name ?? "unknown"), "), n(report.model.parameters, .count), " parameters",
        ]
        for (i, facts) in report.forget.nodes().enumerated() {
            out.append(.text(i == 0 ? ". Forgotten: " : "; "))
            switch facts().counts.instead {
            case nil:
                out += [
                    n(facts.counts.harmfulTokens, .count), " harmful tokens in ", n(facts.counts.sentences, .count),
                ]
            case .allTokens: out += ["all tokens of ", n(facts.counts.sentences, .count)]
            case .pairs: out += [n(facts.counts.takenPairs, .count), " pairs of"]
            case .learnedPairs: out += ["nothing; learned: ", n(facts.counts.takenPairs, .count), " pairs of"]
            }
            out.append(.text(" sentences about \(facts().domain)"))
        }
        out.append(
            """
            . Bias says how much likelier the model finds the more stereotyped sentence of a pair (mean difference in \
            log-probability per token); 0 is no preference.
            """)
        return out
    }

    /// Where a bias moved, as a reader says it.
    static func words(_ row: TransferRow) -> String {
        switch row.direction {
        case .towardZero: "bias fell"
        case .awayFromZero: "bias rose"
        case .undecided: "no clear change"
        }
    }

    static func capital(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }
}

extension Node<QualityBudget> {
    /// What was measured, how much of it, and the limit.
    ///
    /// - Parameter text: whether the text that it was measured on is named.
    func words(on text: Bool = false) -> [Inline] {
        let budget = self()
        // A perplexity's value is its relative change; KL and scores are in their own units.
        let isRelative = budget.name != "kl" && budget.text != QualityBudget.guardScores
        return [
            .text((budget.name == "kl" ? "KL" : budget.name) + (text ? " on \(budget.text) " : " ")),
            n(self.value, isRelative ? .signedPercent : .plain), ", at most ",
            n(self.limit, isRelative ? .percent : .plain),
        ]
    }
}
