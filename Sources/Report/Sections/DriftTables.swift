import Analyze

extension Context {
    /// A row a domain: spread, separation and association before and after, and the neighbours that changed, each change
    /// with its q; nil when none of them was measured.
    func shapeTable(_ rows: [(DriftRow, String)], _ path: String) -> Table? {
        let measured: Set<DriftMetric> = [
            .spreadChange, .separationChange, .attributeDistanceChange, .neighbourTurnover,
        ]
        let domains = rows.filter { $0.0.group == nil && measured.contains($0.0.metric) && $0.0.value != nil }
            .map(\.0.domain)
        guard !domains.isEmpty else { return nil }
        func cell(_ domain: String, _ metric: DriftMetric, _ key: String, _ style: NumberStyle = .plain) -> [Inline] {
            guard
                let (row, name) = rows.first(where: {
                    $0.0.domain == domain && $0.0.group == nil && $0.0.metric == metric && !$0.0.commonRemoved
                }), row.value != nil, key != "q" || row.q != nil
            else { return ["–"] }
            return [n(path + ".clusters." + name + "." + key, style)]
        }
        func pair(_ domain: String, _ before: DriftMetric, _ after: DriftMetric) -> [Inline] {
            cell(domain, before, "value") + [" → "] + cell(domain, after, "value")
        }
        return Table(
            "Shape and place of clusters, before → after; q of the change against matched controls",
            [
                .init("Cluster", numeric: false), .init("Spread"), .init("q"), .init("Separation"), .init("q"),
                .init("MAC"), .init("q"), .init("Neighbour turnover"), .init("q"),
            ],
            analysis.domains.map(\.name).filter(domains.contains).map { domain in
                [
                    [name(domain)], pair(domain, .spreadBefore, .spreadAfter),
                    cell(domain, .spreadChange, "q", .probability), pair(domain, .separationBefore, .separationAfter),
                    cell(domain, .separationChange, "q", .probability),
                    pair(domain, .attributeDistanceBefore, .attributeDistanceAfter),
                    cell(domain, .attributeDistanceChange, "q", .probability),
                    cell(domain, .neighbourTurnover, "value"),
                    cell(domain, .neighbourTurnover, "q", .probability),
                ]
            })
    }

    /// Centroid distances of the study's domains.
    func distanceTable(_ space: DriftResult, _ path: String) -> Table {
        Table(
            "Distance of a cluster's centroid to another's; controls take the place of the first cluster's words",
            [
                .init("From", numeric: false), .init("To", numeric: false), .init("Before"), .init("After"),
                .init("Change"), .init("95 % band of controls"), .init("p"), .init("q"),
            ],
            space.distances.enumerated().filter { isStudied($0.element.domain) }.map { i, row in
                let here = path + ".distances.\(i)"
                return [
                    [name(row.domain)], [name(row.other)], [n(here + ".before")], [n(here + ".after")],
                    [n(here + ".relative_change", .signedPercent)],
                    ledger.interval(here + ".control_lower", here + ".control_upper", .signedPercent),
                    row.p == nil ? ["–"] : [n(here + ".p", .probability)],
                    row.q == nil ? ["–"] : [n(here + ".q", .probability)],
                ]
            })
    }

    /// WEAT effect sizes of groups.
    func associationBlocks(_ space: DriftResult, _ path: String) -> [Block] {
        let table = Table(
            "WEAT effect size; above 0 the first group stands closer to the forgotten words",
            [
                .init("Groups", numeric: false), .init("Words"), .init("Before"), .init("After"), .init("Change"),
                .init("95 % band of controls"), .init("p"), .init("q"),
            ],
            space.associations.enumerated().filter { isStudied($0.element.domain) }.map { i, row in
                let here = path + ".associations.\(i)"
                return [
                    [name(row.domain), .text(" · \(row.first) and \(row.second)")],
                    [n(here + ".first_words", .count), " and ", n(here + ".second_words", .count)],
                    row.before == nil ? ["–"] : [n(here + ".before", .signed)],
                    row.after == nil ? ["–"] : [n(here + ".after", .signed)],
                    row.change == nil ? ["–"] : [n(here + ".change", .signed)],
                    ledger.interval(here + ".control_lower", here + ".control_upper", .signed),
                    row.p == nil ? ["–"] : [n(here + ".p", .probability)],
                    row.q == nil ? ["–"] : [n(here + ".q", .probability)],
                ]
            })
        guard space.attributes != nil else { return [.table(table)] }
        return [
            .paragraph([
                n(path + ".attributes.forgotten", .count), " forgotten words against ",
                n(path + ".attributes.matched", .count), " matched ones: ",
                .text(ledger.text(path + ".attributes.note") + "."),
            ]), .table(table),
        ]
    }

    // MARK: Layers

    /// Layer × domain as a picture, and the numbers behind it.
    func layerBlocks(_ layers: [(DriftResult, String)]) -> [Block] {
        let domains = analysis.domains.map(\.name)
        func found(_ space: DriftResult, _ domain: String) -> (row: DriftRow, key: String)? {
            zip(space.clusters, ReportTree.clusterKeys(space.clusters)).first { row, _ in
                row.domain == domain && row.group == nil && row.metric == .displacement && row.commonRemoved
            }.map { (row: $0, key: $1) }
        }
        let values = layers.map { space, _ in domains.map { found(space, $0)?.row.ratioToControls } }
        let largest = values.flatMap { $0 }.compactMap { $0 }.max() ?? 1
        var blocks: [Block] = []
        if values.contains(where: { $0.contains { $0 != nil } }) {
            let map = HeatMap(
                title: "Contextual drift by layer and domain",
                summary: "displacement of the words over that of matched controls, common part removed",
                rows: layers.map { Context.layerName($0.0.space) }, columns: domains, values: values,
                limit: max(2, largest))
            blocks.append(
                .pictures(
                    [
                        Picture(
                            map.element,
                            caption: [
                                "How many times as far as matched control words the words of a domain moved at each layer, ",
                                "the common part removed: a value of ", .text("1 is no more than controls."),
                            ])
                    ], wide: false))
        }
        blocks.append(.details("Displacement at every layer, with bands", [.table(layerTable(layers))]))
        blocks += notes(layers.flatMap { space, _ in domains.compactMap { found(space, $0)?.row } })
        blocks.append(.paragraph(["All measures of these spaces stand in report.json under ", .code("drift"), "."]))
        return blocks
    }

    private static func layerName(_ space: String) -> String {
        space.hasPrefix("contextual, ") ? String(space.dropFirst("contextual, ".count)) : space
    }

    /// One row a layer and domain: how far its words moved.
    private func layerTable(_ spaces: [(DriftResult, String)]) -> Table {
        Table(
            "Displacement, common part removed, against matched controls",
            [
                .init("Space", numeric: false), .init("Cluster", numeric: false), .init("Value"),
                .init("Control median"), .init("95 % band"), .init("p"), .init("q"), .init("Words"),
            ],
            spaces.flatMap { space, key -> [[[Inline]]] in
                zip(space.clusters, ReportTree.clusterKeys(space.clusters)).filter { row, _ in
                    row.group == nil && row.metric == .displacement && row.commonRemoved && isStudied(row.domain)
                }.map { row, cluster in
                    let here = "drift.\(key).clusters.\(cluster)"
                    return [
                        [.text(space.space)], [name(row.domain)], [n(here + ".value")],
                    ]
                        + (row.p == nil
                            ? Array(repeating: ["–"], count: 4)
                            : [
                                [n(here + ".control_median")],
                                ledger.interval(here + ".control_lower", here + ".control_upper"),
                                [n(here + ".p", .probability)], [n(here + ".q", .probability)],
                            ]) + [[n(here + ".words", .count)]]
                }
            })
    }
}
