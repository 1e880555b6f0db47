import Analyze

extension ReportSections {
    /// A row a domain: spread, separation and association before and after, and the neighbours that changed, each change
    /// with its q; nil when none of them was measured.
    func shapeTable(_ rows: [Node<DriftRow>]) -> Table? {
        let measured: Set<DriftMetric> = [
            .spreadChange, .separationChange, .attributeDistanceChange, .neighbourTurnover,
        ]
        let domains = rows.filter { $0().group == nil && measured.contains($0().metric) && $0().value != nil }
            .map { $0().domain }
        guard !domains.isEmpty else { return nil }
        func row(_ domain: String, _ metric: DriftMetric) -> Node<DriftRow>? {
            rows.first {
                $0().domain == domain && $0().group == nil && $0().metric == metric && !$0().commonRemoved
                    && $0().value != nil
            }
        }
        func value(_ domain: String, _ metric: DriftMetric) -> [Inline] {
            row(domain, metric).map { optional($0.value) } ?? ["–"]
        }
        func q(_ domain: String, _ metric: DriftMetric) -> [Inline] {
            row(domain, metric).map { probability($0.q) } ?? ["–"]
        }
        func pair(_ domain: String, _ before: DriftMetric, _ after: DriftMetric) -> [Inline] {
            value(domain, before) + [" → "] + value(domain, after)
        }
        return Table(
            "Shape and place of clusters, before → after; q of the change against matched controls",
            [
                .init("Cluster", numeric: false), .init("Spread"), .init("q"), .init("Separation"), .init("q"),
                .init("MAC"), .init("q"), .init("Neighbour turnover"), .init("q"),
            ],
            self.domains.map(\.name).filter(domains.contains).map { domain in
                [
                    [name(domain)], pair(domain, .spreadBefore, .spreadAfter),
                    q(domain, .spreadChange), pair(domain, .separationBefore, .separationAfter),
                    q(domain, .separationChange),
                    pair(domain, .attributeDistanceBefore, .attributeDistanceAfter),
                    q(domain, .attributeDistanceChange),
                    value(domain, .neighbourTurnover),
                    q(domain, .neighbourTurnover),
                ]
            })
    }

    /// Centroid distances of the study's domains.
    func distanceTable(_ space: Node<DriftResult>) -> Table {
        Table(
            "Distance of a cluster's centroid to another's; controls take the place of the first cluster's words",
            [
                .init("From", numeric: false), .init("To", numeric: false), .init("Before"), .init("After"),
                .init("Change"), .init("95 % band of controls"), .init("p"), .init("q"),
            ],
            space.distances.nodes().filter { isStudied($0().domain) }.map { row in
                [
                    [name(row().domain)], [name(row().other)], [n(row.before)], [n(row.after)],
                    [n(row.relativeChange, .signedPercent)],
                    interval(row.controlLower, row.controlUpper, .signedPercent), probability(row.p),
                    probability(row.q),
                ]
            })
    }

    /// WEAT effect sizes of groups.
    func associationBlocks(_ space: Node<DriftResult>) -> [Block] {
        let table = Table(
            "WEAT effect size; above 0 the first group stands closer to the forgotten words",
            [
                .init("Groups", numeric: false), .init("Words"), .init("Before"), .init("After"), .init("Change"),
                .init("95 % band of controls"), .init("p"), .init("q"),
            ],
            space.associations.nodes().filter { isStudied($0().domain) }.map { row in
                [
                    [name(row().domain), .text(" · \(row().first) and \(row().second)")],
                    [n(row.firstCount, .count), " and ", n(row.secondCount, .count)], optional(row.before, .signed),
                    optional(row.after, .signed), optional(row.change, .signed),
                    interval(row.controlLower, row.controlUpper, .signed), probability(row.p), probability(row.q),
                ]
            })
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
        let largest = values.flatMap { $0 }.compactMap { $0 }.max() ?? 1
        var blocks: [Block] = []
        if values.contains(where: { $0.contains { $0 != nil } }) {
            let map = HeatMap(
                title: "Contextual drift by layer and domain",
                summary: "displacement of the words over that of matched controls, common shift removed",
                rows: layers.map { Self.layerName($0().space) }, columns: domains, values: values,
                limit: max(2, largest))
            blocks.append(
                .pictures(
                    [
                        Picture(
                            map.element,
                            caption: [
                                "How many times as far as matched control words the words of a domain moved at each layer, ",
                                "the common shift removed: a value of ", .text("1 is no more than controls."),
                            ])
                    ], wide: false))
        }
        blocks.append(.details("Displacement at every layer, with bands", [.table(layerTable(layers))]))
        blocks += notes(layers.flatMap { space in domains.compactMap { found(space, $0) } })
        blocks.append(.paragraph(["All measures of these spaces are in report.json under ", .code("drift"), "."]))
        return blocks
    }

    private static func layerName(_ space: String) -> String {
        space.hasPrefix("contextual, ") ? String(space.dropFirst("contextual, ".count)) : space
    }

    /// One row a layer and domain: how far its words moved.
    private func layerTable(_ spaces: [Node<DriftResult>]) -> Table {
        Table(
            "Displacement, common shift removed, against matched controls",
            [
                .init("Space", numeric: false), .init("Cluster", numeric: false), .init("Value"),
                .init("Control median"), .init("95 % band"), .init("p"), .init("q"), .init("Words"),
            ],
            spaces.flatMap { space -> [[[Inline]]] in
                space.clusters.nodes().filter { $0().isMovement(of: $0().domain) && isStudied($0().domain) }.map {
                    row in
                    let controls: [[Inline]] =
                        row().p == nil
                        ? Array(repeating: ["–"], count: 4)
                        : [
                            [n(row.controlMedian)], interval(row.controlLower, row.controlUpper),
                            [n(row.p, .probability)], [n(row.q, .probability)],
                        ]
                    return [[.text(space().space)], [name(row().domain)], [n(row.value)]] + controls
                        + [[n(row.wordCount, .count)]]
                }
            })
    }
}
