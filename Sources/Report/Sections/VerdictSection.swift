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
                if verdict.outcome == .notSupported, let moved = movedWords(verdict.domain) {
                    blocks.append(.paragraph(moved))
                }
                blocks.append(.details("Conditions asked for \(verdict.domain)", [.table(conditions(verdict, path))]))
            }
        }
        if blocks.isEmpty { blocks.append(.paragraph([.text("Verdicts: \(Ledger.notComputed).")])) }
        return Section("verdicts", "How the verdicts were reached", blocks)
    }

    /// Says that a domain's unexposed words moved more than controls although its bias did not; nil when they did not.
    ///
    /// Of all spaces the one with the smallest q: readers of the drift tables would else take it for transfer.
    private func movedWords(_ domain: String) -> [Inline]? {
        var found: [(row: DriftRow, space: String, path: String)] = []
        for (space, key) in zip(analysis.drift, Slug.unique(analysis.drift.map(\.space))) {
            for (row, cluster) in zip(space.clusters, ReportTree.clusterKeys(space.clusters))
            where row.domain == domain && row.group == nil && row.metric == .displacement && row.commonRemoved {
                guard row.evidence, let q = row.q, q < analysis.settings.alpha, let value = row.value,
                    let upper = row.controlUpper, value > upper
                else { continue }
                found.append((row, space.space, "drift.\(key).clusters.\(cluster)"))
            }
        }
        guard let least = found.min(by: { ($0.row.q ?? 1) < ($1.row.q ?? 1) }) else { return nil }
        return [
            .text("The words of \(domain) move all the same, more than matched controls (\(least.space): "),
            n(least.path + ".value"), " against ", n(least.path + ".control_median"), ", q ",
            n(least.path + ".q", .probability),
            "): vectors moved, preferences did not, and only preferences decide.",
        ]
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
                    number.threshold == nil ? ["–"] : [n(here + ".threshold", .setting)],
                    [.text(number.holds.map { $0 ? "yes" : "no" } ?? "not decided")],
                    [.text(number.rule.rawValue)], [.text(number.note ?? "")],
                ]
            })
    }
}
