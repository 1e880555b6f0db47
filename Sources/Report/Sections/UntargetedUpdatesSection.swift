import Analyze

extension ReportSections {
    /// τ of the run among the τ of matched updates that have no target.
    func untargetedUpdatesSection() -> Section {
        let opening: Block = .paragraph([
            """
            Untargeted updates aim at no bias and change the model's predictions on neutral text as much as the run does \
            (equal KL); random ones also have the same ratios of norm between tensors. If the observed τ lies inside \
            their spread, any update of this size would have done as much. The worst KL error is that of the least \
            well matched one; unmatched ones are those that no scale brings to equal KL.
            """
        ])
        let blocks = byBenchmark("Null distribution") { part in
            let rows = part.transfer.nodes().filter { !$0().nulls.isEmpty }
            return rows.isEmpty
                ? [] : [.pictures(rows.compactMap { picture($0()) }, wide: false), .table(untargetedTable(rows))]
        }
        return Section("null", "Compared with untargeted updates", [opening] + blocks)
    }

    private func picture(_ row: TransferRow) -> Picture? {
        guard let null = row.nulls.first, !null.draws.isEmpty else { return nil }
        let label = "observed " + NumberText.text(row.tau, .signed)
        let plot = Histogram(
            title: "Null distribution of τ, \(row.domain)",
            summary: label + ", median of untargeted updates " + NumberText.text(null.median, .signed),
            xLabel: "τ of untargeted updates",
            values: null.draws, observed: row.tau, observedLabel: label, index: index(row.domain))
        return Picture(svg: plot.element, caption: [name(row.domain)])
    }

    private func untargetedTable(_ rows: [Node<TransferRow>]) -> Table {
        Table(
            "τ against untargeted updates; p is one-sided, in the direction of τ",
            rows.flatMap { row in row.nulls.nodes().map { (row: row, null: $0, p: probabilities($0, row)) } },
            [
                .words("Domain") { [name($0.row().domain)] },
                .words("Untargeted update") { row in
                    [.text(Self.updateName(row.null().kind) + (row.null().isFirstOrder ? ", first order" : ""))]
                },
                .number("Draws", \.null.count, .count), .number("Mean", \.null.mean, .signed),
                .range("95 % band", \.null.lower, \.null.upper, .signed), .number("Excess", \.null.excess, .signed),
                .number("p", \.p.plain, .probability), .number("p, Holm", \.p.holm, .probability),
                .number("p floor", \.null.pFloor, .probability),
                .orDash("First-order error", \.null.calibration.rootMeanSquareError),
                .number("Scored exactly", \.null.exactCount, .count),
                .orDash("Worst KL error", \.null.worstKLError, .percent),
                .orDash("Unmatched", \.null.unmatched, .count),
            ])
    }
}
