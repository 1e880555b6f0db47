import Analyze
import Records

extension Context {
    /// Changes of bias with intervals: plot, table, and the secondary scores beside them.
    func scoreSection() -> Section {
        var blocks: [Block] = []
        for name in benchmarks {
            let transfers = transfers(name)
            guard !transfers.isEmpty else { continue }
            if benchmarks.count > 1 { blocks.append(.heading(name)) }
            let scores = scores(name)
            if let profile = scores.first?.row.profile {
                blocks.append(
                    .paragraph([
                        "Benchmark ", .code(name), ", scored under the profile ", .code(profile),
                        ". The interval is the widest of the plain and the clustered bootstrap intervals.",
                    ]))
            }
            blocks.append(.pictures([changePicture(transfers)], wide: true))
            blocks.append(.table(changeTable(transfers)))
            blocks.append(
                .details("Secondary scores: share preferred, mean size of the gap", [.table(secondary(scores))]))
            blocks.append(.details("Robustness: parts of the items, flips, seeds", robustness(transfers)))
        }
        if blocks.isEmpty { blocks.append(.paragraph([.text("Score changes: \(Ledger.notComputed).")])) }
        return Section("scores", "Score changes", blocks)
    }

    private func changePicture(_ transfers: [(row: TransferRow, path: String)]) -> Picture {
        let rows = transfers.map { row, _ in
            let null = row.nulls.first
            return IntervalPlot.Row(
                label: row.domain, index: index(row.domain), value: row.tau, interval: ClosedRange(row.interval),
                band: ClosedRange(null.map { Interval(lower: $0.lower, upper: $0.upper) }),
                text: NumberText.text(row.tau, .signed))
        }
        let plot = IntervalPlot(
            title: "Change of bias per domain", summary: rows.map { $0.label + " " + $0.text }.joined(separator: ", "),
            xLabel: "τ = B after − B before, nats per token", rows: rows, margin: analysis.settings.margin)
        return Picture(
            plot.element,
            caption: [
                "Dot and line: τ with its interval. Grey band: where matched null updates put τ, 95 of 100. ",
                "Dashed: the equivalence margin ±", n("settings.margin", .setting), ".",
            ])
    }

    private func changeTable(_ transfers: [(row: TransferRow, path: String)]) -> Table {
        Table(
            "Change of bias τ, nats per token",
            [
                .init("Domain", numeric: false), .init("Role", numeric: false), .init("Before"), .init("After"),
                .init("τ"), .init("Interval"), .init("Excess over null"), .init("p, Holm"), .init("Detectable |τ|"),
                .init("Items"),
            ],
            transfers.map { row, path in
                let null = leadingNull(row, path)?.path
                return [
                    [name(row.domain)], [.text(row.role.rawValue)], [n(path + ".bias_before")],
                    [n(path + ".bias_after")], [n(path + ".tau.value", .signed)],
                    ledger.interval(path + ".tau.lower", path + ".tau.upper", .signed),
                    null.map { [n($0 + ".excess.value", .signed)] } ?? [.text(Ledger.notComputed)],
                    probability(row, null),
                    [n(path + ".smallest_detectable")], [n(path + ".count", .count)],
                ]
            })
    }

    /// The corrected p beyond the null; a dash for the target, which is outside the correction.
    private func probability(_ row: TransferRow, _ null: String?) -> [Inline] {
        guard let null, ledger.value(null + "." + probabilityKey(row) + "_holm") != nil else { return ["–"] }
        return [n(null + "." + probabilityKey(row) + "_holm", .probability)]
    }

    private func secondary(_ scores: [(row: ScoreRow, path: String)]) -> Table {
        Table(
            "Scores beside B: never evidence on their own",
            [
                .init("Domain", numeric: false), .init("Share > 0, %: before"), .init("after"),
                .init("|share − 50|: before"), .init("after"), .init("Mean |g|: before"), .init("after"),
                .init("Ties"), .init("Not finite"),
            ],
            scores.map { row, path in
                [
                    [name(row.domain)], [n(path + ".before.share.value")], [n(path + ".after.share.value")],
                    [n(path + ".before.share_distance")], [n(path + ".after.share_distance")],
                    [n(path + ".before.mean_absolute_gap.value")], [n(path + ".after.mean_absolute_gap.value")],
                    [n(path + ".after.ties", .count)], [n(path + ".after.non_finite", .count)],
                ]
            })
    }

    private func robustness(_ transfers: [(row: TransferRow, path: String)]) -> [Block] {
        func subset(_ value: SubsetTransfer?, _ path: String) -> [Inline] {
            guard let value else { return ["–"] }
            if value.tau == nil { return [.text(value.reason ?? Ledger.notComputed)] }
            return [n(path + ".tau.value", .signed), " "]
                + ledger.interval(path + ".tau.lower", path + ".tau.upper", .signed)
                + [", N ", n(path + ".count", .count)]
        }
        let parts = Table(
            "τ where a rival explanation is taken out",
            [
                .init("Domain", numeric: false), .init("Group words not in the forget text"),
                .init("Shared words not forgotten"), .init("Common shift removed"),
            ],
            transfers.map { row, path in
                [
                    [name(row.domain)], subset(row.identityUnexposed, path + ".identity_unexposed"),
                    subset(row.attributeUnexposed, path + ".attribute_unexposed"),
                    subset(row.commonRemoved, path + ".common_removed"),
                ]
            })
        let tests = Table(
            "Tests on items and seeds",
            [
                .init("Domain", numeric: false), .init("Sign-flip p, Holm"), .init("Flips to more"),
                .init("Flips to less"), .init("McNemar p"), .init("Seeds"), .init("Mean τ"), .init("Spread"),
                .init("Interval over seeds"), .init("Same sign"),
            ],
            transfers.map { row, path in
                [
                    [name(row.domain)], [n(path + ".permutation_p_holm", .probability)],
                    row.mcnemar == nil ? ["–"] : [n(path + ".mcnemar.to_more", .count)],
                    row.mcnemar == nil ? ["–"] : [n(path + ".mcnemar.to_less", .count)],
                    row.mcnemar == nil ? ["–"] : [n(path + ".mcnemar.p", .probability)],
                    row.seeds == nil ? ["–"] : [n(path + ".seeds.count", .count)],
                    row.seeds == nil ? ["–"] : [n(path + ".seeds.mean", .signed)],
                    row.seeds == nil ? ["–"] : [n(path + ".seeds.deviation")],
                    row.seeds?.interval == nil
                        ? ["–"]
                        : ledger.interval(path + ".seeds.interval.lower", path + ".seeds.interval.upper", .signed),
                    row.seeds == nil ? ["–"] : [n(path + ".seeds.same_sign", .count)],
                ]
            })
        return [.table(parts), .table(tests)]
    }
}
