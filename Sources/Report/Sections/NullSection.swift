import Analyze

extension ReportSections {
    /// τ of the run among the τ of matched updates that have no target.
    func nullSection() -> Section {
        var blocks: [Block] = [
            .paragraph([
                """
                Untargeted updates aim at no bias and change the model's predictions on neutral text as much as the run does \
                (equal KL); random ones also have the same ratios of norm between tensors. If the observed τ lies inside \
                their spread, any update of this size would have done as much. The worst KL error is that of the least \
                well matched one; unmatched ones are those that no scale brings to equal KL.
                """
            ])
        ]
        var found = false
        for part in benchmarks {
            let rows = part.transfer.nodes().filter { !$0().nulls.isEmpty }
            guard !rows.isEmpty else { continue }
            found = true
            if benchmarks.count > 1 { blocks.append(.heading(part().name)) }
            blocks.append(.pictures(rows.compactMap { picture($0()) }, wide: false))
            blocks.append(.table(nullTable(rows)))
        }
        if !found { blocks.append(.paragraph([.text("Null distribution: \(Self.notComputed).")])) }
        return Section("null", "Compared with untargeted updates", blocks)
    }

    private func picture(_ row: TransferRow) -> Picture? {
        guard let null = row.nulls.first, !null.draws.isEmpty else { return nil }
        let label = "observed " + NumberText.text(row.tau, .signed)
        let plot = Histogram(
            title: "Null distribution of τ, \(row.domain)",
            summary: label + ", median of untargeted updates " + NumberText.text(null.median, .signed),
            xLabel: "τ of untargeted updates",
            values: null.draws, observed: row.tau, observedLabel: label, index: index(row.domain))
        return Picture(plot.element, caption: [name(row.domain)])
    }

    private func nullTable(_ rows: [Node<TransferRow>]) -> Table {
        Table(
            "τ against untargeted updates; p is one-sided, in the direction of τ",
            [
                .init("Domain", numeric: false), .init("Untargeted update", numeric: false), .init("Draws"),
                .init("Mean"),
                .init("95 % band"), .init("Excess"), .init("p"), .init("p, Holm"), .init("p floor"),
                .init("First-order error"), .init("Scored exactly"), .init("Worst KL error"), .init("Unmatched"),
            ],
            rows.flatMap { row in
                row.nulls.nodes().map { null in
                    let p = probabilities(null, row)
                    return [
                        [name(row().domain)],
                        [.text(Self.nullName(null().kind) + (null().isFirstOrder ? ", first order" : ""))],
                        [n(null.count, .count)], [n(null.mean, .signed)], interval(null.lower, null.upper, .signed),
                        [n(null.excess, .signed)], [n(p.plain, .probability)], [n(p.holm, .probability)],
                        [n(null.pFloor, .probability)], optional(null.calibration.rootMeanSquareError),
                        [n(null.exactCount, .count)], optional(null.worstKLError, .percent),
                        optional(null.unmatched, .count),
                    ]
                }
            })
    }
}
