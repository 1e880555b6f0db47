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
    /// Why shares of τ are not computed.
    let reason: String?

    /// - Parameter gaps: gaps of each changed model over all items of the domain.
    /// - Returns: nil when a model's gaps are of other items, or not finite where the table's are.
    init?(_ gaps: [[Double]], table: ItemTable, row: TransferRow, purpose: String, settings: AnalysisSettings) {
        let changes = gaps.compactMap { table.changes(of: $0) }
        guard !table.items.isEmpty, changes.count == gaps.count else { return nil }
        self.init(changes: changes, table: table, row: row, purpose: purpose, settings: settings)
    }

    /// - Parameter changes: changes of each changed model's gaps, over the items of the table.
    init(changes: [[Double]], table: ItemTable, row: TransferRow, purpose: String, settings: AnalysisSettings) {
        bootstrap = table.bootstrap(
            [table.items.map { $0.after - $0.before }] + changes, clusters: table.clusters(row.intervalKind),
            settings, purpose)
        (level, reason) = (settings.level, Self.reason(row))
    }

    /// Whether the interval of τ holds 0; shares of τ are then not computed.
    static func reason(_ row: TransferRow) -> String? {
        guard let interval = row.interval else { return "τ has no interval" }
        return interval.excludesZero ? nil : "the interval of τ holds 0"
    }

    /// A model's τ with its interval.
    func change(_ model: Int) -> ControlledValue {
        ControlledValue(
            value: bootstrap.estimates[model + 1], interval: bootstrap.interval(column: model + 1, level: level))
    }

    /// A function of a model's τ over the whole τ, with its percentile interval over the same replicates.
    func share(_ model: Int, _ function: (Double) -> Double = { $0 }) -> ControlledValue {
        if let reason { return ControlledValue(reason: reason) }
        let values = zip(bootstrap.replicates[model + 1], bootstrap.replicates[0]).map { function($0 / $1) }
        return ControlledValue(
            value: function(bootstrap.estimates[model + 1] / bootstrap.estimates[0]),
            interval: Interval(percentiles: values.filter(\.isFinite), level: level))
    }
}

extension ControlledValue {
    /// Sets the number, unless it is missing for a reason, beside its controls: median, band, and p that a control is at
    /// least as large, read along `side`.
    ///
    /// - Parameter side: −1 where a smaller number is the larger effect.
    mutating func hold(against draws: [Double], side: Double = 1, level: Double) {
        guard reason == nil else { return }
        let draws = draws.filter(\.isFinite)
        controls = draws.count
        guard !draws.isEmpty else { return }
        let sorted = draws.sorted()
        let band = Summary.band(sorted, level: level)
        let isFew = sorted.count < 40
        controlMedian = band.median
        controlLower = isFew ? sorted[0] : band.lower
        controlUpper = isFew ? sorted[sorted.count - 1] : band.upper
        guard let value else { return }
        p = Randomisation.p(
            observed: side * value, draws: draws.map { side * $0 },
            tolerance: 1e-12 * max(abs(value), sorted.map(abs).max() ?? 0))
    }
}
