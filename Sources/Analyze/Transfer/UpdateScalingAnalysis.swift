import Records
import Statistics

/// Bias along θ0 + αΔθ and its odd and even parts.
enum UpdateScalingAnalysis {
    /// Reads the scored models along the update; items that the score table leaves out are left out here too. Nil when
    /// none was scored.
    static func analyse(_ models: [ScoredModel], table: ItemTable, settings: AnalysisSettings) -> UpdateScalingResult? {
        let wanted = table.items.count + table.nonFinite
        let points = models.compactMap { model -> (model: ScoredModel, gaps: [Double])? in
            guard model.kind == .dose, model.benchmark == table.benchmark else { return nil }
            return model.gaps[table.domain.name].map { (model, $0) }
        }
        guard !points.isEmpty else { return nil }
        let usable = points.filter { point in
            point.gaps.count == wanted && table.positions.allSatisfy { point.gaps[$0].isFinite }
        }.sorted { $0.model.alpha < $1.model.alpha }
        guard !usable.isEmpty, !table.items.isEmpty else {
            return UpdateScalingResult(
                benchmark: table.benchmark, domain: table.domain.name, points: [], parts: [],
                reason: "no point has \(wanted) finite gaps")
        }
        // All points of a replicate come from the same items: odd and even parts are paired.
        let columns = usable.map { point in table.positions.map { point.gaps[$0] } }
        let clusters = table.clusterings.max { $0.count > $1.count }?.clusters
        let bootstrap = table.bootstrap(columns, clusters: clusters, settings, "dose")
        let results = usable.indices.map { i in
            UpdateScalingPoint(
                alpha: usable[i].model.alpha, bias: bootstrap.estimates[i],
                interval: bootstrap.interval(column: i, level: settings.level),
                share: 100 * Double(columns[i].count { $0 > 0 }) / Double(columns[i].count),
                perplexity: usable[i].model.perplexity, kl: usable[i].model.kl)
        }
        func index(_ alpha: Double) -> Int? { usable.firstIndex { abs($0.model.alpha - alpha) < 1e-9 } }
        let zero = index(0)
        let parts = usable.map(\.model.alpha).filter { $0 > 0 }.compactMap { alpha -> OddEvenPart? in
            guard let plus = index(alpha), let minus = index(-alpha), let zero else { return nil }
            return part(bootstrap, alpha: alpha, plus: plus, minus: minus, zero: zero, level: settings.level)
        }
        let atOne = parts.first { abs($0.alpha - 1) < 1e-9 }
        return UpdateScalingResult(
            benchmark: table.benchmark, domain: table.domain.name, points: results, parts: parts, atOne: atOne,
            reason: atOne == nil ? "α = −1, 0 and 1 are needed" : nil)
    }

    private static func part(
        _ bootstrap: Bootstrap, alpha: Double, plus: Int, minus: Int, zero: Int, level: Double
    ) -> OddEvenPart {
        func interval(_ combine: (Double, Double, Double) -> Double) -> Interval {
            let values = bootstrap.replicates[plus].indices.map {
                combine(bootstrap.replicates[plus][$0], bootstrap.replicates[minus][$0], bootstrap.replicates[zero][$0])
            }
            return Interval(percentiles: values, level: level)
        }
        let odd: (Double, Double, Double) -> Double = { plus, minus, _ in (plus - minus) / 2 }
        let even: (Double, Double, Double) -> Double = { plus, minus, zero in (plus + minus) / 2 - zero }
        let estimate = bootstrap.estimates
        return OddEvenPart(
            alpha: alpha, odd: odd(estimate[plus], estimate[minus], estimate[zero]), oddInterval: interval(odd),
            even: even(estimate[plus], estimate[minus], estimate[zero]), evenInterval: interval(even))
    }
}
