import LinearAlgebra
import Records
import Statistics

/// What null models of one kind did to one domain's bias.
struct NullDraws {
    /// `random-update` or `neutral-words`.
    let kind: String
    /// τ of each model, scored exactly (nil when only the first order was) and to first order (nil when not computed).
    let draws: [(exact: Double?, firstOrder: Double?)]
    /// Largest |KL of a draw / KL of the run − 1|; nil where not measured.
    let worstKLError: Double?
    /// Draws whose KL could not be brought within the tolerance of the run's; nil where not measured.
    let unmatched: Int?

    /// The nulls of a domain; those without a draw are left out.
    static func all(_ records: RunRecords, table: ItemTable) -> [NullDraws] {
        guard !table.all.isEmpty else { return [] }
        let before = Summary.mean(table.all.map(\.before))
        return [randomUpdates(records, table, before), neutralWords(records, table, before)].filter {
            !$0.draws.isEmpty
        }
    }

    /// Random updates of the run's divergence.
    private static func randomUpdates(_ records: RunRecords, _ table: ItemTable, _ before: Double) -> NullDraws {
        let draws = records.models.compactMap { model -> (Double?, Double?)? in
            guard model.kind == .random, model.benchmark == table.benchmark, let bias = model.bias[table.domain.name]
            else { return nil }
            return (
                model.scoring == .exact ? bias - before : nil, model.firstOrder[table.domain.name].map { $0 - before }
            )
        }
        return NullDraws(
            kind: "random-update", draws: draws, worstKLError: records.metadata.null?.worstKLError,
            unmatched: records.metadata.null?.unmatched)
    }

    /// Unlearning of neutral words, scaled to the run's divergence.
    private static func neutralWords(_ records: RunRecords, _ table: ItemTable, _ before: Double) -> NullDraws {
        let retrainings = records.retrainings?.reruns.filter { $0.purpose == .neutralWords && $0.reason == nil } ?? []
        var errors: [Double] = []
        if let target = records.retrainings?.targetKL, target > 0 {
            errors = retrainings.compactMap { retraining in
                records.models.last { $0.kind == .rerun && $0.component == retraining.name }.map {
                    abs(($0.kl ?? .nan) / target - 1)
                }
            }
        }
        return NullDraws(
            kind: "neutral-words",
            draws: retrainings.compactMap { records.gaps(of: $0, in: table) }.map { (Summary.mean($0) - before, nil) },
            worstKLError: errors.max(), unmatched: errors.count { !($0 <= RetrainingRecord.klTolerance) })
    }
}

/// τ against the τ of null models.
enum NullAnalysis {
    /// Compares a change with one kind of null model; nil with the reason when there is no usable draw.
    ///
    /// A first-order draw stands for the exact one with an error. The draws that have both scores give that error, and
    /// each first-order draw is given one of those errors at random, so that the null is as wide and as shifted as
    /// exact scoring would have made it.
    static func compare(
        _ row: TransferRow, with null: NullDraws, settings: AnalysisSettings
    ) -> (comparison: NullComparison?, reason: String?) {
        let both = null.draws.compactMap { draw -> (exact: Double, first: Double)? in
            guard let exact = draw.exact.finite, let first = draw.firstOrder.finite else { return nil }
            return (exact, first)
        }
        let firstOnly = null.draws.filter { $0.exact == nil && $0.firstOrder?.isFinite == true }
        guard firstOnly.isEmpty || both.count >= 10 else {
            return (nil, "first-order draws are calibrated on \(both.count) exact ones, 10 wanted")
        }
        var stream = RandomStream(
            seed: settings.seed, label: "analyze/null/\(null.kind)/\(row.benchmark)/\(row.domain)")
        let draws = null.draws.compactMap { draw -> Double? in
            if let exact = draw.exact { return exact.isFinite ? exact : nil }
            guard let first = draw.firstOrder.finite else { return nil }
            let pair = both[stream.index(below: both.count)]
            return first + pair.exact - pair.first
        }
        guard !draws.isEmpty else { return (nil, "no null model has a finite score") }

        let mean = Summary.mean(draws)
        let band = Summary.band(draws, level: settings.level)
        // The side of 0 on which the bias stood: moving against it is moving toward 0.
        let side: Double = row.biasBefore < 0 ? -1 : 1
        let tolerance = 1e-12 * max(abs(row.tau), draws.map(abs).max() ?? 0)
        let comparison = NullComparison(
            kind: null.kind, count: draws.count, isFirstOrder: firstOnly.count * 2 > draws.count,
            exactCount: draws.count - firstOnly.count, worstKLError: null.worstKLError, unmatched: null.unmatched,
            mean: mean, deviation: Summary.deviation(draws), median: band.median, lower: band.lower, upper: band.upper,
            excess: row.tau - mean,
            excessInterval: row.interval.map { Interval(lower: $0.lower - mean, upper: $0.upper - mean) },
            pToward: Randomisation.p(observed: -side * row.tau, draws: draws.map { -side * $0 }, tolerance: tolerance),
            pAway: Randomisation.p(observed: side * row.tau, draws: draws.map { side * $0 }, tolerance: tolerance),
            pFloor: 1 / Double(1 + draws.count), familySize: 0, calibration: calibration(both), draws: draws)
        return (comparison, nil)
    }

    private static func calibration(_ pairs: [(exact: Double, first: Double)]) -> NullCalibration? {
        guard !pairs.isEmpty else { return nil }
        let errors = pairs.map { $0.exact - $0.first }
        let root = Summary.mean(errors.map { $0 * $0 }).squareRoot()
        let spread = Summary.deviation(pairs.map(\.exact)).flatMap { $0 > 0 ? $0 : nil }
        return NullCalibration(
            count: pairs.count, meanError: Summary.mean(errors), rootMeanSquareError: root,
            relativeError: spread.map { root / $0 },
            correlation: Summary.correlation(pairs.map(\.exact), pairs.map(\.first)))
    }

    /// Corrects the p-values over domains × benchmarks, by kind of null and direction; the target is no test, since
    /// that its bias falls is what the study makes happen.
    static func correct(_ rows: inout [TransferRow], settings: AnalysisSettings) {
        let holmRows = rows.indices.filter { rows[$0].role != .target }
        for kind in Set(rows.flatMap { $0.nulls.map(\.kind) }) {
            let cells = holmRows.compactMap { row in
                rows[row].nulls.firstIndex { $0.kind == kind && $0.count >= settings.minimumNullDraws }
                    .map { (row: row, null: $0) }
            }
            let toward = MultipleTests.holm(cells.map { rows[$0.row].nulls[$0.null].pToward })
            let away = MultipleTests.holm(cells.map { rows[$0.row].nulls[$0.null].pAway })
            for (i, cell) in cells.enumerated() {
                rows[cell.row].nulls[cell.null].pTowardHolm = toward[i]
                rows[cell.row].nulls[cell.null].pAwayHolm = away[i]
                rows[cell.row].nulls[cell.null].familySize = cells.count
            }
        }
        let adjusted = MultipleTests.holm(holmRows.map { rows[$0].permutationP })
        for (i, row) in holmRows.enumerated() { rows[row].permutationPHolm = adjusted[i] }
    }
}
