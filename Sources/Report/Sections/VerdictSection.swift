import Analyze
import Records

extension ReportSections {
    /// Why each verdict: its sentence, and every condition that was asked with its number.
    func verdictSection() -> Section {
        var blocks: [Block] = []
        for part in benchmarks {
            let verdicts = part.verdict.nodes()
            guard !verdicts.isEmpty else { continue }
            if benchmarks.count > 1 { blocks.append(.heading(part().name)) }
            for verdict in verdicts {
                // The sentence of an open verdict says how many items would decide, and why.
                blocks.append(
                    .paragraph([
                        name(verdict().domain), ": ", .strong(verdict().outcome.rawValue), ". ",
                        .text(verdict().sentence),
                    ]))
                if verdict().outcome == .noTransfer, let moved = movedWords(verdict().domain) {
                    blocks.append(.paragraph(moved))
                }
                blocks.append(.details("Conditions asked for \(verdict().domain)", [.table(conditions(verdict))]))
            }
        }
        if blocks.isEmpty { blocks.append(.paragraph([.text("Verdicts: \(Self.notComputed).")])) }
        return Section("verdicts", "How the verdicts were reached", blocks)
    }

    /// Says that a domain's unexposed words moved more than controls although its bias did not; nil when they did not.
    ///
    /// Of all spaces the one with the smallest q: readers of the drift tables would else take it for transfer.
    private func movedWords(_ domain: String) -> [Inline]? {
        var found: [(row: Node<DriftRow>, space: String)] = []
        for space in spaces {
            for row in space.clusters.nodes() where row().isMovement(of: domain) {
                guard row().evidence, let q = row().q, q < settings.alpha, let value = row().value,
                    let upper = row().controlUpper, value > upper
                else { continue }
                found.append((row, space().space))
            }
        }
        guard let (row, space) = found.min(by: { ($0.row().q ?? 1) < ($1.row().q ?? 1) }) else { return nil }
        return [
            .text("The embeddings of \(domain) words moved more than matched controls (\(space): "), n(row.value),
            " against ", n(row.controlMedian), ", q ", n(row.q, .probability),
            "): embeddings moved, scores did not; the verdict uses scores.",
        ]
    }

    private func conditions(_ verdict: Node<Verdict>) -> Table {
        Table(
            "Rules in the order asked",
            [
                .init("Condition", numeric: false), .init("Value"), .init("Interval"), .init("Against"),
                .init("Holds", numeric: false), .init("Rule", numeric: false), .init("Note", numeric: false),
            ],
            verdict.numbers.nodes().map { number in
                [
                    [.text(number().name + ": " + number().condition)],
                    [n(number.value, number().quantity.isProbability ? .probability : .plain)],
                    interval(number.interval), optional(number.threshold, .setting),
                    [.text(number().holds.map { $0 ? "yes" : "no" } ?? "not decided")],
                    [.text(number().rule.rawValue)], [.text(number().note ?? "")],
                ]
            })
    }
}

extension DriftRow {
    /// Whether it says how far the words of a whole domain moved beside the movement that all rows share.
    func isMovement(of domain: String) -> Bool {
        self.domain == domain && group == nil && metric == .displacement && commonRemoved
    }
}
