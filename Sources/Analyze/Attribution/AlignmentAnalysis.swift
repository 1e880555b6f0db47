import Records
import Statistics

/// Alignment of the update with each domain's bias, and what the update does to neutral preferences of the same size.
enum AlignmentAnalysis {
    /// Neutral pairs among which the stand-in for one item is drawn: those closest in the size of the gap.
    private static let poolSize = 20

    static func fill(_ result: inout AttributionResult, _ context: AttributionContext) {
        for table in context.records.alignment?.tables ?? [] where table.benchmark == context.benchmark {
            guard let row = context.row(table.domain), let items = context.table(table.domain) else {
                result.notComputed.append(
                    NotComputed(
                        what: "alignment with \(table.domain)", reason: "the domain has no scores", kind: .alignment))
                continue
            }
            let isKnown = PairedChanges.reason(row) == nil
            let all = table.components
            func total(_ parts: [AlignedComponent], _ value: (AlignedComponent) -> Double) -> Double {
                parts.reduce(0) { $0 + value($1) }
            }
            func sum(_ parts: [AlignedComponent], _ value: (AlignedComponent) -> Double?) -> Double? {
                let values = parts.compactMap(value)
                return values.count == parts.count ? values.reduce(0, +) : nil
            }
            let (path, square) = (total(all, \.path), total(all) { $0.norm * $0.norm })
            func add(_ parts: [AlignedComponent], layer: Int?) {
                let part = total(parts, \.path)
                result.alignmentComponents.append(
                    AlignmentRow(
                        domain: table.domain, component: parts[0].component, layer: layer, start: total(parts, \.start),
                        path: part, share: isKnown && path != 0 ? part / path : nil, forget: sum(parts, \.forget),
                        retain: sum(parts, \.retain), decay: sum(parts, \.decay),
                        normShare: square > 0 ? total(parts) { $0.norm * $0.norm } / square : 0))
            }
            for name in all.map(\.component).uniqued() { add(all.filter { $0.component == name }, layer: nil) }
            for part in all where part.layer != nil { add([part], layer: part.layer) }
            result.alignment.append(
                AlignmentSummary(
                    domain: table.domain, start: total(all, \.start), path: path, exact: table.exact,
                    completenessError: path - table.exact, forget: sum(all, \.forget), retain: sum(all, \.retain),
                    decay: sum(all, \.decay), cosine: table.cosine, cosineNeutralRemoved: table.cosineNeutralRemoved,
                    neutral: neutral(row, items, context)))
        }
    }

    /// τ against the mean change over sets of neutral pairs, one for each item, whose gaps before were as large and lay on
    /// the same side: what τ would be if every preference shrank alike. One-sided, toward 0.
    private static func neutral(
        _ row: TransferRow, _ table: ItemTable, _ context: AttributionContext
    ) -> ControlledValue {
        var value = ControlledValue(value: row.tau, interval: row.interval)
        guard let pairs = context.records.alignment?.neutralPairs.first(where: { $0.benchmark == context.benchmark }),
            pairs.before.count >= poolSize
        else {
            value.reason = "no neutral minimal pairs"
            return value
        }
        let order = pairs.before.indices.sorted { (abs(pairs.before[$0]), $0) < (abs(pairs.before[$1]), $1) }
        let sizes = order.map { abs(pairs.before[$0]) }
        // What each pair adds to its own preference: below 0 where the preference shrank.
        let changes = order.map { (pairs.before[$0] < 0 ? -1 : 1) * (pairs.after[$0] - pairs.before[$0]) }
        let pools = table.items.map { item -> Range<Int> in
            let size = abs(item.before)
            let place = sizes.firstIndex { $0 >= size } ?? sizes.count
            var low = min(max(0, place - poolSize / 2), sizes.count - poolSize)
            // The window of this many pairs whose farther end is nearest.
            while low > 0, size - sizes[low - 1] < sizes[low + poolSize - 1] - size { low -= 1 }
            while low + poolSize < sizes.count, sizes[low + poolSize] - size < size - sizes[low] { low += 1 }
            return low..<low + poolSize
        }
        let own = table.items.reduce(0) { $0 + abs($1.before) }
        let matched = pools.reduce(0.0) { $0 + Summary.mean(sizes[$1]) }
        guard own > 0, abs(matched / own - 1) <= 0.2 else {
            value.reason =
                "neutral gaps are \(short(matched / Double(pools.count))) where the domain's are "
                + "\(short(own / Double(pools.count)))"
            return value
        }
        var stream = table.stream(context.settings, "neutral pairs")
        let draws = (0..<max(1000, context.settings.controlDraws)).map { _ -> Double in
            var sum = 0.0
            for (item, pool) in zip(table.items, pools) {
                sum += (item.before < 0 ? -1 : 1) * changes[pool.lowerBound + stream.index(below: poolSize)]
            }
            return sum / Double(table.items.count)
        }
        value.hold(against: draws, side: row.biasBefore < 0 ? 1 : -1, level: context.settings.level)
        return value
    }
}
