import Analyze
import Records

extension ReportSections {
    /// Changes of bias with intervals: plot, table, and the secondary scores beside them.
    func scoreSection() -> Section {
        var warning: String?
        let blocks = byBenchmark("Score changes") { part in
            let transfers = part.transfer.nodes()
            guard !transfers.isEmpty else { return [] }
            let scores = part.scores.nodes()
            let profile = (scores.first?().profile).map { profile in
                Block.paragraph([
                    "Benchmark ", .code(part().name), ", scored under the profile ", .code(profile),
                    ". The interval is the widest of the plain and the clustered bootstrap intervals.",
                ])
            }
            if let name = scores.first?().profile {
                warning = ScoringProfile(name: name).warning(addsBeginToken: report().model?.addsBeginToken ?? false)
            }
            let measures = part.measures.nodes()
            return (profile.map { [$0] } ?? []) + [
                .pictures([changePicture(transfers)], wide: true), .table(changeTable(transfers)),
            ] + (measures.isEmpty ? [] : [.table(measureTable(measures))]) + itemTables(part) + [
                .details("Share preferred and mean size of the gap", [.table(secondary(scores))]),
                .details("Robustness: subsets of items, tests, seeds", robustness(transfers)),
            ]
        }
        return Section("scores", "Score changes", (warning.map { [.paragraph([.text($0)])] } ?? []) + blocks)
    }

    private func changePicture(_ transfers: [Node<TransferRow>]) -> Picture {
        let rows = transfers.map { row in
            let null = row().nulls.first
            return IntervalPlot.Row(
                label: row().domain, index: index(row().domain), value: row().tau,
                interval: ClosedRange(row().interval),
                band: ClosedRange(null.map { Interval(lower: $0.lower, upper: $0.upper) }))
        }
        let plot = IntervalPlot(
            title: "Change of bias per domain", summary: rows.map { $0.label + " " + $0.text }.joined(separator: ", "),
            xLabel: "τ = B after − B before, nats per token", rows: rows, margin: settings.margin)
        return Picture(
            svg: plot.element,
            caption: [
                "Dot and line: τ with its interval. Grey band: 95 % of untargeted updates. ",
                "Dashed: the equivalence margin ±", n(report.settings.margin, .setting), ".",
            ])
    }

    private func changeTable(_ transfers: [Node<TransferRow>]) -> Table {
        func null(_ row: Node<TransferRow>) -> Node<NullComparison>? { row.nulls.nodes().first }
        return Table(
            "Change of bias τ, nats per token", transfers,
            [
                named("Domain", \.domain), .text("Role", \.role.rawValue), .number("Before", \.biasBefore),
                .number("After", \.biasAfter), .number("τ", \.tau, .signed), .range("Interval", \.interval, .signed),
                .numbers("Excess") { null($0).map { [n($0.excess, .signed)] } ?? [.text(Self.notComputed)] },
                // A dash for the target, which is outside the correction.
                .numbers("p, Holm") { row in
                    null(row).map { optional(probabilities($0, row).holm, .probability) } ?? ["–"]
                },
                .number("Detectable |τ|", \.smallestDetectable), .number("Items", \.count, .count),
            ])
    }

    /// What was not scored of the benchmark, and what was scored although a fault of it is known.
    private func itemTables(_ part: Node<BenchmarkContents>) -> [Block] {
        [
            ("Items that were not scored", part.leftOut.nodes()),
            ("Items that were scored and have a known fault", part.knownFaults.nodes()),
        ].compactMap { caption, rows in
            rows.isEmpty
                ? nil : .table(caption, rows, [.text("Reason", \.reason), .number("Items", \.items, .count)])
        }
    }

    private func measureTable(_ rows: [Node<MeasureRow>]) -> Table {
        Table(
            "The benchmark's own measures", rows,
            [
                .text("Domain", \.domain), .text("Measure", \.record.heading), .number("Before", \.before),
                .number("After", \.after), .number("Change", \.change, .signed),
            ])
    }

    private func secondary(_ scores: [Node<ScoreRow>]) -> Table {
        Table(
            "Secondary scores: never evidence on their own", scores,
            [
                named("Domain", \.domain), .number("Share preferred, %: before", \.before.share),
                .number("after", \.after.share), .number("|share − 50|: before", \.before.shareDistance),
                .number("after", \.after.shareDistance), .number("Mean |g|: before", \.before.meanAbsoluteGap),
                .number("after", \.after.meanAbsoluteGap), .number("Ties", \.after.ties, .count),
                .number("Not finite", \.after.nonFinite, .count),
            ])
    }

    private func robustness(_ transfers: [Node<TransferRow>]) -> [Block] {
        func subset(_ subset: Node<SubsetTransfer?>) -> [Inline] {
            guard let row = subset.unwrapped() else { return ["–"] }
            if row().tau == nil { return [.text(row().reason ?? Self.notComputed)] }
            return [n(row.tau, .signed), " "] + interval(row.interval, .signed) + [", N ", n(row.count, .count)]
        }
        let parts = Table(
            "τ with a rival explanation excluded", transfers,
            [
                named("Domain", \.domain),
                .numbers("Group words not in the forget text") { subset($0.identityUnexposed) },
                .numbers("Shared words not forgotten") { subset($0.attributeUnexposed) },
                .numbers("Common shift removed") { subset($0.commonRemoved) },
            ])
        let tests = Table(
            "Tests on items and seeds", transfers,
            [
                named("Domain", \.domain), .number("Sign-flip p, Holm", \.permutationPHolm, .probability),
                .orDash("Flips to more", \.mcnemar.toMore, .count), .orDash("Flips to less", \.mcnemar.toLess, .count),
                .p("McNemar p", \.mcnemar.p), .orDash("Seeds", \.seeds.count, .count),
                .orDash("Mean τ", \.seeds.mean, .signed),
                .numbers("Spread") { $0().seeds == nil ? ["–"] : [n($0.seeds.deviation)] },
                .range("Interval over seeds", \.seeds.interval, .signed),
                .orDash("Same sign", \.seeds.sameSign, .count),
            ])
        return [.table(parts), .table(tests)]
    }
}
