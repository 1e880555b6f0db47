import Analyze

extension Context {
    /// Why each verdict: its sentence, and every condition that was asked with its number.
    func verdictSection() -> Section {
        var blocks: [Block] = []
        for name in benchmarks {
            let verdicts = verdicts(name)
            guard !verdicts.isEmpty else { continue }
            if benchmarks.count > 1 { blocks.append(.heading(name)) }
            for (verdict, path) in verdicts {
                var line: [Inline] = [
                    self.name(verdict.domain), ": ", .strong(Context.words(verdict.outcome)), ". ",
                    .text(verdict.sentence),
                ]
                if verdict.itemsToDecide != nil {
                    line += [" About ", n(path + ".items_to_decide", .count), " items would decide."]
                }
                if let reason = verdict.itemsReason { line.append(.text(" " + reason)) }
                blocks.append(.paragraph(line))
                blocks.append(.details("Conditions asked for \(verdict.domain)", [.table(conditions(verdict, path))]))
            }
        }
        if blocks.isEmpty { blocks.append(.paragraph([.text("Verdicts: \(Ledger.notComputed).")])) }
        return Section("verdicts", "Why these verdicts", blocks)
    }

    private func conditions(_ verdict: Verdict, _ path: String) -> Table {
        Table(
            "Rules in the order asked",
            [
                .init("Condition", numeric: false), .init("Value"), .init("Interval"), .init("Against"),
                .init("Holds", numeric: false), .init("Rule", numeric: false), .init("Note", numeric: false),
            ],
            verdict.numbers.enumerated().map { i, number in
                let here = path + ".numbers.\(i)"
                let style: NumberStyle =
                    number.name.hasPrefix("p ") || number.name.contains(" p ") ? .probability : .plain
                return [
                    [.text(number.name + ": " + number.condition)], [n(here + ".value", style)],
                    ledger.interval(here + ".lower", here + ".upper"),
                    number.threshold == nil ? ["–"] : [n(here + ".threshold")],
                    [.text(number.holds.map { $0 ? "yes" : "no" } ?? "not decided")],
                    [.text(number.rule.rawValue)], [.text(number.note ?? "")],
                ]
            })
    }
}
