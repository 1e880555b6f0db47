import Analyze
import Records

extension ReportSections {
    /// Why the biases moved, as an argument from the change to its cause; nil when the study asks for no explanation.
    func whySection() -> Section? {
        guard let result = report.why.unwrapped() else { return nil }
        let steps: [(question: String, blocks: [Block])] = [
            ("What moved?", movedBlocks(result)), ("Is it more than damage?", damageBlocks(result)),
            ("Was it forecast?", forecastBlocks(result)),
            ("Which component of the model carries it?", componentBlocks(result)),
            ("Which directions carry it?", directionBlocks(result)),
            ("Which words and sentences did it?", wordBlocks(result)),
            ("Does it survive a cleaner forget set, and another run?", robustnessBlocks(result)),
            ("What speaks against?", rivalBlocks(result)), ("What could not be computed", openBlocks(result)),
        ]
        let opening: Block = .paragraph([
            "From the change to its cause, a question at a time. Each answer says what kind of evidence it is: ",
            .strong("correlation"), ", two things go together; ", .strong("first order"),
            ", gradients times the update, which leaves out how components act on each other; ",
            .strong("intervention"),
            ", the model or the training was changed and scored again. Only the last shows that something carries a ",
            "change. All numbers are of ", .code(result().benchmark), ".",
        ])
        return Section("why", "Why it moved", [opening] + steps.flatMap { [.heading($0.question)] + $0.blocks })
    }

    /// The sentences of the first screen: why each domain moved whose bias did; none without attribution.
    func whySentences() -> [[Inline]] {
        guard let result = report().why else { return [] }
        let verdicts = verdicts(result.benchmark)
        return result.explanations.filter { item in
            let outcome = verdicts.first { $0.domain == item.domain }?.outcome
            return !item.sentence.isEmpty && (outcome == .transferSupported || outcome == .negativeTransfer)
        }.prefix(3).map { [.text(Self.capital($0.sentence))] }
    }

    /// What a step says when no domain moved.
    var nothingMoved: String { "No domain's change can be distinguished from 0, so none is compared." }

    /// Domains other than the target whose change can be told from 0.
    func moved(_ result: Node<AttributionResult>) -> [Node<TransferRow>] {
        transfers(result().benchmark).filter { $0().role != .target && $0().direction != .undecided }
    }

    private func movedBlocks(_ result: Node<AttributionResult>) -> [Block] {
        let verdicts = verdicts(result().benchmark)
        let lines = transfers(result().benchmark).map { row -> [Inline] in
            let outcome = verdicts.first { $0.domain == row().domain }?.outcome.rawValue
            let said =
                outcome ?? (row().role == .target ? "forgotten, " + Self.words(row()) : Self.words(row()))
            return [
                name(row().domain), ": ", .strong(said), ". Bias ", n(row.biasBefore), " → ",
                n(row.biasAfter), ", τ ", n(row.tau, .signed), " ",
            ]
                + interval(row.interval, .signed) + ["."]
        }
        return lines.isEmpty ? [missing("Score changes")] : [.list(lines)]
    }

    private func openBlocks(_ result: Node<AttributionResult>) -> [Block] {
        let parts: [(kind: NotComputed.Kind, what: String, isEmpty: Bool)] = [
            (.alignment, "alignment", result().alignment.isEmpty), (.forecast, "forecast", result().forecast == nil),
            (.patching, "patching", result().patching.isEmpty), (.mediation, "mediation", result().mediation.isEmpty),
            (.contributions, "contributions of words and sentences", result().contributions.isEmpty),
            (.decomposition, "movement of embedding rows by cause", result().driftSplit.isEmpty),
            (.ablations, "ablations of the forget set", result().ablations.isEmpty),
            (.retrainings, "other retrainings", result().retrainings.isEmpty),
            (.matrix, "transfer matrix", result().matrix.isEmpty),
        ]
        let named = Set(result().notComputed.compactMap(\.kind))
        let missing = parts.filter { $0.isEmpty && !named.contains($0.kind) }.map(\.what)
        let lines: [[Inline]] =
            result().notComputed.map { [.strong($0.what), .text(": " + $0.reason)] }
            + (missing.isEmpty ? [] : [[.strong("No numbers in this run"), .text(": " + missing.inWords())]])
        let all = "Every question was answered. Where a single number is missing, its reason is beside it."
        return [lines.isEmpty ? .paragraph([.text(all)]) : .list(lines)]
    }

    // MARK: Pieces that all steps use

    /// Says that a step has no numbers, with the reasons why what it rests on is missing.
    func notComputed(_ what: String, _ result: Node<AttributionResult>, _ kinds: NotComputed.Kind...) -> Block {
        let reasons = result().notComputed.filter { $0.kind.map(kinds.contains) ?? false }
        let why =
            reasons.isEmpty ? "." : ": " + reasons.map { "\($0.what), \($0.reason)" }.joined(separator: "; ") + "."
        return .paragraph([.text("\(what): \(Self.notComputed)\(why)")])
    }

    /// Why numbers are missing, each reason once with the names it holds for; nothing when none is.
    func reasons(_ items: [(name: String, value: ControlledValue)]) -> [Block] {
        let lines = items.filter { $0.value.value == nil }
            .map { ($0.value.reason ?? "no reason was recorded", $0.name) }.gathered()
            .map { item -> [Inline] in
                [.text("\(Self.capital(Self.notComputed)): \(item.values.inWords()) (\(item.key)).")]
            }
        return lines.isEmpty ? [] : lines.count == 1 ? [.paragraph(lines[0])] : [.list(lines)]
    }
}
