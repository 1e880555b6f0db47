import LinearAlgebra
import Records
import Statistics

/// Changes of one domain's bias in several changed models, bootstrapped together over the same items.
///
/// Items are resampled in the clusters of the interval that decides τ, so numbers of different models, and their ratios,
/// are paired.
struct PairedChanges {
    /// Change of the whole update first, then of each model.
    let bootstrap: Bootstrap
    private let level: Double

    /// - Parameters:
    ///   - gaps: gaps of each changed model over all items of the domain.
    /// - Returns: nil when a model's gaps are of other items, or not finite where the table's are.
    init?(
        _ gaps: [[Double]], table: ItemTable, row: TransferRow, purpose: String, settings: AnalysisSettings
    ) {
        let changes = gaps.compactMap { table.changes(of: $0) }
        guard !table.items.isEmpty, changes.count == gaps.count else { return nil }
        self.init(changes: changes, table: table, row: row, purpose: purpose, settings: settings)
    }

    /// - Parameters:
    ///   - changes: changes of each changed model's gaps, over the items of the table.
    init(
        changes: [[Double]], table: ItemTable, row: TransferRow, purpose: String, settings: AnalysisSettings
    ) {
        var stream = table.stream(settings, purpose)
        bootstrap = Bootstrap(
            columns: [table.items.map { $0.after - $0.before }] + changes, clusters: table.clusters(row.intervalKind),
            draws: settings.bootstrapDraws, stream: &stream)
        level = settings.level
    }

    /// Whether the interval of τ holds 0; shares of τ are then not computed.
    static func reason(_ row: TransferRow) -> String? {
        guard let interval = row.interval else { return "τ has no interval" }
        return interval.excludesZero ? nil : "the interval of τ holds 0"
    }

    func change(_ model: Int) -> Double { bootstrap.estimates[model + 1] }

    /// The interval of a model's τ.
    func interval(_ model: Int) -> Interval {
        Interval(bootstrap.acceleratedInterval(column: model + 1, level: level))
    }

    /// A function of a model's τ over the whole τ, with its percentile interval over the same replicates.
    func share(_ model: Int, _ function: (Double) -> Double = { $0 }) -> ControlledValue {
        let values = zip(bootstrap.replicates[model + 1], bootstrap.replicates[0]).map { function($0 / $1) }
        let ends = Summary.quantiles(values.filter(\.isFinite), [(1 - level) / 2, (1 + level) / 2])
        return ControlledValue(
            value: function(bootstrap.estimates[model + 1] / bootstrap.estimates[0]),
            interval: Interval(lower: ends[0], upper: ends[1]))
    }
}

extension ControlledValue {
    /// Sets the number beside its controls: median, band, and p that a control is at least as large, read along `side`.
    ///
    /// - Parameter side: −1 where a smaller number is the larger effect.
    mutating func hold(against draws: [Double], side: Double = 1, level: Double) {
        let draws = draws.filter(\.isFinite)
        controls = draws.count
        guard !draws.isEmpty else { return }
        let sorted = draws.sorted()
        controlMedian = Summary.quantile(sorted: sorted, 0.5)
        let isFew = sorted.count < 40
        controlLower = isFew ? sorted[0] : Summary.quantile(sorted: sorted, (1 - level) / 2)
        controlUpper = isFew ? sorted[sorted.count - 1] : Summary.quantile(sorted: sorted, (1 + level) / 2)
        guard let value else { return }
        p = Randomisation.p(
            observed: side * value, draws: draws.map { side * $0 },
            tolerance: 1e-12 * max(abs(value), sorted.map(abs).max() ?? 0))
    }
}
