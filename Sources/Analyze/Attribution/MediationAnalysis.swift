import Records

/// What is left of each change when the shared subspace is taken out of the update, and what the subspace does alone.
enum MediationAnalysis {
    static func fill(_ result: inout AttributionResult, _ context: AttributionContext) {
        for table in context.records.mediation?.tables ?? [] where table.benchmark == context.benchmark {
            // The subject shows what is mediated, a target whether shared and specific part dissociate.
            for domain in [table.subject] + context.targets {
                guard let items = context.table(domain), let row = context.row(domain) else {
                    result.notComputed.append(
                        NotComputed(
                            what: "mediation of \(domain) through \(table.subject)",
                            reason: "the domain has no scores", kind: .mediation))
                    continue
                }
                result.mediation.append(mediation(table, items: items, row: row, context: context))
            }
        }
    }

    private static func mediation(
        _ table: MediationTable, items: ItemTable, row: TransferRow, context: AttributionContext
    ) -> MediationRow {
        let domain = items.domain.name
        var out = MediationRow(
            domain: domain, subject: table.subject, subspace: table.subspace, ranks: table.ranks,
            normShare: table.normShare, removed: ControlledValue(), share: ControlledValue(), kept: ControlledValue())
        func model(_ kind: ScoredModel.Kind) -> [Double]? {
            context.models(kind).first { $0.component == table.subspace && $0.subject == table.subject }?.gaps[domain]
        }
        guard let removed = model(.removed), let kept = model(.kept),
            let changes = PairedChanges(
                [removed, kept], table: items, row: row, purpose: "mediation/\(table.subject)/\(table.subspace)",
                settings: context.settings)
        else {
            let reason =
                table.ranks.allSatisfy { $0 == 0 }
                ? (table.subspace == "shared"
                    ? "no direction is shared beyond chance" : "nothing of the target's subspace is left")
                : "the model was not scored, or a gap is not finite"
            for place in [\MediationRow.removed, \.share, \.kept] { out[keyPath: place].reason = reason }
            return out
        }
        let level = context.settings.level
        let side: Double = row.tau < 0 ? -1 : 1
        (out.removed, out.share, out.kept) = (changes.change(0), changes.share(0) { 1 - $0 }, changes.share(1))
        let draws = removedDraws(table, items: items, context: context)
        out.removed.hold(against: draws, side: -side, level: level)
        out.share.hold(against: draws.map { 1 - $0 / row.tau }, level: level)
        let keptDraws = PatchAnalysis.controlTaus(
            .keptControl, component: table.subspace, subject: table.subject, table: items, context: context)
        out.kept.hold(against: keptDraws.map { $0 / row.tau }, level: level)
        return out
    }

    /// τ with a random subspace removed. A draw scored to first order gets the error of one of the draws scored both ways.
    private static func removedDraws(
        _ table: MediationTable, items: ItemTable, context: AttributionContext
    ) -> [Double] {
        let domain = items.domain.name
        let exact = context.models(.removedControl).filter {
            $0.component == table.subspace && $0.subject == table.subject
        }.compactMap { model in items.tau(of: model).map { (draw: model.draw ?? -1, tau: $0) } }
        guard !table.firstOrder.isEmpty else { return exact.map(\.tau) }
        let errors = exact.compactMap { draw -> Double? in
            table.firstOrder.indices.contains(draw.draw)
                ? table.firstOrder[draw.draw][domain].map { draw.tau - $0 } : nil
        }
        guard !errors.isEmpty else { return exact.map(\.tau) }
        var stream = items.stream(context.settings, "mediation/\(table.subject)/\(table.subspace)/controls")
        let known = Dictionary(exact.map { ($0.draw, $0.tau) }) { first, _ in first }
        return table.firstOrder.indices.compactMap { draw in
            if let tau = known[draw] { return tau }
            return table.firstOrder[draw][domain].map { $0 + errors[stream.index(below: errors.count)] }
        }
    }
}
