import Analyze

extension Context {
    /// Cluster × metric against matched controls, and where the movement went.
    func driftSection() -> Section {
        var blocks: [Block] = [
            .paragraph([
                """
                Each number over the unexposed words of a cluster is held against the same number over random word sets \
                matched on token count, norm, frequency and exposure (
                """,
                n("settings.control_draws", .count),
                " draws). p is one-sided, of signed changes two-sided; q is after Benjamini–Hochberg over the table.",
            ])
        ]
        let spaces = Array(zip(analysis.drift, Slug.unique(analysis.drift.map(\.space))))
        for (space, key) in spaces where space.side != .contextual { blocks += spaceBlocks(space, "drift." + key) }
        let layers = spaces.filter { $0.0.side == .contextual }
        if !layers.isEmpty {
            blocks.append(.heading("Vectors in context, layer by layer"))
            blocks += layerBlocks(layers)
        }
        if analysis.drift.isEmpty { blocks = [.paragraph([.text("Drift: \(Ledger.notComputed).")])] }
        return Section("drift", "Drift of concept clusters", blocks)
    }

    private func spaceBlocks(_ space: DriftResult, _ path: String) -> [Block] {
        var blocks: [Block] = [.heading(Context.capital(space.space)), .paragraph(overview(space, path))]
        let rows = studied(space)
        // The few rows that answer the question; the rest is one fold away.
        let leading: Set<DriftMetric> = [.displacement, .targetShare, .updateShare, .logitChange]
        let candidates = rows.filter {
            $0.0.group == nil && leading.contains($0.0.metric) && ($0.0.metric != .logitChange || $0.0.value != nil)
        }
        let removed =
            candidates.contains { $0.0.commonRemoved }
            ? candidates.filter { $0.0.commonRemoved || $0.0.metric == .logitChange } : []
        let domains = removed.isEmpty ? candidates : removed
        let first = domains.isEmpty ? rows : domains
        blocks.append(.table(clusterTable("Clusters against matched controls", first, path)))
        blocks += notes(first.map(\.0))
        if let shape = shapeTable(rows, path) { blocks.append(.table(shape)) }
        // One full table is enough of a page; the output side's stands in report.json.
        if first.count < rows.count, space.side == .input {
            blocks.append(
                .details(
                    "All groups and metrics", [.table(clusterTable("All clusters and metrics", rows, path))]))
        }
        return blocks + geometry(space, path)
    }

    /// Rows with their keys; clusters that are no domain of the study answer no question of it and stay in report.json.
    func studied(_ space: DriftResult) -> [(DriftRow, String)] {
        zip(space.clusters, ReportTree.clusterKeys(space.clusters)).filter { row, _ in
            row.group == nil || isStudied(row.domain)
        }
    }

    /// How controls were found where the rule left too few, and why rows have no control band; each once.
    func notes(_ rows: [DriftRow]) -> [Block] {
        var found: [(note: String, domains: [String])] = []
        for row in rows where row.matching != nil {
            guard let note = row.matching else { continue }
            let index = found.firstIndex { $0.note == note } ?? found.endIndex
            if index == found.endIndex { found.append((note, [])) }
            if !found[index].domains.contains(row.domain) { found[index].domains.append(row.domain) }
        }
        let list: [[Inline]] = found.map { [.text("Controls of \(Context.joined($0.domains)): \($0.note).")] }
        return (list.isEmpty ? [] : [.list(list)]) + reasons(rows)
    }

    /// Why rows have no control band, each reason once.
    private func reasons(_ rows: [DriftRow]) -> [Block] {
        var found: [(reason: String, domains: [String])] = []
        for row in rows where row.value == nil || row.controlMedian == nil {
            guard let reason = row.reason else { continue }
            let index = found.firstIndex { $0.reason == reason } ?? found.endIndex
            if index == found.endIndex { found.append((reason, [])) }
            if !found[index].domains.contains(row.domain) { found[index].domains.append(row.domain) }
        }
        guard !found.isEmpty else { return [] }
        return [.list(found.map { [.text("No band for \(Context.joined($0.domains)): \($0.reason).")] })]
    }

    private func overview(_ space: DriftResult, _ path: String) -> [Inline] {
        var out: [Inline] = [
            n(path + ".rows", .count), " rows of ", n(path + ".dimension", .count), " numbers. Mean displacement ",
            n(path + ".whole_space.mean_displacement"), " over ", n(path + ".whole_space.rows", .count), " rows",
        ]
        if space.gauge == nil {
            out += ["; the shift that all anchor rows share has length ", n(path + ".common.norm")]
        }
        if space.common.share != nil {
            out += [" and explains ", n(path + ".common.share", .percent), " of their movement"]
        }
        out.append(". ")
        if space.wholeSpace.linearCKA != nil {
            out += ["Linear CKA before against after: ", n(path + ".whole_space.linear_cka")]
            if space.wholeSpace.debiasedCKA != nil {
                out += [" (debiased ", n(path + ".whole_space.debiased_cka"), ")"]
            }
            out.append(". ")
        }
        if space.neighbourOverlap != nil {
            out += [
                "Of the ", n(path + ".neighbour_overlap.neighbours", .count), " nearest neighbours of a row, ",
                "all are kept in ", n(path + ".neighbour_overlap.unchanged", .percent),
                " of the rows; mean Jaccard index ",
                n(path + ".neighbour_overlap.mean_jaccard"), ". ",
            ]
            if let overlap = space.neighbourOverlap, overlap.rows < overlap.usable {
                out += [
                    "(Of ", n(path + ".neighbour_overlap.usable", .count), " rows, ",
                    n(path + ".neighbour_overlap.rows", .count), " random ones were looked at.) ",
                ]
            }
        }
        if space.gauge != nil {
            out += [
                "The mean anchor row was taken from each side first, since a vector added to every output row changes no ",
                "probability; it had moved by ", n(path + ".gauge.shift"), ". ",
            ]
        }
        if space.vocabulary != nil {
            out += [
                n(path + ".vocabulary.matched", .count), " tokens stand on both sides; ",
                n(path + ".vocabulary.added", .count), " were added, ", n(path + ".vocabulary.removed", .count),
                " removed, ", n(path + ".vocabulary.moved", .count), " stand at another place. ",
            ]
        }
        let odd = space.excludedRows
        if odd.zero + odd.duplicate + odd.nonFinite + odd.padding > 0 {
            out += [
                "Left out of means: ", n(path + ".excluded_rows.zero", .count), " zero, ",
                n(path + ".excluded_rows.duplicate", .count), " duplicate, ",
                n(path + ".excluded_rows.non_finite", .count), " non-finite, ",
                n(path + ".excluded_rows.padding", .count), " special or padding rows.",
            ]
        }
        return out
    }

    private func clusterTable(_ caption: String, _ rows: [(DriftRow, String)], _ path: String) -> Table {
        Table(
            caption,
            [
                .init("Cluster", numeric: false), .init("Metric", numeric: false), .init("Value"),
                .init("Control median"), .init("95 % band"), .init("p"), .init("q"), .init("Words"), .init("Pool"),
            ],
            rows.map { row, key in
                let here = path + ".clusters." + key
                let label = row.metric.rawValue + (row.commonRemoved ? ", common part removed" : "")
                let cluster: [Inline] = [name(row.domain)] + (row.group.map { [.text(" · " + $0)] } ?? [])
                return [cluster, [.text(label)]] + values(row, here)
            })
    }

    /// Value, control median, band, p, q, words and pool of a row; dashes for what there is not.
    private func values(_ row: DriftRow, _ here: String) -> [[Inline]] {
        let hasBand = row.value != nil && row.controlMedian != nil
        return [
            row.value == nil ? ["–"] : [n(here + ".value")], hasBand ? [n(here + ".control_median")] : ["–"],
            hasBand ? ledger.interval(here + ".control_lower", here + ".control_upper") : ["–"],
            row.p == nil ? ["–"] : [n(here + ".p", .probability)],
            row.q == nil ? ["–"] : [n(here + ".q", .probability)], [n(here + ".words", .count)],
            hasBand && row.poolSize != nil ? [n(here + ".pool_size", .count)] : ["–"],
        ]
    }

    private func geometry(_ space: DriftResult, _ path: String) -> [Block] {
        var out: [Block] = []
        if !space.overlaps.isEmpty { out.append(.details("Overlap of domain subspaces", overlapBlocks(space, path))) }
        if space.groups.contains(where: { isStudied($0.domain) }) {
            out.append(.details("Do groups approach each other or move as a block?", [.table(groupTable(space, path))]))
        }
        if space.distances.contains(where: { isStudied($0.domain) }) {
            out.append(.details("Distances between clusters", [.table(distanceTable(space, path))]))
        }
        if space.associations.contains(where: { isStudied($0.domain) }) {
            out.append(.details("Association of groups with the forgotten words", associationBlocks(space, path)))
        }
        if !space.budgets.isEmpty {
            out.append(.details("Where the movement went", [.table(budgetTable(space, path))]))
        }
        if !space.words.isEmpty, space.side == .input {
            out.append(.details("Words that moved most", [.table(wordTable(space, path))]))
        }
        if !space.neighbours.isEmpty, space.side == .input {
            out.append(.details("Neighbours kept, gained and lost", [.table(neighbourTable(space, path))]))
        }
        return out
    }

    private func overlapBlocks(_ space: DriftResult, _ path: String) -> [Block] {
        var names: [String] = []
        for item in space.overlaps {
            for name in [item.first, item.second] where !names.contains(name) { names.append(name) }
        }
        let values: [[Double?]] = names.map { a in
            names.map { b in
                space.overlaps.first { ($0.first, $0.second) == (a, b) || ($0.first, $0.second) == (b, a) }?
                    .overlapBefore
            }
        }
        let map = HeatMap(
            title: "Overlap of domain subspaces before", summary: "1 is the same subspace, 0 is orthogonal",
            rows: names, columns: names, values: values)
        let table = Table(
            "Overlap ‖QᵀQ′‖²/k; random is what subspaces without relation give",
            [
                .init("Domains", numeric: false), .init("Before"), .init("After"), .init("Random"),
                .init("Largest cosine before"), .init("after"),
            ],
            space.overlaps.enumerated().map { i, item in
                let here = path + ".overlaps.\(i)"
                return [
                    [name(item.first), " and ", name(item.second)], [n(here + ".before")], [n(here + ".after")],
                    [n(here + ".random")], item.cosinesBefore.isEmpty ? ["–"] : [n(here + ".cosines_before.0")],
                    item.cosinesAfter.isEmpty ? ["–"] : [n(here + ".cosines_after.0")],
                ]
            })
        return [.pictures([Picture(map.element)], wide: false), .table(table)]
    }

    private func groupTable(_ space: DriftResult, _ path: String) -> Table {
        Table(
            "Distance of group centroids",
            [
                .init("Groups", numeric: false), .init("Before"), .init("After"), .init("Change"),
                .init("Cosine of shifts"), .init("Reading", numeric: false),
            ],
            space.groups.enumerated().filter { isStudied($0.element.domain) }.map { i, item in
                let here = path + ".groups.\(i)"
                return [
                    [name(item.domain), .text(" · \(item.first) and \(item.second)")], [n(here + ".distance_before")],
                    [n(here + ".distance_after")], [n(here + ".relative_change", .signedPercent)],
                    [n(here + ".shift_cosine")], [.text(item.reading.rawValue)],
                ]
            })
    }

    private func budgetTable(_ space: DriftResult, _ path: String) -> Table {
        Table(
            "Shares of the squared movement; directions made orthogonal in this order",
            [
                .init("Cluster", numeric: false), .init("Common shift"), .init("Norm change"),
                .init("Target subspace"), .init("Own axis"), .init("Residual"), .init("Words"),
            ],
            space.budgets.enumerated().filter { $0.element.group == nil || isStudied($0.element.domain) }.map {
                i, item in
                let here = path + ".displacement_budgets.\(i)"
                return [
                    [name(item.domain)] + (item.group.map { [.text(" · " + $0)] } ?? []),
                    [n(here + ".common_shift", .percent)], [n(here + ".norm_change", .percent)],
                    [n(here + ".target_subspace", .percent)], [n(here + ".own_axis", .percent)],
                    [n(here + ".residual", .percent)], [n(here + ".words", .count)],
                ]
            })
    }

    private func wordTable(_ space: DriftResult, _ path: String) -> Table {
        // The five most moved words of each domain; equal ones keep the order of the analysis.
        let picked = analysis.domains.flatMap { domain in
            space.words.enumerated().filter { $0.element.domain == domain.name && $0.element.displacement != nil }
                .sorted { ($0.element.displacement ?? 0, $1.offset) > ($1.element.displacement ?? 0, $0.offset) }
                .prefix(5)
        }
        let shown = WordPolicy(space, input.textPolicy)
        return Table(
            "Most moved concept words per domain",
            [
                .init("Word", numeric: false), .init("Cluster", numeric: false), .init("Exposure", numeric: false),
                .init("‖δ‖"), .init("‖δ‖/‖E0‖"), .init("Angle, rad"), .init("In target subspace"),
            ],
            picked.map { i, word in
                let here = path + ".words.\(i)"
                return [
                    [.text(shown(word.word))], [name(word.domain), .text(" · " + word.group)],
                    [.text(word.exposure.rawValue)], [n(here + ".displacement")],
                    [n(here + ".relative_displacement")], [n(here + ".angle")], [n(here + ".target_share", .percent)],
                ]
            })
    }

    private func neighbourTable(_ space: DriftResult, _ path: String) -> Table {
        let shown = WordPolicy(space, input.textPolicy)
        return Table(
            "Nearest neighbours by cosine",
            [
                .init("Word", numeric: false), .init("Domain", numeric: false), .init("Jaccard"),
                .init("Gained", numeric: false), .init("Lost", numeric: false),
            ],
            space.neighbours.enumerated().map { i, item in
                func list(_ words: [String]) -> [Inline] {
                    [.text(words.isEmpty ? "–" : words.map { shown($0) }.joined(separator: ", "))]
                }
                return [
                    [.text(shown(item.word))], [name(item.domain)], [n(path + ".neighbours.\(i).jaccard")],
                    list(item.gained), list(item.lost),
                ]
            })
    }
}
