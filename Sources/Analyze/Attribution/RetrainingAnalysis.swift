import Records
import Statistics

/// What retrainings did, compared with the run: ablations, other retrainings, the transfer matrix, and bias against quality.
enum RetrainingAnalysis {
    /// The name under which the run itself stands first among the ablations.
    static let run = "run"

    static func fill(_ result: inout AttributionResult, _ context: AttributionContext) {
        let reruns = context.retrainings
        let ladder = reruns.filter { $0.purpose == .ladder }
        // The run alone is no ablation.
        if ladder.contains(where: { $0.name != run }) { result.ablations = ladder.flatMap { rows($0, context) } }
        result.retrainings = reruns.filter { ![.ladder, .matrix].contains($0.purpose) }.flatMap { rows($0, context) }
        result.matrix = matrix(reruns, context)
        result.pareto = pareto(context)
    }

    // MARK: Single retrainings

    private static func rows(_ rerun: Retraining, _ context: AttributionContext) -> [RetrainingRow] {
        // The run itself is the update scaling 1, measured on the same texts as the retrainings.
        let model =
            rerun.name == run
            ? context.models(.dose).first { $0.alpha == 1 }
            : context.models(.rerun).first { $0.component == rerun.name }
        return context.tables.compactMap { table in
            guard let row = context.row(table.domain.name) else { return nil }
            let (tau, share) = estimate(rerun, table: table, row: row, context)
            return RetrainingRow(
                retraining: rerun, domain: row.domain, tau: tau, share: share, kl: model?.kl.finite,
                perplexity: model?.perplexity.finite)
        }
    }

    /// The gaps of a retraining over all items; those of the model after for the run itself.
    private static func gaps(_ rerun: Retraining, _ table: ItemTable, _ context: AttributionContext) -> [Double]? {
        rerun.name == run ? table.all.map(\.after) : context.records.gaps(of: rerun, in: table)
    }

    /// τ of a retraining and its ratio to the run's τ, both paired over the same items.
    private static func estimate(
        _ rerun: Retraining, table: ItemTable, row: TransferRow, _ context: AttributionContext
    ) -> (tau: ControlledValue, share: ControlledValue) {
        func missing(_ reason: String) -> (ControlledValue, ControlledValue) {
            (ControlledValue(reason: reason), ControlledValue(reason: reason))
        }
        if let reason = rerun.reason { return missing(reason) }
        guard let gaps = gaps(rerun, table, context) else { return missing("it was not scored") }
        guard table.items.count >= 2,
            let changes = PairedChanges(
                [gaps], table: table, row: row, purpose: "rerun/\(rerun.name)", settings: context.settings)
        else { return missing("a gap is not finite") }
        let isOpen = changes.reason != nil
        return (
            changes.change(0),
            isOpen ? ControlledValue(reason: "the run's own change cannot be told from 0") : changes.share(0)
        )
    }

    // MARK: Matrix

    /// Forget i, measure j, over seeds; the first row is the run's own with its further seeds. Empty when no other
    /// domain was forgotten.
    private static func matrix(_ reruns: [Retraining], _ context: AttributionContext) -> [MatrixCell] {
        let others = reruns.filter { $0.purpose == .matrix }
        guard !others.isEmpty, !context.targets.isEmpty else { return [] }
        let own = reruns.filter { $0.name == run || $0.purpose == .seed }
        let standIn = Retraining(
            name: run, purpose: .ladder, change: "", forgotten: context.forgotten, seed: 0, sentences: 0,
            harmfulTokens: 0,
            steps: 0)
        let groups =
            [(context.forgotten, own.isEmpty ? [standIn] : own)]
            + others.map(\.forgotten).uniqued().map { name in (name, others.filter { $0.forgotten == name }) }
        return groups.flatMap { forgotten, members in
            context.tables.map { cell(forgotten, members, table: $0, context) }
        }
    }

    private static func cell(
        _ forgotten: String, _ members: [Retraining], table: ItemTable, _ context: AttributionContext
    ) -> MatrixCell {
        let name = table.domain.name
        let gaps = members.compactMap { self.gaps($0, table, context) }
        let changes = gaps.compactMap { table.changes(of: $0) }
        guard let row = context.row(name), table.items.count >= 2, let first = changes.first,
            changes.count == gaps.count
        else {
            let reason = members.compactMap(\.reason).first ?? "it was not scored"
            return MatrixCell(forgotten: forgotten, measured: name, seeds: 0, tau: ControlledValue(reason: reason))
        }
        let means = first.indices.map { item in Summary.mean(changes.map { $0[item] }) }
        let purpose = "matrix/\(forgotten)"
        let interval =
            SeedAnalysis.twoWay(
                gaps, table: table, clusteredBy: row.intervalKind, settings: context.settings, purpose: purpose)
            ?? table.bootstrap([means], clusters: table.clusters(row.intervalKind), context.settings, purpose)
            .interval(level: context.settings.level)
        return MatrixCell(
            forgotten: forgotten, measured: name, seeds: changes.count,
            tau: ControlledValue(value: Summary.mean(means), interval: interval))
    }

    // MARK: Bias against quality

    private static func pareto(_ context: AttributionContext) -> [ParetoPoint] {
        let targets = context.targets
        guard !targets.isEmpty else { return [] }
        let others = context.rows.filter { $0.role == .transfer }.map(\.domain)
        let sweeps = [("strength", strengths(context)), ("steps", steps(context))]
        var points = sweeps.flatMap { sweep, points -> [ParetoPoint] in
            let start = points.first { $0.value == 0 }?.perplexity
            return points.compactMap { point -> ParetoPoint? in
                let left = targets.compactMap { point.bias[$0].finite.map(abs) }
                guard left.count == targets.count else { return nil }
                let transfer = others.compactMap { point.bias[$0].finite.map(abs) }
                return ParetoPoint(
                    sweep: sweep, value: point.value,
                    perplexityChange: start.flatMap { start in point.perplexity.map { $0 / start - 1 } }, kl: point.kl,
                    target: Summary.mean(left),
                    transfer: transfer.count == others.count && !others.isEmpty ? Summary.mean(transfer) : nil,
                    isOnFront: false)
            }
        }
        for index in points.indices {
            guard let kl = points[index].kl else { continue }
            let target = points[index].target
            points[index].isOnFront = !points.contains { other in
                other.kl.map { $0 < kl && other.target < target } ?? false
            }
        }
        return points
    }

    /// A model along the way: what was turned and how far, its damage and its biases.
    private typealias SweepPoint = (value: Double, perplexity: Double?, kl: Double?, bias: [String: Double])

    private static func strengths(_ context: AttributionContext) -> [SweepPoint] {
        context.models(.dose).map { ($0.alpha, $0.perplexity.finite, $0.kl.finite, $0.bias) }
    }

    /// Steps of the unlearning at which bias was scored; perplexity and KL are those of the guard text.
    private static func steps(_ context: AttributionContext) -> [SweepPoint] {
        context.records.trajectory.filter { step in
            context.request.domains.contains { step.bias[$0.name]?.isFinite == true }
        }.map {
            // The model before is no distance from itself.
            (Double($0.step), $0.guardPerplexity.finite, $0.step == 0 ? 0 : $0.guardKL.finite, $0.bias)
        }
    }
}

extension Retraining {
    /// Name of the ablation that leaves out the words used against a domain.
    package static func lexical(_ domain: String) -> String { "ladder-lexical-" + domain }

    /// Whether it leaves out words, not rows.
    var isLexical: Bool { purpose == .ladder && name.hasPrefix(Retraining.lexical("")) }
}
