import Analyze
import Records

extension ReportSections {
    /// Cluster × metric against matched controls, and where the movement went.
    func driftSection() -> Section {
        var blocks: [Block] = [
            .paragraph([
                """
                Each number over the unexposed words of a cluster is compared with the same number over random sets of \
                control words, matched on token count, norm, frequency and exposure (
                """,
                n(report.settings.controlDraws, .count),
                " draws). p is one-sided, of signed changes two-sided; q is after Benjamini–Hochberg over the table.",
            ])
        ]
        for space in spaces where space().side != .contextual { blocks += spaceBlocks(space) }
        let layers = spaces.filter { $0().side == .contextual }
        if !layers.isEmpty {
            blocks.append(.heading("Vectors in context, layer by layer"))
            blocks += layerBlocks(layers)
        }
        if spaces.isEmpty { blocks = [missing("Drift")] }
        return Section("drift", "Drift of concept clusters", blocks)
    }

    private func spaceBlocks(_ space: Node<DriftResult>) -> [Block] {
        var blocks: [Block] = [.heading(Self.capital(space().space)), .paragraph(overview(space))]
        let rows = studied(space)
        // The few rows that answer the question; the rest is one fold away.
        let leading: Set<DriftMetric> = [.displacement, .targetShare, .updateShare, .logitChange]
        let candidates = rows.filter {
            $0().group == nil && leading.contains($0().metric) && ($0().metric != .logitChange || $0().value != nil)
        }
        let removed =
            candidates.contains { $0().commonRemoved }
            ? candidates.filter { $0().commonRemoved || $0().metric == .logitChange } : []
        let domains = removed.isEmpty ? candidates : removed
        let first = domains.isEmpty ? rows : domains
        blocks.append(.table(clusterTable("Clusters against matched controls", first)))
        blocks += notes(first.map { $0() }) + (shapeTable(rows).map { [.table($0)] } ?? [])
        // One full table is enough of a page; the output side's is in report.json.
        if first.count < rows.count, space().side == .input {
            blocks.append(.details("All groups and metrics", [.table(clusterTable("All clusters and metrics", rows))]))
        }
        return blocks + geometry(space)
    }

    /// Rows of clusters; those that are no domain of the study answer no question of it and stay in report.json.
    func studied(_ space: Node<DriftResult>) -> [Node<DriftRow>] {
        space.clusters.nodes().filter { $0().group == nil || isStudied($0().domain) }
    }

    /// How controls were found where the rule left too few, and why rows have no control band; each once.
    func notes(_ rows: [DriftRow]) -> [Block] {
        let matchings = rows.compactMap { row in row.matching.map { ($0, row.domain) } }.gathered()
        let reasons = rows.filter { $0.value == nil || $0.controlMedian == nil }
            .compactMap { row in row.reason.map { ($0, row.domain) } }.gathered()
        return [
            .list(matchings.map { [.text("Controls of \($0.values.inWords()): \($0.key).")] }),
            .list(reasons.map { [.text("No band for \($0.values.inWords()): \($0.key).")] }),
        ]
    }

    private func overview(_ space: Node<DriftResult>) -> [Inline] {
        var out: [Inline] = [
            n(space.rowCount, .count), " rows of ", n(space.dimension, .count), " numbers. Mean displacement ",
            n(space.wholeSpace.meanDisplacement), " over ", n(space.wholeSpace.rows, .count), " rows",
        ]
        if space().gauge == nil { out += ["; the shift that all anchor rows share has length ", n(space.common.norm)] }
        if space().common.share != nil {
            out += [" and explains ", n(space.common.share, .percent), " of their movement"]
        }
        out.append(". ")
        if space().wholeSpace.linearCKA != nil {
            out += ["Linear CKA before against after: ", n(space.wholeSpace.linearCKA)]
            if space().wholeSpace.debiasedCKA != nil { out += [" (debiased ", n(space.wholeSpace.debiasedCKA), ")"] }
            out.append(". ")
        }
        if let overlap = space.neighbourOverlap.unwrapped() {
            out += [
                "Of the ", n(overlap.neighbours, .count), " nearest neighbours of a row, all are kept in ",
                n(overlap.unchanged, .percent), " of the rows; mean Jaccard index ", n(overlap.meanJaccard), ". ",
            ]
            if overlap().rows < overlap().usable {
                out += [
                    "(Of ", n(overlap.usable, .count), " rows, ", n(overlap.rows, .count),
                    " random ones were compared.) ",
                ]
            }
        }
        if space().gauge != nil {
            out += [
                "The mean anchor row was taken from each side first, since a vector added to every output row changes no ",
                "probability; it had moved by ", n(space.gauge.shift), ". ",
            ]
        }
        if let found = space.vocabulary.unwrapped() {
            out += [
                n(found.matched, .count), " tokens are in both vocabularies; ", n(found.added, .count), " were added, ",
                n(found.removed, .count), " removed, ", n(found.moved, .count), " have another position. ",
            ]
        }
        let (odd, rows) = (space().excludedRows, space.excludedRows)
        if odd.zero + odd.duplicate + odd.nonFinite + odd.padding > 0 {
            out += [
                "Left out of means: ", n(rows.zero, .count), " zero, ", n(rows.duplicate, .count), " duplicate, ",
                n(rows.nonFinite, .count), " non-finite, ", n(rows.padding, .count), " special or padding rows.",
            ]
        }
        return out
    }

    private func clusterTable(_ caption: String, _ rows: [Node<DriftRow>]) -> Table {
        func hasBand(_ row: Node<DriftRow>) -> Bool { row().value != nil && row().controlMedian != nil }
        return Table(
            caption, rows,
            [
                clusters("Cluster", \.domain, \.group),
                .text("Metric") { $0.metric.rawValue + ($0.commonRemoved ? ", common shift removed" : "") },
                .orDash("Value", \.value), .numbers("Control median") { hasBand($0) ? [n($0.controlMedian)] : ["–"] },
                .numbers("95 % band") { hasBand($0) ? interval($0.controlLower, $0.controlUpper) : ["–"] },
                .p("p", \.p), .p("q", \.q), .number("Words", \.wordCount, .count),
                .numbers("Pool") { hasBand($0) ? optional($0.poolSize, .count) : ["–"] },
            ])
    }

    private func geometry(_ space: Node<DriftResult>) -> [Block] {
        let isInput = space().side == .input
        let overlaps = space().overlaps.isEmpty ? [] : overlapBlocks(space)
        let isAssociated = space().associations.contains { isStudied($0.domain) }
        let words = isInput && !space().words.isEmpty ? [Block.table(wordTable(space))] : []
        return [.details("Overlap of domain subspaces", overlaps)]
            + fold("Do groups approach each other or move as a block?", groupTable(space))
            + fold("Distances between clusters", distanceTable(space))
            + [
                .details(
                    "Association of groups with the forgotten words", isAssociated ? associationBlocks(space) : []),
                .details("Where the movement went", space().budgets.isEmpty ? [] : [.table(budgetTable(space))]),
                .details("Words that moved most", words),
            ] + (isInput ? fold("Neighbours kept, gained and lost", neighbourTable(space)) : [])
    }

    private func overlapBlocks(_ space: Node<DriftResult>) -> [Block] {
        let names = space().overlaps.flatMap { [$0.first, $0.second] }.uniqued()
        let values: [[Double?]] = names.map { a in
            names.map { b in
                space().overlaps.first { ($0.first, $0.second) == (a, b) || ($0.first, $0.second) == (b, a) }?
                    .overlapBefore
            }
        }
        let map = HeatMap(
            title: "Overlap of domain subspaces before", summary: "1 is the same subspace, 0 is orthogonal",
            rows: names, columns: names, values: values)
        func largest(_ cosines: Node<[Double]>) -> [Inline] { cosines.nodes().first.map { [n($0)] } ?? ["–"] }
        let table = Table(
            "Overlap ‖QᵀQ′‖²/k; random is what subspaces without relation give", space.overlaps.nodes(),
            [
                .words("Domains") { [name($0().first), " and ", name($0().second)] },
                .number("Before", \.overlapBefore), .number("After", \.overlapAfter),
                .number("Random", \.randomOverlap), .numbers("Largest cosine before") { largest($0.cosinesBefore) },
                .numbers("after") { largest($0.cosinesAfter) },
            ])
        return [.pictures([Picture(svg: map.element)], wide: false), .table(table)]
    }

    private func groupTable(_ space: Node<DriftResult>) -> Table {
        Table(
            "Distance of group centroids", space.groups.nodes().filter { isStudied($0().domain) },
            [
                clusters("Groups", \.domain) { "\($0.first) and \($0.second)" }, .number("Before", \.distanceBefore),
                .number("After", \.distanceAfter), .number("Change", \.relativeChange, .signedPercent),
                .number("Cosine of shifts", \.shiftCosine), .text("Reading", \.reading.rawValue),
            ])
    }

    private func budgetTable(_ space: Node<DriftResult>) -> Table {
        Table(
            "Shares of the squared movement; directions made orthogonal in this order",
            space.budgets.nodes().filter { $0().group == nil || isStudied($0().domain) },
            [
                clusters("Cluster", \.domain, \.group), .number("Common shift", \.commonShift, .percent),
                .number("Norm change", \.normChange, .percent), .number("Target subspace", \.targetSubspace, .percent),
                .number("Own axis", \.ownAxis, .percent), .number("Residual", \.residual, .percent),
                .number("Words", \.wordCount, .count),
            ])
    }

    private func wordTable(_ space: Node<DriftResult>) -> Table {
        // The five most moved words of each domain; equal ones keep the order of the analysis.
        let words = space.words.nodes().enumerated()
        let picked = domains.flatMap { domain in
            words.filter { $0.element().domain == domain.name && $0.element().displacement != nil }
                .sorted { ($0.element().displacement ?? 0, $1.offset) > ($1.element().displacement ?? 0, $0.offset) }
                .prefix(5).map(\.element)
        }
        return Table(
            "Most moved concept words per domain", picked,
            [
                .text("Word", \.word), clusters("Cluster", \.domain, \.group), .text("Exposure", \.exposure.rawValue),
                .number("‖δ‖", \.displacement), .number("‖δ‖/‖E0‖", \.relativeDisplacement),
                .number("Angle, rad", \.angle), .number("In target subspace", \.targetShare, .percent),
            ])
    }

    private func neighbourTable(_ space: Node<DriftResult>) -> Table {
        func list(_ words: [String]) -> String { words.isEmpty ? "–" : words.joined(separator: ", ") }
        return Table(
            "Nearest neighbours by cosine", space.neighbours.nodes(),
            [
                .text("Word", \.word), named("Domain", \.domain), .number("Jaccard", \.jaccard),
                .text("Gained") { list($0.gained) }, .text("Lost") { list($0.lost) },
            ])
    }
}
