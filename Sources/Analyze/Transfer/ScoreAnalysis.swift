import Records
import Statistics

/// Scores before and after, and the change between them with its intervals and tests.
struct ScoreAnalysis {
    let scores: ScoreRow
    let transfer: TransferRow
    /// Bootstrap standard error of τ under the deciding clustering.
    let standardError: Double

    /// Analyses the items of one domain; the table must not be empty.
    init(_ table: ItemTable, settings: AnalysisSettings) {
        let items = table.items
        let columns = table.columns
        var deciding = table.bootstrap(columns, clusters: nil, settings, "items")
        let tauColumn = ItemTable.Column.change.rawValue
        let itemInterval = deciding.interval(column: tauColumn, level: settings.level)
        var interval = itemInterval
        var kind = "items"
        var clusters = Array(items.indices)
        var clusterIntervals: [ClusterInterval] = []
        for (name, indices, count) in table.clusterings {
            let bootstrap = table.bootstrap(columns, clusters: indices, settings, "clusters/\(name)")
            let found = bootstrap.interval(column: tauColumn, level: settings.level)
            clusterIntervals.append(ClusterInterval(kind: name, clusters: count, interval: found))
            if found.width > interval.width { (interval, kind, clusters, deciding) = (found, name, indices, bootstrap) }
        }
        standardError = deciding.standardError(column: tauColumn)

        func summary(_ gap: ItemTable.Column, _ share: ItemTable.Column, _ size: ItemTable.Column) -> ScoreSummary {
            let gaps = columns[gap.rawValue]
            func found(_ column: ItemTable.Column) -> Interval {
                deciding.interval(column: column.rawValue, level: settings.level)
            }
            let percent = deciding.estimates[share.rawValue]
            return ScoreSummary(
                bias: deciding.estimates[gap.rawValue], biasInterval: found(gap), share: percent,
                shareInterval: found(share), shareDistance: abs(percent - 50),
                meanAbsoluteGap: deciding.estimates[size.rawValue], meanAbsoluteGapInterval: found(size),
                gapDeviation: Summary.deviation(gaps) ?? 0, count: gaps.count,
                ties: gaps.count { $0 == 0 }, nonFinite: table.nonFinite)
        }
        scores = ScoreRow(
            benchmark: table.benchmark, profile: table.profile, domain: table.domain.name, role: table.domain.role,
            before: summary(.before, .shareBefore, .absoluteBefore),
            after: summary(.after, .shareAfter, .absoluteAfter))

        let tau = deciding.estimates[tauColumn]
        var sums = [Double](repeating: 0, count: deciding.clusterCount)
        for (item, cluster) in clusters.enumerated() { sums[cluster] += columns[tauColumn][item] }
        var flips = table.stream(settings, "sign flips")
        let toMore = items.count { $0.before <= 0 && $0.after > 0 }
        let toLess = items.count { $0.before > 0 && $0.after <= 0 }
        var transfer = TransferRow(
            benchmark: table.benchmark, domain: table.domain.name, role: table.domain.role, count: items.count,
            biasBefore: scores.before.bias, biasAfter: scores.after.bias, tau: tau, interval: interval,
            intervalKind: kind, itemInterval: itemInterval, clusterIntervals: clusterIntervals,
            direction: Self.direction(interval, before: scores.before.bias, after: scores.after.bias),
            permutationP: Randomisation.signFlipP(sums: sums, draws: settings.bootstrapDraws, stream: &flips),
            mcnemar: McNemarRow(toMore: toMore, toLess: toLess, p: McNemar.exactP(toMore, toLess)),
            smallestDetectable: Power.smallestDetectable(
                standardError: standardError, alpha: settings.alpha, power: settings.power),
            identityUnexposed: Self.subset(
                table, "identity unexposed", clusters: clusters, settings: settings,
                where: { !$0.score.identityExposed }),
            attributeUnexposed: Self.subset(
                table, "attribute unexposed", clusters: clusters, settings: settings,
                where: { !$0.score.attributeExposed }))
        transfer.commonRemoved = Self.commonRemoved(table, row: transfer, settings: settings)
        self.transfer = transfer
    }

    /// Toward or away from 0 by the interval of τ and the sizes of the bias.
    static func direction(_ interval: Interval?, before: Double, after: Double) -> BiasDirection {
        guard let interval, interval.excludesZero, abs(before) != abs(after) else { return .undecided }
        return abs(after) < abs(before) ? .towardZero : .awayFromZero
    }

    /// τ over part of the items, with the deciding clustering.
    private static func subset(
        _ table: ItemTable, _ name: String, clusters: [Int], settings: AnalysisSettings,
        where included: (PairedItem) -> Bool
    ) -> SubsetTransfer {
        let chosen = table.items.indices.filter { included(table.items[$0]) }
        let changes = chosen.map { table.items[$0].after - table.items[$0].before }
        if let reason = reason(changes, settings) { return SubsetTransfer(count: chosen.count, reason: reason) }
        let renumbered = ItemTable.indices(chosen.map { String(clusters[$0]) })?.clusters
        let bootstrap = table.bootstrap([changes], clusters: renumbered, settings, name)
        return SubsetTransfer(
            count: chosen.count, tau: bootstrap.estimates[0], interval: bootstrap.interval(level: settings.level))
    }

    /// Why τ cannot be taken over these items' changes.
    private static func reason(_ changes: [Double], _ settings: AnalysisSettings) -> String? {
        if changes.count < settings.minimumItems {
            return "\(changes.count) such items, \(settings.minimumItems) wanted"
        }
        return changes.allSatisfy(\.isFinite) ? nil : "a gap is not finite"
    }

    /// τ of the model without the common shift, and its share of τ.
    private static func commonRemoved(
        _ table: ItemTable, row: TransferRow, settings: AnalysisSettings
    ) -> SubsetTransfer? {
        let gaps = table.items.compactMap(\.afterCommonRemoved)
        guard !gaps.isEmpty else { return nil }
        guard gaps.count == table.items.count else {
            return SubsetTransfer(count: gaps.count, reason: "scored on \(gaps.count) of \(table.items.count) items")
        }
        let removed = zip(gaps, table.items).map { $0 - $1.before }
        if let reason = reason(removed, settings) { return SubsetTransfer(count: gaps.count, reason: reason) }
        let changes = PairedChanges(
            changes: [removed], table: table, row: row, purpose: "common removed", settings: settings)
        let tau = changes.change(0)
        return SubsetTransfer(count: gaps.count, tau: tau.value, interval: tau.interval, share: changes.share(0))
    }
}
