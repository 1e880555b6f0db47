import Records
import Statistics

/// τ over seeds of the same study.
enum SeedAnalysis {
    /// Spread of τ over the run and its retrainings with other seeds; nil without a finite τ or a retraining.
    ///
    /// With at least three seeds the interval resamples seeds and clusters of items; where a gap is not finite it resamples
    /// seeds alone, from five on.
    static func spread(
        _ records: RunRecords, table: ItemTable, clusteredBy kind: String, settings: AnalysisSettings
    ) -> SeedSpread? {
        let retrainings = records.retrainings?.reruns.filter { $0.purpose == .seed } ?? []
        guard !retrainings.isEmpty, !table.all.isEmpty else { return nil }
        let before = Summary.mean(table.all.map(\.before))
        let gaps = [table.all.map(\.after)] + retrainings.compactMap { records.gaps(of: $0, in: table) }
        let finite = gaps.map { (gaps: $0, tau: Summary.mean($0) - before) }.filter(\.tau.isFinite)
        let taus = finite.map(\.tau)
        guard let minimum = taus.min(), let maximum = taus.max() else { return nil }
        let mean = Summary.mean(taus)
        var interval = twoWay(finite.map(\.gaps), table: table, clusteredBy: kind, settings: settings)
        if interval == nil, taus.count >= 5 {
            interval = table.bootstrap([taus], clusters: nil, settings, "seeds").interval(level: settings.level)
        }
        return SeedSpread(
            count: taus.count, mean: mean, deviation: Summary.deviation(taus), minimum: minimum, maximum: maximum,
            sameSign: taus.count { ($0 < 0) == (mean < 0) }, interval: interval)
    }

    /// The interval of mean τ over seeds × items; nil below three seeds, or where a seed's items are missing.
    ///
    /// - Parameter gaps: signed gaps after by seed, each in the order of all items of the domain.
    static func twoWay(
        _ gaps: [[Double]], table: ItemTable, clusteredBy kind: String, settings: AnalysisSettings,
        purpose: String = "seeds"
    ) -> Interval? {
        let changes = gaps.compactMap { table.changes(of: $0) }
        guard changes.count >= 3, changes.count == gaps.count else { return nil }
        var stream = table.stream(settings, purpose)
        let bootstrap = TwoWayBootstrap(
            values: changes, clusters: table.clusters(kind), draws: settings.bootstrapDraws, stream: &stream)
        return Interval(bootstrap.percentileInterval(level: settings.level))
    }
}

extension ItemTable {
    /// Gap of another model less the gap before, for each of ``items``; nil unless all are there and finite.
    ///
    /// - Parameter gaps: in the order of all items of the domain, those left out included.
    func changes(of gaps: [Double]) -> [Double]? {
        guard gaps.count == items.count + nonFinite else { return nil }
        let changes = zip(items, positions).map { gaps[$1] - $0.before }
        return changes.allSatisfy(\.isFinite) ? changes : nil
    }

    /// τ of a changed model; nil when its gaps are of other items or not finite.
    func tau(of model: ScoredModel) -> Double? { changes(of: model.gaps[domain.name] ?? []).map { Summary.mean($0) } }

    /// The clusters of a deciding interval; nil for `items`.
    func clusters(_ kind: String) -> [Int]? { clusterings.first { $0.kind == kind }?.clusters }
}

extension RunRecords {
    /// Signed gaps of a retraining over all items of a domain; nil when it was not scored there.
    func gaps(of retraining: Retraining, in table: ItemTable) -> [Double]? {
        models.first {
            $0.kind == .rerun && $0.component == retraining.name && $0.benchmark == table.benchmark
        }?.gaps[table.domain.name]
    }
}
