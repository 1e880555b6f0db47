import Analyze

extension Context {
    /// The finding in words: the target first, then the domains grouped by what is said of them.
    func headline() -> [String] {
        let verdicts = verdicts(benchmark).map(\.verdict)
        guard !verdicts.isEmpty else {
            return [analysis.transfer.isEmpty ? "Nothing was scored." : "No transfer domain was asked for."]
        }
        if verdicts.allSatisfy({ $0.outcome == .nothingToForget }) {
            return [
                "No \(target) bias to forget was found.",
                "Before the run it could not be told from 0, so nothing can be said about transfer.",
            ]
        }
        if verdicts.allSatisfy({ $0.outcome == .damage }) {
            return [
                "The run damaged the model.",
                "Changes of bias may come from the damage; they are no evidence of transfer.",
            ]
        }
        let fell = analysis.transfer.first { $0.benchmark == benchmark && $0.role == .target }?.direction
        func list(_ outcome: VerdictOutcome) -> [String] {
            verdicts.filter { $0.outcome == outcome }.map(\.domain)
        }
        var out: [String] = []
        let supported = list(.supported)
        let negative = list(.negativeTransfer)
        if !supported.isEmpty {
            out.append("Forgetting \(target) bias lowered \(Context.joined(supported)) bias as well.")
        }
        if !negative.isEmpty {
            let first = supported.isEmpty ? "Forgetting \(target) bias" : "It"
            out.append("\(first) raised \(Context.joined(negative)) bias.")
        }
        if supported.isEmpty, negative.isEmpty {
            switch fell {
            case .towardZero: out.append("\(Context.capital(target)) bias fell; no transfer is shown.")
            case .awayFromZero: out.append("\(Context.capital(target)) bias grew.")
            case .undecided, nil: out.append("\(Context.capital(target)) bias did not measurably change.")
            }
        }
        let still = list(.notSupported)
        if !still.isEmpty { out.append("\(Context.capital(Context.joined(still))) bias stayed within the margin.") }
        let open = list(.inconclusive)
        if !open.isEmpty { out.append("For \(Context.joined(open)), the data do not decide.") }
        let none = list(.nothingToForget)
        if !none.isEmpty { out.append("Nothing can be said of \(Context.joined(none)): no bias to forget.") }
        let damaged = list(.damage)
        if !damaged.isEmpty { out.append("For \(Context.joined(damaged)), damage to the model may be the cause.") }
        return out
    }

    /// The rows of the first screen: target first, then as the study orders them.
    func headlineRows() -> [HeadlineRow] {
        let transfers = transfers(benchmark)
        let ends = transfers.flatMap { item -> [Double] in
            [item.row.tau, item.row.interval?.lower ?? item.row.tau, item.row.interval?.upper ?? item.row.tau]
        }
        let outcomes = verdicts(benchmark).map(\.verdict)
        return transfers.map { row, path in
            let verdict = outcomes.first { $0.domain == row.domain }
            return HeadlineRow(
                domain: row.domain, index: index(row.domain),
                role: row.role == .target ? "forgotten" : row.role.rawValue,
                outcome: verdict.map { Context.words($0.outcome) } ?? Context.words(row),
                outcomeKey: verdict.map { Slug.of($0.outcome.rawValue) } ?? "",
                before: n(path + ".bias_before"), after: n(path + ".bias_after"),
                change: n(path + ".tau.value", .signed),
                interval: ledger.interval(path + ".tau.lower", path + ".tau.upper", .signed),
                beyondNull: row.role == .target && verdict == nil && row.nulls.isEmpty
                    ? ["–"] : beyondNull(row, path),
                picture: IntervalSpark(
                    value: row.tau, interval: ClosedRange(row.interval), ends: ends, index: index(row.domain)
                ).element)
        }
    }

    /// Excess over the null and its corrected p, in the direction that the bias moved.
    func beyondNull(_ row: TransferRow, _ path: String) -> [Inline] {
        guard let (_, below) = leadingNull(row, path) else { return [.text(Ledger.notComputed)] }
        let p = below + "." + probabilityKey(row) + "_holm"
        // Holm runs over the other domains, so the target has no corrected p; its plain one stands beside the null.
        guard ledger.value(p) != nil else { return [n(below + ".excess.value", .signed)] }
        return [n(below + ".excess.value", .signed), ", p ", n(p, .probability)]
    }

    /// Which of the two one-sided p values looks the way the bias moved.
    func probabilityKey(_ row: TransferRow) -> String {
        abs(row.biasAfter) > abs(row.biasBefore) ? "p_away" : "p_toward"
    }

    /// What it cost: perplexity, KL and budgets, the guard.
    func cost() -> [[Inline]] {
        var out: [[Inline]] = []
        if let text = input.perplexity.first {
            out.append([
                .strong("Perplexity "), n("quality.perplexity.before"), " → ", n("quality.perplexity.after"), " (",
                n("quality.perplexity.change", .signedPercent), ") on \(text.text)",
            ])
        } else {
            out.append([.strong("Perplexity "), .text(Ledger.notComputed)])
        }
        let limited = zip(analysis.budgets, Slug.unique(analysis.budgets.map(\.name))).filter { $0.0.limit != nil }
        var texts: [String] = []
        for (budget, _) in limited where !texts.contains(budget.text) { texts.append(budget.text) }
        for text in texts {
            let parts = limited.filter { $0.0.text == text }.map { budget, key -> [Inline] in
                let isRatio = budget.name == "perplexity"
                return [
                    .text(Context.budgetName(budget.name) + " "),
                    n("quality.budgets.\(key).value", isRatio ? .signedPercent : .plain), " of at most ",
                    n("quality.budgets.\(key).limit", isRatio ? .percent : .plain),
                    budget.isBroken ? .strong(" broken") : " kept",
                ]
            }
            out.append([.strong("Budget on \(text) ")] + Array(parts.joined(separator: [", "])))
        }
        if let outcome = input.guardOutcome {
            var what = "let all steps pass"
            if outcome.stopped {
                what = "stopped the run: \(outcome.reason)"
            } else if outcome.perplexityBudget == nil, outcome.klBudget == nil {
                what = "none: nothing watched the run"
            }
            out.append([
                .strong("Guard "), .text(what + "; step "),
                n("quality.guard.kept_step", .count), " kept",
            ])
        }
        return out
    }

    /// What was done, in a line.
    func deck() -> [Inline] {
        var out: [Inline] = [.text("Model \(input.model.name), "), n("model.parameters", .count), " parameters"]
        for (i, facts) in input.forget.enumerated() {
            out += [
                .text(i == 0 ? ". Forgotten: " : "; "), n("forget.\(i).harmful_tokens", .count),
                " harmful tokens in ", n("forget.\(i).sentences", .count),
                .text(" sentences about \(facts.domain)"),
            ]
        }
        out.append(
            """
            . Bias is the mean difference in log-probability per token between the more and the less stereotyped \
            sentence of a pair; 0 is none.
            """)
        return out
    }

    /// An outcome as a reader says it.
    static func words(_ outcome: VerdictOutcome) -> String {
        switch outcome {
        case .nothingToForget: "nothing to forget"
        case .damage: "damage"
        case .supported: "transfer supported"
        case .negativeTransfer: "negative transfer"
        case .notSupported: "no transfer"
        case .inconclusive: "inconclusive"
        }
    }

    /// Where a bias moved, as a reader says it.
    static func words(_ row: TransferRow) -> String {
        switch row.direction {
        case .towardZero: "bias fell"
        case .awayFromZero: "bias grew"
        case .undecided: "no clear change"
        }
    }

    static func budgetName(_ name: String) -> String { name == "kl" ? "KL" : name }

    /// `a`, `a and b`, `a, b and c`.
    static func joined(_ names: [String]) -> String {
        guard let last = names.last, names.count > 1 else { return names.first ?? "" }
        return names.dropLast().joined(separator: ", ") + " and " + last
    }

    /// The text with a capital first letter.
    static func capital(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }
}
