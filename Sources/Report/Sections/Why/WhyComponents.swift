import Analyze

extension ReportSections {
    /// Alignment by component along the path, and components patched in and left out.
    func componentBlocks(_ result: Node<AttributionResult>) -> [Block] {
        guard !result().alignment.isEmpty || !result().patching.isEmpty else {
            return [notComputed("Components of the model", result, .alignment, .patching)]
        }
        let patches = result.patching.nodes()
        let components = result.alignmentComponents.nodes()
        let whole = result.alignment.nodes()
        let lines = moved(result).map { componentLine($0().domain, components, patches, whole) }.filter { !$0.isEmpty }
        let patching: [Block] =
            patches.isEmpty
            ? [notComputed("Patching", result, .patching)]
            : [.pictures(patchPictures(result().patching), wide: false)]
                + fold(
                    "Every component patched: shares with controls", patchTable(patches.filter { $0().layer == nil }),
                    over: 12)
                + fold("Patching by block", patchTable(patches.filter { $0().layer != nil }))
                + reasons(result().patching.map { ("patching of \($0.domain)", $0.shareOnly) })
        let alignment: [Block] =
            whole.isEmpty
            ? [notComputed("Alignment", result, .alignment)]
            : [.pictures(placeMap(result).map { [$0] } ?? [], wide: true), .table(alignmentTable(whole))]
                + fold("Alignment by component", componentTable(components.filter { $0().layer == nil }))
                + fold("Alignment by component and block", componentTable(components.filter { $0().layer != nil }))
        return [.paragraph(componentIntroduction(result)), .list(lines)] + patching + alignment
    }

    /// A table, folded when it has more rows than `over`; nothing when it has none.
    func fold(_ title: String, _ table: Table, over rows: Int = 0) -> [Block] {
        table.rows.isEmpty ? [] : table.rows.count > rows ? [.details(title, [.table(table)])] : [.table(table)]
    }

    private func componentLead(_ result: Node<AttributionResult>) -> String {
        guard !result().patching.isEmpty else { return alongThePath(result) }
        guard !moved(result).isEmpty else { return nothingMoved }
        var isOpen = false
        let found = moved(result).compactMap { item -> (component: String, domain: String)? in
            let rows = result().patching.filter { $0.domain == item().domain && $0.layer == nil }
                .map { (row: $0, exceeds: $0.shareOnly.exceedsControls(alpha: settings.alpha)) }
            if rows.contains(where: { $0.row.shareOnly.p != nil && $0.exceeds == nil }) { isOpen = true }
            let best = rows.filter { $0.exceeds == true }.map(\.row).max { share($0) < share($1) }
            return best.map { ($0.component, item().domain) }
        }.gathered()
        guard !found.isEmpty else {
            return isOpen
                ? "Too few random controls to test single components."
                : "No component's update alone reproduces more of a change than a random update of its size."
        }
        return found.map {
            "The \($0.key) update alone reproduces the largest share of the change of \($0.values.inWords())."
        }.joined(separator: " ")
    }

    /// What kind of evidence patches and subspaces are, with their controls.
    static let intervention =
        "Intervention; in a model of more than 20 million parameters most controls are estimated to first order and "
        + "corrected by those that were scored."

    private func componentIntroduction(_ result: Node<AttributionResult>) -> [Inline] {
        [
            .strong(componentLead(result) + " "),
            """
            The path integral sums gradients times update along the path from before to after; the components' integrals \
            add up to the change, and what is missing is the completeness error. (First order at every point of the path.) \
            Patching takes only one component's update, or all but it, and scores the model; its control is a random \
            update of equal size there. (\(Self.intervention)) Components act on each other, so shares of patching need \
            not add up to 1.
            """,
        ]
    }

    /// The answer where nothing was patched: where most of the path integral lies.
    private func alongThePath(_ result: Node<AttributionResult>) -> String {
        let tops = moved(result).compactMap { item -> String? in
            let own = result().alignmentComponents.filter {
                $0.domain == item().domain && $0.layer == nil && $0.share != nil
            }
            return own.max { ($0.share ?? 0) < ($1.share ?? 0) }.map { "\($0.component) for \(item().domain)" }
        }
        return tops.isEmpty
            ? "No change to decompose." : "To first order, the largest share is that of \(tops.inWords())."
    }

    private func share(_ row: PatchRow) -> Double { row.shareOnly.value ?? -.infinity }

    private func componentLine(
        _ domain: String, _ components: [Node<AlignmentRow>], _ patches: [Node<PatchRow>],
        _ whole: [Node<AlignmentSummary>]
    ) -> [Inline] {
        var parts: [[Inline]] = []
        let top = components.filter { $0().domain == domain && $0().layer == nil && $0().share != nil }
            .sorted { ($0().share ?? 0) > ($1().share ?? 0) }.prefix(2)
        if !top.isEmpty {
            let shares = top.map { [n($0.share, .percent), .text(" in \($0().component)")] }.joined(by: " and ")
            let error = whole.first { $0().domain == domain }.map {
                [", completeness error ", n($0.completenessError, .signed)]
            }
            parts.append(["the path integral puts "] + shares + (error ?? []))
        }
        let best = patches.filter { $0().domain == domain && $0().layer == nil && $0().shareOnly.value != nil }
            .max { share($0()) < share($1()) }
        if let best {
            var out: [Inline] = [.text("Patched alone, \(best().component) reproduces the largest share: ")]
            out += estimate(best.shareOnly, .percent)
            if best().shareOnly.controlUpper != nil {
                out += [", random updates there "] + band(best.shareOnly, .percent)
            }
            if best().shareWithout.value != nil {
                out += ["; left out, "] + estimate(best.shareWithout, .percent) + [" is lost"]
            }
            parts.append(out)
        }
        return parts.isEmpty ? [] : [name(domain), ": "] + parts.joined(by: ". ") + ["."]
    }

    private func patchPictures(_ rows: [PatchRow]) -> [Picture] {
        let panels = domains.compactMap { domain -> (String, [BarPlot.Row])? in
            let own = rows.filter { $0.domain == domain.name && $0.layer == nil }
            guard own.contains(where: { $0.shareOnly.value != nil }) else { return nil }
            let rows = own.map { row in
                BarPlot.Row(label: row.component, bars: [row.shareOnly, row.shareWithout].map(bar))
            }
            return (domain.name, rows)
        }
        let ends = panels.flatMap { BarPlot.ends($0.1) }
        return panels.map { domain, bars in
            var plot = BarPlot(
                title: "Share of the change of \(domain) by component, patched",
                summary: bars.map { "\($0.label) only \($0.bars[0].text), lost without \($0.bars[1].text)" }
                    .joined(separator: "; "),
                xLabel: "share of τ; dashed is the whole", series: ["this component alone", "lost without it"],
                rows: bars, index: index(domain), reference: 1)
            plot.sharedRange = ends
            return Picture(svg: plot.element, caption: [name(domain)])
        }
    }

    private func bar(_ value: ControlledValue) -> BarPlot.Bar {
        BarPlot.Bar(
            value: value.value, interval: ClosedRange(value.interval), band: ClosedRange(controlOf: value),
            text: value.value.map { NumberText.text($0, .percent) } ?? "–")
    }

    private func patchTable(_ rows: [Node<PatchRow>]) -> Table {
        Table(
            "Components patched; bands are of random updates of equal norm in the component", rows,
            [
                named("Domain", \.domain), .text("Component") { componentName($0.component, $0.layer) },
                .estimated("τ alone", \.only, .signed), .estimated("Share", \.shareOnly, .percent),
                .controls("Random", \.shareOnly, .percent), .p("p", \.shareOnly.p),
                .estimated("τ without it", \.without, .signed), .estimated("Share lost", \.shareWithout, .percent),
                .controls("Random", \.shareWithout, .percent), .number("Of ‖Δθ‖²", \.normShare, .percent),
            ])
    }

    private func placeMap(_ result: Node<AttributionResult>) -> Picture? {
        let places = result().places
        let rows = places.map(\.place).uniqued()
        let domains = domains.map(\.name).filter { name in places.contains { $0.domain == name } }
        guard !rows.isEmpty, !domains.isEmpty else { return nil }
        let values = rows.map { place in
            domains.map { domain in places.first { $0.place == place && $0.domain == domain }?.path }
        }
        let map = HeatMap(
            title: "Path integral by component and domain", summary: "blue lowers the bias, orange raises it",
            rows: rows, columns: domains, values: values, limit: max(1e-12, places.map { abs($0.path) }.max() ?? 1))
        let caption = "Path integral in nats per token, from input to output; blocks count from 0. Columns add up to τ."
        return Picture(svg: map.element, caption: [.text(caption)])
    }

    private func alignmentTable(_ rows: [Node<AlignmentSummary>]) -> Table {
        Table(
            "Alignment of the whole update, nats per token", rows,
            [
                named("Domain", \.domain), .number("At the start", \.start, .signed),
                .number("Path integral", \.path, .signed), .number("τ", \.exact, .signed),
                .number("Completeness error", \.completenessError, .signed), .orDash("Forget term", \.forget, .signed),
                .orDash("Retain term", \.retain, .signed), .orDash("Decay", \.decay, .signed),
                .number("Cosine", \.cosine, .signed), .number("Neutral removed", \.cosineNeutralRemoved, .signed),
            ])
    }

    private func componentTable(_ rows: [Node<AlignmentRow>]) -> Table {
        Table(
            "Path integral by component, nats per token", rows,
            [
                named("Domain", \.domain), .text("Component") { componentName($0.component, $0.layer) },
                .number("At the start", \.start, .signed), .number("Path integral", \.path, .signed),
                .orDash("Share", \.share, .percent), .orDash("Forget term", \.forget, .signed),
                .orDash("Retain term", \.retain, .signed), .orDash("Decay", \.decay, .signed),
                .number("Of ‖Δθ‖²", \.normShare, .percent),
            ])
    }
}
