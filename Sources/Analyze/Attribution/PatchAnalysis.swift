import Records
import Statistics

/// What each part's update does alone, and what the update does without it.
enum PatchAnalysis {
    static func fill(_ result: inout AttributionResult, _ context: AttributionContext) {
        let (only, without) = (context.models(.only), context.models(.without))
        for table in context.tables {
            guard let row = context.row(table.domain.name) else { continue }
            for model in only {
                guard let rest = without.first(where: { $0.component == model.component }) else { continue }
                result.patching.append(patch(model, rest, table: table, row: row, context: context))
            }
        }
        for model in only where !without.contains(where: { $0.component == model.component }) {
            result.notComputed.append(
                NotComputed(
                    what: "patching of \(model.component)", reason: "the update without it was not scored",
                    kind: .patching))
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
            for place in [\PatchRow.only, \.shareOnly, \.without, \.shareWithout] {
                out[keyPath: place].reason = "a gap of the patched model is not finite"
            }
            return out
        }
        (out.only, out.shareOnly) = (changes.change(0), changes.share(0))
        (out.without, out.shareWithout) = (changes.change(1), changes.share(1) { 1 - $0 })
        // Larger means more of τ: along τ for a part alone, against it for what is left without the part.
        let side: Double = row.tau < 0 ? -1 : 1
        let level = context.settings.level
        let onlyDraws = controlTaus(.onlyControl, component: only.component, table: table, context: context)
        out.only.hold(against: onlyDraws, side: side, level: level)
        out.shareOnly.hold(against: onlyDraws.map { $0 / row.tau }, level: level)
        let withoutDraws = controlTaus(.withoutControl, component: only.component, table: table, context: context)
        out.without.hold(against: withoutDraws, side: -side, level: level)
        out.shareWithout.hold(against: withoutDraws.map { 1 - $0 / row.tau }, level: level)
        if (only.norm ?? 0) == 0 {
            out.only.reason = "the update leaves this part alone"
            out.without.reason = out.only.reason
        }
        return out
    }

    /// τ of the random controls of a part, over the items of the domain's table; of those that are told to first order, of
    /// all items of the domain.
    static func controlTaus(
        _ kind: ScoredModel.Kind, component: String, subject: String? = nil, table: ItemTable,
        context: AttributionContext
    ) -> [Double] {
        let before = Summary.mean(table.all.map(\.before))
        return context.models(kind).filter { $0.component == component && $0.subject == subject }.compactMap { model in
            model.scoring == .exact ? table.tau(of: model) : model.bias[table.domain.name].map { $0 - before }
        }
    }

    /// `attention/3` is attention in block 3.
    private static func split(_ name: String) -> (part: String, layer: Int?) {
        let pieces = name.split(separator: "/")
        guard pieces.count == 2, let layer = Int(pieces[1]) else { return (name, nil) }
        return (String(pieces[0]), layer)
    }
}
