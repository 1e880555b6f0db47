import Analyze
import Records

extension ReportSections {
    /// Cleaner forget sets, other retrainings, other targets, other scalings.
    func robustnessBlocks(_ result: Node<AttributionResult>) -> [Block] {
        ablationBlocks(result) + retrainingBlocks(result) + matrixBlocks(result) + paretoBlocks(result)
    }

    /// What each retraining changed; where several say the same, with their names.
    private func label(_ training: Retraining, among rows: [RetrainingRow]) -> String {
        let same = rows.contains { $0.retraining.change == training.change && $0.retraining.name != training.name }
        return same ? "\(training.change) · \(training.name)" : training.change
    }

    // MARK: Ablations of the forget set

    private func ablationBlocks(_ result: Node<AttributionResult>) -> [Block] {
        let rows = result.ablations.nodes()
        guard !rows.isEmpty else { return [notComputed("Ablations of the forget set", result, .ablations)] }
        let lines = moved(result).compactMap { item -> [Inline]? in
            let own = rows.filter {
                $0().domain == item().domain && $0().retraining.purpose == .ladder && $0().share.value != nil
            }
            guard own.count > 1 else { return nil }
            let ablations = own.dropFirst().map { row -> [Inline] in
                [.text(row().retraining.change + " ")] + estimate(row.share, .percent)
            }
            return [name(item().domain), ", share of the change that is left: "] + ablations.joined(by: "; ") + ["."]
        }
        return [
            .paragraph([
                .strong(ablationLead(result)),
                """
                 The unlearning is repeated with other forget sets: with all rows, then without what could reach another \
                domain directly: rows that concern it, sentences that name it, words that are used against it. \
                (Intervention on the training; shares are of the run's own change.)
                """,
            ]), .list(lines), .pictures(retrainingPicture("Ablations of the forget set", rows), wide: true),
        ] + retrainingTables("Ablations of the forget set", rows, over: 12) + failures(rows)
    }

    /// The cleanest ablation that says something of a domain: without the words used against it, else without rows that
    /// name it.
    private func cleanest(_ domain: String, _ result: Node<AttributionResult>) -> RetrainingRow? {
        let own = result().ablations.filter { $0.domain == domain && $0.retraining.purpose == .ladder }
        let lexical = own.first { $0.retraining.name == Retraining.lexical(domain) }
        // The run itself is no retraining, and all rows are no cleaner set.
        return lexical
            ?? own.last { !["run", "ladder-all-rows"].contains($0.retraining.name) && $0.share.value != nil }
    }

    private func ablationLead(_ result: Node<AttributionResult>) -> String {
        var (kept, lost, open): ([String], [String], [String]) = ([], [], [])
        var untried: [String] = []
        for domain in moved(result).map({ $0().domain }) {
            guard let ablation = cleanest(domain, result) else { continue }
            guard let value = ablation.share.value else {
                let reason = ablation.retraining.reason ?? ablation.share.reason ?? "no reason was recorded"
                untried.append("For \(domain), the cleanest forget set could not be tried (\(reason)).")
                continue
            }
            if (ablation.share.interval?.lower ?? value) >= 0.5 {
                kept.append(domain)
            } else if (ablation.share.interval?.upper ?? value) < 0.5 {
                lost.append(domain)
            } else {
                open.append(domain)
            }
        }
        let out =
            Self.sentences([
                (kept, { "With the cleanest forget set, most of the change of \($0) stays." }),
                (lost, { "With the cleanest forget set, most of the change of \($0) is gone." }),
                (open, { "For \($0), it is undecided whether the change survives the cleanest forget set." }),
            ]) + untried
        return out.isEmpty ? "No share of a change could be compared." : out.joined(separator: " ")
    }

    private func retrainingPicture(_ title: String, _ rows: [Node<RetrainingRow>]) -> [Picture] {
        let known = rows.map { $0() }.filter { $0.tau.value != nil }
        let shown = known.filter { isStudied($0.domain) }
        let plot = IntervalPlot(
            title: title,
            summary: shown.map {
                "\($0.retraining.change), \($0.domain) \(NumberText.text($0.tau.value ?? .nan, .signed))"
            }
            .joined(separator: "; "), xLabel: "τ, nats per token",
            rows: shown.map { row in
                IntervalPlot.Row(
                    label: row.domain, index: index(row.domain), value: row.tau.value ?? .nan,
                    interval: ClosedRange(row.tau.interval), group: label(row.retraining, among: shown))
            }, margin: settings.margin)
        let caption: [Inline] = [
            "Dot and line: τ with its interval over items. Dashed: the margin ±", n(report.settings.margin, .setting),
            ".",
        ]
        return known.isEmpty ? [] : [Picture(svg: plot.element, caption: caption)]
    }

    /// What each retraining did, and below a fold what was trained.
    private func retrainingTables(_ caption: String, _ rows: [Node<RetrainingRow>], over limit: Int) -> [Block] {
        // What could not be trained is told below the tables, with its reason.
        let shown = rows.filter { $0().tau.value != nil }
        guard !shown.isEmpty else { return [] }
        let trainings = shown.map { $0().retraining.name }.uniqued().compactMap { name in
            shown.first { $0().retraining.name == name }
        }
        func retraining(_ row: RetrainingRow) -> String { label(row.retraining, among: shown.map { $0() }) }
        let changes = Table(
            caption, shown,
            [
                .text("Retraining", retraining), named("Domain", \.domain), .estimated("τ", \.tau, .signed),
                .estimated("Share of the run's", \.share, .percent),
            ])
        let facts = Table(
            "What was trained, and what it cost", trainings,
            [
                .text("Retraining", retraining), .number("Sentences", \.retraining.sentences, .count),
                .number("Harmful tokens", \.retraining.harmfulTokens, .count),
                .number("Steps", \.retraining.steps, .count), .number("Seed", \.retraining.seed, .count),
                .number("Scored at α", \.retraining.alpha, .setting), .orDash("KL", \.kl),
                .orDash(Self.capital(perplexityName), \.perplexity),
            ])
        return fold("\(caption), as a table", changes, over: limit) + [.details("What was trained", [.table(facts)])]
    }

    /// Why retrainings are missing, and why shares are.
    private func failures(_ rows: [Node<RetrainingRow>]) -> [Block] {
        reasons(
            rows.filter { $0().tau.value == nil }.map { row in
                (row().retraining.change, ControlledValue(reason: row().retraining.reason ?? row().tau.reason))
            })
            + reasons(rows.filter { $0().tau.value != nil }.map { ("the share of \($0().domain)", $0().share) })
    }

    // MARK: Other retrainings

    private func retrainingBlocks(_ result: Node<AttributionResult>) -> [Block] {
        let rows = result.retrainings.nodes()
        guard !rows.isEmpty else { return [notComputed("Other retrainings", result, .retrainings)] }
        let lines = moved(result).compactMap { item -> [Inline]? in
            let own = rows.filter { $0().domain == item().domain && $0().tau.value != nil }
            guard !own.isEmpty else { return nil }
            let parts = own.map { $0().retraining.change }.uniqued().map { change -> [Inline] in
                let values = own.filter { $0().retraining.change == change }.map { [n($0.tau.value, .signed)] }
                return [.text(change + ": ")] + values.joined(by: ", ")
            }
            return [name(item().domain), ", τ ", n(item.tau, .signed), " in the run; "] + parts.joined(by: "; ") + ["."]
        }
        return [
            .paragraph([
                .strong("Other retrainings."),
                """
                 Seeds estimate the variability of training; another optimiser and no retain term test whether these \
                caused the change; forgetting neutral words shows what forgetting anything does. (Intervention on \
                the training.)
                """,
            ]), .list(lines),
            .details(
                "Other retrainings as a picture", [.pictures(retrainingPicture("Other retrainings", rows), wide: true)]),
        ] + retrainingTables("Other retrainings", rows, over: 8) + failures(rows)
    }

    // MARK: Transfer matrix

    private func matrixBlocks(_ result: Node<AttributionResult>) -> [Block] {
        guard !result().matrix.isEmpty else { return [notComputed("Transfer matrix", result, .matrix)] }
        let forgotten = result().matrix.map(\.forgotten).uniqued()
        let measured = result().matrix.map(\.measured).uniqued()
        let values = forgotten.map { a in
            measured.map { b in result().matrix.first { $0.forgotten == a && $0.measured == b }?.tau.value }
        }
        let limit = values.flatMap { $0 }.compactMap { $0 }.map { abs($0) }.max() ?? 1
        let map = HeatMap(
            title: "Transfer matrix", summary: "rows are forgotten, columns are measured; blue lowers the bias",
            rows: forgotten.map { "forget " + $0 }, columns: measured, values: values, limit: max(1e-12, limit))
        let table = Table(
            "Mean τ over seeds, nats per token", result.matrix.nodes(),
            [
                named("Forgotten", \.forgotten), named("Measured", \.measured), .estimated("τ", \.tau, .signed),
                .number("Seeds", \.seeds, .count),
            ])
        return [
            .paragraph([
                .strong("Cross-domain transfer matrix."),
                " Rows are forgotten, columns are measured; a change caused by what domains share goes both ways. ",
                "(Intervention on the training.)",
            ]), .pictures([Picture(svg: map.element)], wide: true),
        ] + fold("Transfer matrix as a table", table, over: 6)
            + reasons(result().matrix.map { ("\($0.forgotten) → \($0.measured)", $0.tau) })
    }

    // MARK: Bias against quality

    private func paretoBlocks(_ result: Node<AttributionResult>) -> [Block] {
        guard !result().pareto.isEmpty else { return [notComputed("Bias against quality", result)] }
        let pictures = result().pareto.map(\.sweep).uniqued().compactMap { sweep in
            paretoPicture(sweep, result().pareto.filter { $0.sweep == sweep })
        }
        let table = Table(
            "Bias against quality; on the front are the non-dominated settings", result.pareto.nodes(),
            [
                .text("Sweep") { $0.sweep == "strength" ? "scaling α" : $0.sweep }, .number("Value", \.value, .setting),
                .orDash("KL", \.kl),
                .orDash(Self.capital(perplexityName) + " change", \.perplexityChange, .signedPercent),
                .number(domains.targets.count > 1 ? "Mean |B| of the targets" : "|B| of the target", \.target),
                .orDash("Mean |B| of transfer domains", \.transfer),
                .text("On the front") { $0.isOnFront ? "yes" : "no" },
            ])
        return [
            .paragraph([
                .strong("Bias against quality."),
                """
                 The target's bias that is left at each scaling and step, against the KL from the model before. Filled \
                points are non-dominated settings: no other has both less bias and less KL.
                """,
            ]), .pictures(pictures, wide: false),
        ] + fold("Every scaling and step", table, over: 10)
    }

    private func paretoPicture(_ sweep: String, _ points: [ParetoPoint]) -> Picture? {
        // Scalings below 0 reverse the update; they are in the table alone.
        let shown = points.filter { $0.kl != nil && $0.value >= 0 }
        guard shown.count > 1 else { return nil }
        var plot = ScatterPlot(
            title: "Target bias against KL, by \(sweep == "strength" ? "scaling" : sweep)",
            summary: shown.map { "\(NumberText.text($0.value)): |B| \(NumberText.text($0.target))" }
                .joined(separator: "; "),
            xLabel: "KL to the model before, nats per token",
            yLabel: "\(domains.targets.count > 1 ? "mean " : "")|B| of \(target)",
            points: shown.map { point in
                ScatterPlot.Point(
                    label: (sweep == "strength" ? "α " : "step ") + NumberText.text(point.value, .setting),
                    index: domains.targets.first.map(index), x: point.kl ?? .nan, y: point.target,
                    isHollow: !point.isOnFront)
            })
        plot.joined = [shown.indices.sorted { shown[$0].value < shown[$1].value }]
        (plot.width, plot.height) = (360, 250)
        return Picture(svg: plot.element, caption: [.strong(sweep == "strength" ? "By scaling α" : "By \(sweep)")])
    }
}
