import Analyze

extension Context {
    /// Alignment by part along the path, and parts patched in and left out.
    func partBlocks(_ result: AttributionResult) -> [Block] {
        guard !result.alignment.isEmpty || !result.patching.isEmpty else {
            return [notComputed("Parts of the model", result, ["align", "patch", "part"])]
        }
        var blocks: [Block] = []
        let patches = Array(zip(result.patching, ReportTree.paths(result.patching.map(WhyKeys.patching))))
            .map { (row: $0, path: "why.patching." + $1) }
        let parts = Array(zip(result.alignmentParts, ReportTree.paths(result.alignmentParts.map(WhyKeys.alignment))))
            .map { (row: $0, path: "why.alignment.parts." + $1) }
        let whole = keyed(result.alignment, by: \.domain).map { (row: $0, path: "why.alignment.whole." + $1) }
        blocks.append(.paragraph(partIntroduction(result)))
        let lines = moved(result).map { partLine($0.row.domain, parts, patches, whole) }.filter { $0.count > 2 }
        if !lines.isEmpty { blocks.append(.list(lines)) }
        if patches.isEmpty {
            blocks.append(notComputed("Patching", result, ["patch"]))
        } else {
            let pictures = patchPictures(result.patching)
            if !pictures.isEmpty { blocks.append(.pictures(pictures, wide: false)) }
            let studied = patches.filter { $0.row.layer == nil }
            blocks.append(fold("Every part patched: shares with controls", patchTable(studied), over: 12))
            let layered = patches.filter { $0.row.layer != nil }
            if !layered.isEmpty { blocks.append(fold("Patching by block", patchTable(layered), over: 0)) }
            blocks += reasons(result.patching.map { ("patching of \($0.domain)", $0.shareOnly) })
        }
        if whole.isEmpty {
            blocks.append(notComputed("Alignment", result, ["align"]))
        } else {
            if let map = placeMap(result) { blocks.append(.pictures([map], wide: true)) }
            blocks.append(.table(alignmentTable(whole)))
            let flat = parts.filter { $0.row.layer == nil }
            if !flat.isEmpty { blocks.append(fold("Alignment by part", partTable(flat), over: 0)) }
            let layered = parts.filter { $0.row.layer != nil }
            if !layered.isEmpty { blocks.append(fold("Alignment by part and block", partTable(layered), over: 0)) }
        }
        return blocks
    }

    /// A table, folded when it has more rows than `over`.
    func fold(_ title: String, _ table: Table, over rows: Int) -> Block {
        table.rows.count > rows ? .details(title, [.table(table)]) : .table(table)
    }

    private func partLead(_ result: AttributionResult) -> String {
        guard !result.patching.isEmpty else { return alongThePath(result) }
        guard !moved(result).isEmpty else { return nothingMoved }
        var isOpen = false
        let leads = moved(result).compactMap { item -> (domain: String, part: String)? in
            let rows = result.patching.filter { $0.domain == item.row.domain && $0.layer == nil }
                .map { (row: $0, exceeds: $0.shareOnly.exceedsControls(alpha: analysis.settings.alpha)) }
            if rows.contains(where: { $0.row.shareOnly.p != nil && $0.exceeds == nil }) { isOpen = true }
            let best = rows.filter { $0.exceeds == true }.map(\.row).max { share($0) < share($1) }
            return best.map { (item.row.domain, $0.part) }
        }
        var found: [(part: String, domains: [String])] = []
        for (domain, part) in leads {
            if let i = found.firstIndex(where: { $0.part == part }) {
                found[i].domains.append(domain)
            } else {
                found.append((part, [domain]))
            }
        }
        guard !found.isEmpty else {
            return isOpen
                ? "The random updates are too few to tell what a part alone gives back from what they do."
                : "No part alone gives back more of a change than a random update of its size."
        }
        return found.map {
            "By itself, no part gives back more of the change of \(Context.joined($0.domains)) than \($0.part)."
        }.joined(separator: " ")
    }

    private func partIntroduction(_ result: AttributionResult) -> [Inline] {
        [
            .strong(partLead(result) + " "),
            """
            The path integral sums gradients times update along the way from before to after; its parts add up to the \
            change, and what they miss is the completeness error. (First order at every point of the way.) Patching \
            takes only one part's update, or all but it, and scores the model; its control is a random update of equal \
            size there. (Intervention.) Parts act on each other, so shares of patching need not add up to the whole.
            """,
        ]
    }

    /// The answer where nothing was patched: where most of the path integral lies.
    private func alongThePath(_ result: AttributionResult) -> String {
        let tops = moved(result).compactMap { item -> String? in
            let own = result.alignmentParts.filter {
                $0.domain == item.row.domain && $0.layer == nil && $0.share != nil
            }
            return own.max { ($0.share ?? 0) < ($1.share ?? 0) }.map { "\($0.part) for \(item.row.domain)" }
        }
        return tops.isEmpty
            ? "No change to share out." : "To first order, the part that holds most is \(Context.joined(tops))."
    }

    private func share(_ row: PatchRow) -> Double { row.shareOnly.value ?? -.infinity }

    private func partLine(
        _ domain: String, _ parts: [(row: AlignmentRow, path: String)], _ patches: [(row: PatchRow, path: String)],
        _ whole: [(row: AlignmentSummary, path: String)]
    ) -> [Inline] {
        var out: [Inline] = [name(domain), ": "]
        let top = parts.filter { $0.row.domain == domain && $0.row.layer == nil && $0.row.share != nil }
            .sorted { ($0.row.share ?? 0) > ($1.row.share ?? 0) }.prefix(2)
        if !top.isEmpty {
            out.append("the path integral puts ")
            out += Array(
                top.map { [n($0.path + ".share", .percent), .text(" in \($0.row.part)")] }.joined(
                    separator: [" and "]))
            if let item = whole.first(where: { $0.row.domain == domain }) {
                out += [", completeness error ", n(item.path + ".completeness_error", .signed)]
            }
        }
        let best = patches.filter { $0.row.domain == domain && $0.row.layer == nil && $0.row.shareOnly.value != nil }
            .max { share($0.row) < share($1.row) }
        if let best {
            if out.count > 2 { out.append(". ") }
            out += [.text("Most comes back with \(best.row.part) alone: ")]
            out += estimate(best.path + ".share_only", .percent)
            if best.row.shareOnly.controlUpper != nil {
                out += [", random updates there "] + band(best.path + ".share_only", .percent)
            }
            if best.row.shareWithout.value != nil {
                out += ["; left out, "] + estimate(best.path + ".share_without", .percent) + [" is lost"]
            }
        }
        return out + ["."]
    }

    private func patchPictures(_ rows: [PatchRow]) -> [Picture] {
        let panels = analysis.domains.compactMap { domain -> (String, [BarPlot.Row])? in
            let own = rows.filter { $0.domain == domain.name && $0.layer == nil }
            guard own.contains(where: { $0.shareOnly.value != nil }) else { return nil }
            return (
                domain.name,
                own.map { row in
                    BarPlot.Row(label: row.part, bars: [row.shareOnly, row.shareWithout].map { bar($0) })
                }
            )
        }
        let ends = panels.flatMap { BarPlot.ends($0.1) }
        return panels.map { domain, bars in
            var plot = BarPlot(
                title: "Share of the change of \(domain) by part, patched",
                summary: bars.map { "\($0.label) only \($0.bars[0].text), lost without \($0.bars[1].text)" }.joined(
                    separator: "; "),
                xLabel: "share of τ; dashed is the whole", series: ["only this part", "lost without it"], rows: bars,
                index: index(domain), reference: 1)
            plot.sharedRange = ends
            return Picture(plot.element, caption: [name(domain)])
        }
    }

    private func bar(_ value: ControlledValue) -> BarPlot.Bar {
        BarPlot.Bar(
            value: value.value, interval: ClosedRange(value.interval), band: ClosedRange(controlOf: value),
            text: value.value.map { NumberText.text($0, .percent) } ?? "–")
    }

    private func patchTable(_ rows: [(row: PatchRow, path: String)]) -> Table {
        Table(
            "Parts patched; bands are of random updates of equal norm in the part",
            [
                .init("Domain", numeric: false), .init("Part", numeric: false), .init("τ of only it"),
                .init("Share"), .init("Random"), .init("p"), .init("τ without it"), .init("Share lost"),
                .init("Random"),
                .init("Of ‖Δθ‖²"),
            ],
            rows.map { row, path in
                [
                    [name(row.domain)], [.text(WhyKeys.place(row.part, row.layer))], estimate(path + ".only", .signed),
                    estimate(path + ".share_only", .percent), band(path + ".share_only", .percent),
                    probability(path + ".share_only.p"), estimate(path + ".without", .signed),
                    estimate(path + ".share_without", .percent), band(path + ".share_without", .percent),
                    [n(path + ".norm_share", .percent)],
                ]
            })
    }

    private func placeMap(_ result: AttributionResult) -> Picture? {
        let places = ComponentRow.all(result.alignmentParts)
        var rows: [String] = []
        for item in places where !rows.contains(item.place) { rows.append(item.place) }
        let domains = analysis.domains.map(\.name).filter { name in places.contains { $0.domain == name } }
        guard !rows.isEmpty, !domains.isEmpty else { return nil }
        let values = rows.map { place in
            domains.map { domain in places.first { $0.place == place && $0.domain == domain }?.path }
        }
        let map = HeatMap(
            title: "Path integral by place and domain", summary: "blue lowers the bias, orange raises it", rows: rows,
            columns: domains, values: values, limit: max(1e-12, places.map { abs($0.path) }.max() ?? 1))
        return Picture(
            map.element,
            caption: [
                "Path integral in nats per token, from input to output; blocks count from 0. Columns add up to τ."
            ])
    }

    private func alignmentTable(_ rows: [(row: AlignmentSummary, path: String)]) -> Table {
        Table(
            "Alignment of the whole update, nats per token",
            [
                .init("Domain", numeric: false), .init("At the start"), .init("Path integral"), .init("τ"),
                .init("Completeness error"), .init("Forget term"), .init("Retain term"), .init("Decay"),
                .init("Cosine"), .init("Neutral removed"),
            ],
            rows.map { row, path in
                [
                    [name(row.domain)], [n(path + ".start", .signed)], [n(path + ".path", .signed)],
                    [n(path + ".exact", .signed)], [n(path + ".completeness_error", .signed)],
                    optional(path + ".forget", .signed), optional(path + ".retain", .signed),
                    optional(path + ".decay", .signed), [n(path + ".cosine", .signed)],
                    [n(path + ".cosine_neutral_removed", .signed)],
                ]
            })
    }

    private func partTable(_ rows: [(row: AlignmentRow, path: String)]) -> Table {
        Table(
            "Path integral by part, nats per token",
            [
                .init("Domain", numeric: false), .init("Part", numeric: false), .init("At the start"),
                .init("Path integral"), .init("Share"), .init("Forget term"), .init("Retain term"), .init("Decay"),
                .init("Of ‖Δθ‖²"),
            ],
            rows.map { row, path in
                [
                    [name(row.domain)], [.text(WhyKeys.place(row.part, row.layer))], [n(path + ".start", .signed)],
                    [n(path + ".path", .signed)], optional(path + ".share", .percent),
                    optional(path + ".forget", .signed), optional(path + ".retain", .signed),
                    optional(path + ".decay", .signed), [n(path + ".norm_share", .percent)],
                ]
            })
    }
}
