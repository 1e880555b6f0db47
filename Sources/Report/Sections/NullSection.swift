import Analyze

extension Context {
    /// τ of the run among the τ of matched null updates.
    func nullSection() -> Section {
        var blocks: [Block] = [
            .paragraph([
                """
                Null updates have the same ratios of norm between tensors and one scale set to equal KL. \
                If the observed τ lies inside their spread, any update of this size would have done as much. The worst KL error \
                says how far the least well matched of them is off; unmatched ones are those that no scale brings to \
                equal KL.
                """
            ])
        ]
        var found = false
        for name in benchmarks {
            let rows = transfers(name).filter { !$0.row.nulls.isEmpty }
            guard !rows.isEmpty else { continue }
            found = true
            if benchmarks.count > 1 { blocks.append(.heading(name)) }
            blocks.append(.pictures(rows.compactMap { picture($0.row) }, wide: false))
            blocks.append(.table(nullTable(rows)))
        }
        if !found { blocks.append(.paragraph([.text("Null distribution: \(Ledger.notComputed).")])) }
        return Section("null", "Against matched null updates", blocks)
    }

    private func picture(_ row: TransferRow) -> Picture? {
        guard let null = row.nulls.first, !null.draws.isEmpty else { return nil }
        let label = "observed " + NumberText.text(row.tau, .signed)
        let plot = Histogram(
            title: "Null distribution of τ in \(row.domain)",
            summary: label + ", null median " + NumberText.text(null.median, .signed), xLabel: "τ of null updates",
            values: null.draws, observed: row.tau, observedLabel: label, index: index(row.domain))
        return Picture(plot.element, caption: [name(row.domain)])
    }

    private func nullTable(_ rows: [(row: TransferRow, path: String)]) -> Table {
        Table(
            "τ against null updates; p is one-sided, in the direction of τ",
            [
                .init("Domain", numeric: false), .init("Null", numeric: false), .init("Draws"), .init("Mean"),
                .init("95 % band"), .init("Excess"), .init("p"), .init("p, Holm"), .init("p floor"),
                .init("First-order error"), .init("Scored exactly"), .init("Worst KL error"), .init("Unmatched"),
            ],
            rows.flatMap { row, path in
                zip(row.nulls, Slug.unique(row.nulls.map(\.kind))).map { null, key in
                    let here = path + ".nulls." + key
                    let p = here + "." + probabilityKey(row)
                    return [
                        [name(row.domain)], [.text(null.kind + (null.isFirstOrder ? ", first order" : ""))],
                        [n(here + ".count", .count)], [n(here + ".mean", .signed)],
                        ledger.interval(here + ".lower", here + ".upper", .signed),
                        [n(here + ".excess.value", .signed)], [n(p, .probability)], [n(p + "_holm", .probability)],
                        [n(here + ".p_floor", .probability)],
                        null.calibration == nil ? ["–"] : [n(here + ".calibration.rms_error")],
                        [n(here + ".exact_count", .count)], optional(here + ".worst_kl_error", .percent),
                        optional(here + ".unmatched", .count),
                    ]
                }
            })
    }
}
