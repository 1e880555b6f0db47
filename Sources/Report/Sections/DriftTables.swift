import Analyze

extension ReportSections {
    /// A row a domain: spread, separation and association before and after, and the neighbours that changed, each change
    /// with its q; nil when none of them was measured.
    func shapeTable(_ rows: [Node<DriftRow>]) -> Table? {
        let measured: Set<DriftMetric> = [
            .spreadChange, .separationChange, .attributeDistanceChange, .neighbourTurnover,
        ]
        let whole = rows.filter { $0().group == nil && $0().value != nil }
        let domains = whole.filter { measured.contains($0().metric) }.map { $0().domain }
        guard !domains.isEmpty else { return nil }
        func row(_ domain: String, _ metric: DriftMetric) -> Node<DriftRow>? {
            whole.first { $0().domain == domain && $0().metric == metric && !$0().commonRemoved }
        }
        func value(_ domain: String, _ metric: DriftMetric) -> [Inline] {
            row(domain, metric).map { optional($0.value) } ?? ["–"]
        }
        func q(_ domain: String, _ metric: DriftMetric) -> [Inline] {
            row(domain, metric).map { optional($0.q, .probability) } ?? ["–"]
        }
        let changes: [(title: String, before: DriftMetric, after: DriftMetric, change: DriftMetric)] = [
            ("Spread", .spreadBefore, .spreadAfter, .spreadChange),
            ("Separation", .separationBefore, .separationAfter, .separationChange),
            ("MAC", .attributeDistanceBefore, .attributeDistanceAfter, .attributeDistanceChange),
        ]
        return Table(
            "Shape and place of clusters, before → after; q of the change against matched controls",
            self.domains.map(\.name).filter(domains.contains),
            [.words("Cluster") { [name($0)] }]
                + changes.flatMap { item -> [Column<String>] in
                    [
                        .numbers(item.title) { value($0, item.before) + [" → "] + value($0, item.after) },
                        .numbers("q") { q($0, item.change) },
                    ]
                } + [
                    .numbers("Neighbour turnover") { value($0, .neighbourTurnover) },
                    .numbers("q") { q($0, .neighbourTurnover) },
                ])
    }

    /// Centroid distances of the study's domains.
    func distanceTable(_ space: Node<DriftResult>) -> Table {
        Table(
            "Distance of a cluster's centroid to another's; controls take the place of the first cluster's words",
            space.distances.nodes().filter { isStudied($0().domain) },
            [
                named("From", \.domain), named("To", \.other), .number("Before", \.before), .number("After", \.after),
                .number("Change", \.relativeChange, .signedPercent),
                .range("95 % band of controls", \.controlLower, \.controlUpper, .signedPercent), .p("p", \.p),
                .p("q", \.q),
            ])
    }

    /// WEAT effect sizes of groups.
    func associationBlocks(_ space: Node<DriftResult>) -> [Block] {
        let table = Table(
            "WEAT effect size; above 0 the first group stands closer to the forgotten words",
            space.associations.nodes().filter { isStudied($0().domain) },
            [
                clusters("Groups", \.domain) { "\($0.first) and \($0.second)" },
                .numbers("Words") { [n($0.firstCount, .count), " and ", n($0.secondCount, .count)] },
                .orDash("Before", \.before, .signed), .orDash("After", \.after, .signed),
                .orDash("Change", \.change, .signed),
                .range("95 % band of controls", \.controlLower, \.controlUpper, .signed), .p("p", \.p), .p("q", \.q),
            ])
        guard let sets = space.attributes.unwrapped() else { return [.table(table)] }
        return [
            .paragraph([
                n(sets.forgotten, .count), " forgotten words against ", n(sets.matched, .count), " matched ones: ",
                .text(sets().note + "."),
            ]), .table(table),
        ]
    }

    // MARK: Layers

    /// Layer × domain as a picture, and its numbers.
    func layerBlocks(_ layers: [Node<DriftResult>]) -> [Block] {
        let domains = domains.map(\.name)
        func found(_ space: Node<DriftResult>, _ domain: String) -> DriftRow? {
            space().clusters.first { $0.isMovement(of: domain) }
        }
        let values = layers.map { space in domains.map { found(space, $0)?.ratioToControls } }
        let known = values.joined().compactMap { $0 }
        let map = HeatMap(
            title: "Contextual drift by layer and domain",
            summary: "displacement of the words over that of matched controls, common shift removed",
            rows: layers.map { Self.layerName($0().space) }, columns: domains, values: values,
            limit: max(2, known.max() ?? 1))
        let caption: Inline = """
            How many times as far as matched control words the words of a domain moved at each layer, the common shift \
            removed: a value of 1 is no more than controls.
            """
        return [
            .pictures(known.isEmpty ? [] : [Picture(svg: map.element, caption: [caption])], wide: false),
            .details("Displacement at every layer, with bands", [.table(layerTable(layers))]),
        ] + notes(layers.flatMap { space in domains.compactMap { found(space, $0) } }) + [
            .paragraph(["All measures of these spaces are in report.json under ", .code("drift"), "."])
        ]
    }

    private static func layerName(_ space: String) -> String {
        String(space.trimmingPrefix("contextual, "))
    }

    /// One row a layer and domain: how far its words moved.
    private func layerTable(_ spaces: [Node<DriftResult>]) -> Table {
        let rows = spaces.flatMap { space in
            space.clusters.nodes().filter { $0().isMovement(of: $0().domain) && isStudied($0().domain) }
                .map { (space: space().space, row: $0, hasControls: $0().p != nil) }
        }
        return Table(
            "Displacement, common shift removed, against matched controls", rows,
            [
                .words("Space") { [.text($0.space)] }, .words("Cluster") { [name($0.row().domain)] },
                .number("Value", \.row.value),
                .numbers("Control median") { $0.hasControls ? [n($0.row.controlMedian)] : ["–"] },
                .numbers("95 % band") { $0.hasControls ? interval($0.row.controlLower, $0.row.controlUpper) : ["–"] },
                .p("p", \.row.p), .numbers("q") { $0.hasControls ? [n($0.row.q, .probability)] : ["–"] },
                .number("Words", \.row.wordCount, .count),
            ])
    }
}
