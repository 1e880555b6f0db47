import Analyze
import Records

extension ReportSections {
    /// Why each verdict: its sentence, and every condition that was asked with its number.
    func verdictSection() -> Section {
        let blocks = byBenchmark("Verdicts") { part in
            part.verdict.nodes().flatMap { verdict -> [Block] in
                let domain = verdict().domain
                let moved = verdict().outcome == .noTransfer ? movedWords(domain) : nil
                // The sentence of an open verdict says how many items would decide, and why.
                return [
                    .paragraph([
                        name(domain), ": ", .strong(verdict().outcome.rawValue), ". ", .text(verdict().sentence),
                    ])
                ] + (moved.map { [.paragraph($0)] } ?? []) + [
                    .details("Conditions asked for \(domain)", [.table(conditions(verdict))])
                ]
            }
        }
        return Section("verdicts", "How the verdicts were reached", blocks)
    }

    /// Says that a domain's unexposed words moved more than controls although its bias did not; nil when they did not.
    ///
    /// Of all spaces the one with the smallest q: readers of the drift tables would else take it for transfer.
    private func movedWords(_ domain: String) -> [Inline]? {
        let found = spaces.flatMap { space in
            space.clusters.nodes().filter { row in
                guard let q = row().q, let value = row().value, let upper = row().controlUpper else { return false }
                return row().isMovement(of: domain) && row().evidence && q < settings.alpha && value > upper
            }.map { (row: $0, space: space().space) }
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
            "Rules in the order asked", verdict.numbers.nodes(),
            [
                .text("Condition") { $0.name + ": " + $0.condition },
                .numbers("Value") { [n($0.value, $0().quantity.isProbability ? .probability : .plain)] },
                .range("Interval", \.interval), .orDash("Against", \.threshold, .setting),
                .text("Holds") { $0.holds.map { $0 ? "yes" : "no" } ?? "not decided" },
                .text("Rule", \.rule.rawValue), .text("Note") { $0.note ?? "" },
            ])
    }
}

extension DriftRow {
    /// Whether it says how far the words of a whole domain moved beside the movement that all rows share.
    func isMovement(of domain: String) -> Bool {
        self.domain == domain && group == nil && metric == .displacement && commonRemoved
    }
}
