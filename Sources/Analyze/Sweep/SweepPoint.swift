import Records
import Statistics

/// A setting of a sweep, with the bias and the quality that it leaves.
public struct SweepPoint: Sendable, Equatable {
    /// What was set, in the order of the sweep's axes.
    public var settings: [SweepSetting]
    /// The run's folder, below that of the sweep.
    public var folder: String
    /// The α of θ0 + αΔθ.
    public var strength: Double
    /// The target's B on the leading benchmark, in nats a token; of several targets the mean |B|.
    public var bias: Double
    /// Its bootstrap interval; nil of several targets.
    public var biasInterval: Interval?
    /// |B|, what the front goes by.
    public var size: Double
    /// B(θ) − B(θ0) of the target; of several targets the change of ``bias``.
    public var tau: Double
    /// Its interval; nil at another α than 1, and of several targets.
    public var tauInterval: Interval?
    /// Perplexity of neutral text over that of the model before, less 1.
    public var perplexityChange: Double?
    /// KL(θ0 ‖ θ) on neutral text, in nats a token.
    public var kl: Double?
    /// B(θ) − B(θ0) of the other domains, and of each of several targets.
    public var others: [DomainChange]
    /// Why the unlearning ended.
    public var ended: String
    /// The step whose parameters were kept.
    public var keptStep: Int?
    /// The limits that it breaks: they rule it out.
    public var brokenBudgets: [QualityBudget]
    /// Whether no other point within its budgets has less of both, |B| and perplexity.
    public var isOnFront = false

    /// The points of a run: one a strength.
    ///
    /// At α = 1 the run's own budgets decide, the guard's text among them; at another α, where no guard has looked, the same
    /// limits on the text that is measured along the update.
    ///
    /// - Returns: none where the run has no scores of every target at that α.
    public static func all(
        settings: [SweepSetting], folder: String, strengths: [Double], analysis: AnalysisResult,
        outcome: UnlearningOutcome?, request: AnalysisRequest
    ) -> [SweepPoint] {
        let scaling = analysis.updateScaling.filter { $0.benchmark == analysis.primaryBenchmark }
        let rows = analysis.leadingTransfer
        let targets = rows.filter { $0.role == .target }
        guard let target = targets.first else { return [] }
        let isOne = targets.count == 1
        func point(_ domain: String, _ alpha: Double) -> UpdateScalingPoint? {
            scaling.first { $0.domain == domain }?.points.first { abs($0.alpha - alpha) < 1e-9 }
        }
        /// B of the target, or the mean |B| of several.
        func bias(_ alpha: Double) -> Double? {
            let found = targets.compactMap { point($0.domain, alpha)?.bias }
            guard found.count == targets.count else { return nil }
            return isOne ? found[0] : Summary.mean(found.map(abs))
        }
        guard let start = point(target.domain, 0), let before = bias(0) else { return [] }
        return strengths.compactMap { alpha in
            guard let found = point(target.domain, alpha), let left = bias(alpha) else { return nil }
            let change = found.perplexity.flatMap { after in start.perplexity.map { after / $0 - 1 } }
            return SweepPoint(
                settings: settings, folder: folder, strength: alpha, bias: left,
                biasInterval: isOne ? found.interval : nil, size: abs(left), tau: left - before,
                tauInterval: alpha == 1 && isOne ? target.interval : nil, perplexityChange: change, kl: found.kl,
                others: rows.filter { !isOne || $0.role != .target }.compactMap { row in
                    guard let before = point(row.domain, 0), let after = point(row.domain, alpha) else { return nil }
                    return DomainChange(domain: row.domain, tau: after.bias - before.bias)
                },
                ended: outcome?.reason.description ?? "unknown", keptStep: outcome?.keptStep,
                brokenBudgets: (alpha == 1 ? analysis.budgets : request.budgets(of: found, start)).filter(\.isBroken))
        }
    }

    /// Marks the points on the front of |B| against perplexity.
    ///
    /// A point that breaks a budget or has no finite number is not on it, and neither is one that has no less of either than
    /// the model before, which costs nothing.
    ///
    /// - Parameter before: |B| of the model before.
    public static func markFront(_ points: inout [SweepPoint], before: Double) {
        let places = points.map { point -> (size: Double, change: Double)? in
            guard point.brokenBudgets.isEmpty, let change = point.perplexityChange, change.isFinite, point.size.isFinite
            else { return nil }
            return (point.size, change)
        }
        let others = places.compactMap { $0 }
        for (i, place) in places.enumerated() {
            guard let place else { continue }
            points[i].isOnFront =
                !(before <= place.size && 0 <= place.change)
                && !others.contains { other in
                    other.size <= place.size && other.change <= place.change
                        && (other.size < place.size || other.change < place.change)
                }
        }
    }
}

/// A key of the study with the value that a sweep gave it.
public struct SweepSetting: Sendable, Equatable {
    /// The key's path.
    public var key: String
    /// The value, as the study file has it.
    public var value: String

    /// Names a setting.
    public init(key: String, value: String) { (self.key, self.value) = (key, value) }
}

/// How far the bias of a domain moved.
public struct DomainChange: Sendable, Equatable {
    /// The domain.
    public var domain: String
    /// B(θ) − B(θ0), in nats a token.
    public var tau: Double
}

extension AnalysisRequest {
    /// The limits held against a model along the update.
    fileprivate func budgets(of point: UpdateScalingPoint, _ start: UpdateScalingPoint) -> [QualityBudget] {
        let text = "the text along the update"
        let rise = point.perplexity.flatMap { after in start.perplexity.map { after / $0 - 1 } }
        return [
            QualityBudget(
                name: "perplexity", text: text, before: start.perplexity, after: point.perplexity, value: rise,
                limit: guardLimits?.perplexityRise ?? damageLimits.perplexityRise),
            QualityBudget(
                name: "kl", text: text, before: nil, after: nil, value: point.kl,
                limit: guardLimits?.kl ?? damageLimits.kl),
        ]
    }
}
