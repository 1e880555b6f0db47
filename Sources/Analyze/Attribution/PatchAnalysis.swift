import LinearAlgebra
import Records
import Statistics

/// What each part's update does alone, and what the update does without it.
enum PatchAnalysis {
    static func fill(_ result: inout AttributionResult, _ context: AttributionContext) {
        let only = context.models(.only)
        guard !only.isEmpty else { return }
        for table in context.tables {
            guard let row = context.row(table.domain.name) else { continue }
            for model in only {
                guard let without = context.models(.without).first(where: { $0.component == model.component }) else {
                    continue
                }
                result.patching.append(patch(model, without, table: table, row: row, context: context))
            }
        }
        let missing = only.filter { model in !context.models(.without).contains { $0.component == model.component } }
        result.notComputed += missing.map {
            NotComputed(
                what: "patching of \($0.component)", reason: "the update without it was not scored", kind: .patching)
        }
    }

    private static func patch(
        _ only: ScoredModel, _ without: ScoredModel, table: ItemTable, row: TransferRow, context: AttributionContext
    ) -> PatchRow {
        let domain = table.domain.name
        let (part, layer) = split(only.component)
        var out = PatchRow(
            domain: domain, component: part, layer: layer, normShare: (only.norm ?? 0) * (only.norm ?? 0),
            only: ControlledValue(), shareOnly: ControlledValue(), without: ControlledValue(),
            shareWithout: ControlledValue())
        guard
            let changes = PairedChanges(
                [only.gaps[domain] ?? [], without.gaps[domain] ?? []], table: table, row: row,
                purpose: "patch/\(only.component)", settings: context.settings)
        else {
            let reason = "a gap of the patched model is not finite"
            for place in [\PatchRow.only, \.shareOnly, \.without, \.shareWithout] {
                out[keyPath: place].reason = reason
            }
            return out
        }
        out.only = ControlledValue(value: changes.change(0), interval: changes.interval(0))
        out.without = ControlledValue(value: changes.change(1), interval: changes.interval(1))
        let shareReason = PairedChanges.reason(row)
        if let shareReason {
            out.shareOnly.reason = shareReason
            out.shareWithout.reason = shareReason
        } else {
            out.shareOnly = changes.share(0)
            out.shareWithout = changes.share(1) { 1 - $0 }
        }
        // Larger means more of τ: along τ for a part alone, against it for what is left without the part.
        let side: Double = row.tau < 0 ? -1 : 1
        let level = context.settings.level
        let onlyDraws = controlTaus(.onlyControl, component: only.component, table: table, context: context)
        out.only.hold(against: onlyDraws, side: side, level: level)
        if shareReason == nil { out.shareOnly.hold(against: onlyDraws.map { $0 / row.tau }, level: level) }
        let withoutDraws = controlTaus(.withoutControl, component: only.component, table: table, context: context)
        out.without.hold(against: withoutDraws, side: -side, level: level)
        if shareReason == nil { out.shareWithout.hold(against: withoutDraws.map { 1 - $0 / row.tau }, level: level) }
        if (only.norm ?? 0) == 0 {
            out.only.reason = "the update leaves this part alone"
            out.without.reason = out.only.reason
        }
        return out
    }

    /// τ of the random controls of a part, over the items of the domain's table.
    static func controlTaus(
        _ kind: ScoredModel.Kind, component: String, subject: String? = nil, table: ItemTable,
        context: AttributionContext
    ) -> [Double] {
        context.models(kind).filter { $0.component == component && $0.subject == subject }.compactMap { model in
            tau(model.gaps[table.domain.name] ?? [], table)
        }
    }

    /// Mean change over the items of a table; nil when the gaps are of other items or not finite.
    static func tau(_ gaps: [Double], _ table: ItemTable) -> Double? {
        table.changes(of: gaps).map { Summary.mean($0) }
    }

    /// `attention/3` is attention in block 3.
    private static func split(_ name: String) -> (part: String, layer: Int?) {
        let pieces = name.split(separator: "/")
        guard pieces.count == 2, let layer = Int(pieces[1]) else { return (name, nil) }
        return (String(pieces[0]), layer)
    }
}
