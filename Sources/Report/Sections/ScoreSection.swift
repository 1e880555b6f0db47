import Analyze
import Records

extension ReportSections {
    /// Changes of bias with intervals: plot, table, and the secondary scores beside them.
    func scoreSection() -> Section {
        var blocks: [Block] = []
        for part in benchmarks {
            let transfers = part.transfer.nodes()
            guard !transfers.isEmpty else { continue }
            if benchmarks.count > 1 { blocks.append(.heading(part().name)) }
            let scores = part.scores.nodes()
            if let profile = scores.first?().profile {
                blocks.append(
                    .paragraph([
                        "Benchmark ", .code(part().name), ", scored under the profile ", .code(profile),
                        ". The interval is the widest of the plain and the clustered bootstrap intervals.",
                    ]))
            }
            blocks.append(.pictures([changePicture(transfers)], wide: true))
            blocks.append(.table(changeTable(transfers)))
            blocks.append(
                .details("Share preferred and mean size of the gap", [.table(secondary(scores))]))
            blocks.append(.details("Robustness: subsets of items, tests, seeds", robustness(transfers)))
        }
        if blocks.isEmpty { blocks.append(.paragraph([.text("Score changes: \(Self.notComputed).")])) }
        return Section("scores", "Score changes", blocks)
    }

    private func changePicture(_ transfers: [Node<TransferRow>]) -> Picture {
        let rows = transfers.map { row in
            let null = row().nulls.first
            return IntervalPlot.Row(
                label: row().domain, index: index(row().domain), value: row().tau,
                interval: ClosedRange(row().interval),
                band: ClosedRange(null.map { Interval(lower: $0.lower, upper: $0.upper) }),
                text: NumberText.text(row().tau, .signed))
        }
        let plot = IntervalPlot(
            title: "Change of bias per domain", summary: rows.map { $0.label + " " + $0.text }.joined(separator: ", "),
            xLabel: "τ = B after − B before, nats per token", rows: rows, margin: settings.margin)
        return Picture(
            plot.element,
            caption: [
                "Dot and line: τ with its interval. Grey band: 95 % of untargeted updates. ",
                "Dashed: the equivalence margin ±", n(report.settings.margin, .setting), ".",
            ])
    }

    private func changeTable(_ transfers: [Node<TransferRow>]) -> Table {
        Table(
            "Change of bias τ, nats per token",
            [
                .init("Domain", numeric: false), .init("Role", numeric: false), .init("Before"), .init("After"),
                .init("τ"), .init("Interval"), .init("Excess"), .init("p, Holm"), .init("Detectable |τ|"),
                .init("Items"),
            ],
            transfers.map { row in
                let null = row.nulls.nodes().first
                return [
                    [name(row().domain)], [.text(row().role.rawValue)], [n(row.biasBefore)],
                    [n(row.biasAfter)], [n(row.tau, .signed)],
                    interval(row.interval, .signed),
                    null.map { [n($0.excess, .signed)] } ?? [.text(Self.notComputed)],
                    // A dash for the target, which is outside the correction.
                    null.map { probability(probabilities($0, row).holm) } ?? ["–"],
                    [n(row.smallestDetectable)], [n(row.count, .count)],
                ]
            })
    }

    private func secondary(_ scores: [Node<ScoreRow>]) -> Table {
        Table(
            "Secondary scores: never evidence on their own",
            [
                .init("Domain", numeric: false), .init("Share preferred, %: before"), .init("after"),
                .init("|share − 50|: before"), .init("after"), .init("Mean |g|: before"), .init("after"),
                .init("Ties"), .init("Not finite"),
            ],
            scores.map { row in
                [
                    [name(row().domain)], [n(row.before.share)], [n(row.after.share)],
                    [n(row.before.shareDistance)], [n(row.after.shareDistance)],
                    [n(row.before.meanAbsoluteGap)], [n(row.after.meanAbsoluteGap)],
                    [n(row.after.ties, .count)], [n(row.after.nonFinite, .count)],
                ]
            })
    }

    private func robustness(_ transfers: [Node<TransferRow>]) -> [Block] {
        func subset(_ subset: Node<SubsetTransfer?>) -> [Inline] {
            guard let row = subset.unwrapped() else { return ["–"] }
            if row().tau == nil { return [.text(row().reason ?? Self.notComputed)] }
            return [n(row.tau, .signed), " "]
                + interval(row.interval, .signed)
                + [", N ", n(row.count, .count)]
        }
        let parts = Table(
            "τ with a rival explanation excluded",
            [
                .init("Domain", numeric: false), .init("Group words not in the forget text"),
                .init("Shared words not forgotten"), .init("Common shift removed"),
            ],
            transfers.map { row in
                [
                    [name(row().domain)], subset(row.identityUnexposed),
                    subset(row.attributeUnexposed),
                    subset(row.commonRemoved),
                ]
            })
        let tests = Table(
            "Tests on items and seeds",
            [
                .init("Domain", numeric: false), .init("Sign-flip p, Holm"), .init("Flips to more"),
                .init("Flips to less"), .init("McNemar p"), .init("Seeds"), .init("Mean τ"), .init("Spread"),
                .init("Interval over seeds"), .init("Same sign"),
            ],
            transfers.map { row in
                [
                    [name(row().domain)], [n(row.permutationPHolm, .probability)],
                    optional(row.mcnemar.toMore, .count),
                    optional(row.mcnemar.toLess, .count),
                    probability(row.mcnemar.p),
                    optional(row.seeds.count, .count),
                    optional(row.seeds.mean, .signed),
                    row().seeds == nil ? ["–"] : [n(row.seeds.deviation)],
                    interval(row.seeds.interval, .signed),
                    optional(row.seeds.sameSign, .count),
                ]
            })
        return [.table(parts), .table(tests)]
    }
}
