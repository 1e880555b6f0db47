import Analyze

extension ReportSections {
    /// Subspaces removed from the update, or kept alone.
    func directionBlocks(_ result: Node<AttributionResult>) -> [Block] {
        guard !result().mediation.isEmpty else {
            return [notComputed("Mediation", result, .mediation)]
        }
        let rows = result.mediation.nodes()
        // The targets beside them: what is specific to them should matter to them alone.
        let lines =
            moved(result).compactMap { item in
                directionLine(item().domain, rows.filter { $0().subject == item().domain })
            } + domains.targets.compactMap { directionLine($0, rows) }
        let known = rows.map { $0() }.filter { $0.share.value != nil }
        let own = known.filter { $0.domain == $0.subject }
        return [
            .paragraph([
                .strong(directionLead(result)),
                .text(
                    " The directions that tell apart the groups of both \(target) and another domain are removed from the "
                        + "update, and the model is scored; the part of the change that is lost is the mediated share. "
                        + "The control removes random directions of equal rank and equal norm. "),
                .text("What is specific to \(target) is removed by itself. (\(Self.intervention))"),
            ]), .list(lines),
            .pictures(known.isEmpty ? [] : [directionPicture(own.isEmpty ? known : own)], wide: true),
        ] + fold("Every subspace removed", directionTable(rows), over: 12)
            + fold("Removed and kept, with their controls", keptTable(rows))
            + reasons(result().mediation.map { ($0.domain, $0.share) })
    }

    private func directionLead(_ result: Node<AttributionResult>) -> String {
        guard !moved(result).isEmpty else { return nothingMoved }
        let asked = moved(result).compactMap { item in
            result().mediation.first {
                $0.domain == item().domain && $0.subject == item().domain && $0.subspace == "shared"
            }
        }
        func areBeyond(_ row: MediationRow) -> Bool? { row.share.exceedsControls(alpha: settings.alpha) }
        let yes = asked.filter { areBeyond($0) == true }.map(\.domain)
        let no = asked.filter { areBeyond($0) == false }.map(\.domain)
        let out = Self.sentences([
            (
                yes,
                {
                    "Part of the change of \($0) goes through directions shared with \(target), more than through random ones."
                }
            ),
            (no, { "The directions that \($0) shares with \(target) mediate no more than random ones." }),
        ])
        return out.isEmpty ? "No mediated share differs measurably from its control." : out.joined(separator: " ")
    }

    private func directionLine(_ domain: String, _ rows: [Node<MediationRow>]) -> [Inline]? {
        let own = rows.filter { $0().domain == domain && $0().share.value != nil }
        guard !own.isEmpty else { return nil }
        let parts = own.map { row -> [Inline] in
            var out: [Inline] = [.text("without the \(subspaceName(row())), "), n(row.share.value, .percent)]
            if row().share.interval != nil { out += [" "] + interval(row.share.interval, .percent) }
            out.append(" of the change is gone")
            if row().share.controlMedian != nil {
                out += [" (random ", n(row.share.controlMedian, .percent)]
                if row().share.p != nil { out += [", p ", n(row.share.p, .probability)] }
                out.append(")")
            }
            return out
        }
        return [name(domain), ": "] + parts.joined(by: "; ") + ["."]
    }

    private func subspaceName(_ row: MediationRow) -> String {
        row.subspace == "shared"
            ? "directions that \(target) and \(row.subject) share"
            : "directions of \(target) that \(row.subject) does not share"
    }

    private func directionPicture(_ rows: [MediationRow]) -> Picture {
        let plot = IntervalPlot(
            title: "Mediated share of the change",
            summary: rows.map {
                "\($0.domain), \($0.subspace): \(NumberText.text($0.share.value ?? .nan, .percent))"
            }.joined(separator: "; "),
            xLabel: "share of τ gone when the subspace is removed",
            rows: rows.map { row in
                IntervalPlot.Row(
                    label: row.subspace, index: index(row.domain), value: row.share.value ?? .nan,
                    interval: ClosedRange(row.share.interval), band: ClosedRange(controlOf: row.share),
                    style: .percent,
                    group: row.domain == row.subject
                        ? row.domain : "\(row.domain), by directions shared with \(row.subject)")
            })
        return Picture(
            svg: plot.element,
            caption: [
                """
                Dot and line: share with its interval. Grey band: random subspaces of equal rank and removed norm. \
                Shared: the directions that both have; specific: the rest of the target's.
                """
            ])
    }

    private func directionTable(_ rows: [Node<MediationRow>]) -> Table {
        Table(
            "Share of the change that goes when a subspace is removed from the update", rows,
            [
                named("Domain read", \.domain), .text("Subspace", against),
                .number("Rank, all layers", \.rankTotal, .count), .orDash("Of ‖Δθ‖²", \.normShare, .percent),
                .estimated("Mediated share", \.share, .percent), .controls("Random", \.share, .percent),
                .p("p", \.share.p), .orDash("Kept alone", \.kept.value, .percent),
            ])
    }

    private func keptTable(_ rows: [Node<MediationRow>]) -> Table {
        Table(
            "τ with the subspace removed, and the share of τ of the subspace alone", rows,
            [
                named("Domain read", \.domain), .text("Subspace", against),
                .estimated("τ removed", \.removed, .signed), .controls("Random", \.removed, .signed),
                .estimated("Kept alone", \.kept, .percent), .controls("Random", \.kept, .percent), .p("p", \.kept.p),
            ])
    }

    private func against(_ row: MediationRow) -> String {
        row.subspace + (row.subspace == "shared" ? " with " : " against ") + row.subject
    }
}
