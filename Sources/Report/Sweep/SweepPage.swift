import Analyze
import Records

/// The page of a sweep: what is on the front, every point, and what could not be made.
struct SweepPage {
    let sweep: Node<SweepContents>

    private var target: String { sweep().target }
    /// What a point's bias is, in words.
    private var size: String { (sweep().targets.count > 1 ? "mean |B| of " : "|B| of ") + target }
    /// Whether strengths are told apart.
    private var hasStrengths: Bool { sweep().points.contains { $0.strength != 1 } }

    func page() -> Page {
        Page(
            title: "Bias against quality over " + sweep().axes.map(\.key).inWords(), headline: headline(),
            why: [], deck: deck(), rows: [], cost: [],
            sections: [frontSection(), failedSection(), studySection()].compactMap { $0 },
            foot: [.text("driftscope \(sweep().version), \(sweep().created)")])
    }

    private func headline() -> [String] {
        let (points, failed) = (sweep().points, sweep().failed.count)
        let (front, ruledOut) = (points.count(where: \.isOnFront), points.count { !$0.brokenBudgets.isEmpty })
        var out = [
            front == 0
                ? "No point has less \(target) bias or perplexity than the model before within the budgets."
                : "\(front) of \(points.count) points \(front == 1 ? "is" : "are") on the front of \(target) bias against perplexity."
        ]
        if ruledOut > 0 { out.append("\(ruledOut) \(ruledOut == 1 ? "breaks" : "break") a budget.") }
        if failed > 0 { out.append("\(failed) \(failed == 1 ? "setting" : "settings") could not be made.") }
        return out
    }

    private func deck() -> [Inline] {
        [
            .text("Model \(sweep().model), \(target) bias on \(sweep().benchmark): "), n(sweep.biasBefore),
            """
             nats a token before. On the front are points that no other within its budgets beats in |B| and in \
            perplexity at once. It goes by point estimates: the intervals say which points can be told apart.
            """,
        ]
    }

    private func frontSection() -> Section? {
        let points = sweep.points.nodes()
        guard !points.isEmpty else { return nil }
        let front = points.filter { $0().isOnFront }
            .sorted { ($0().perplexityChange ?? .nan, $0().size) < ($1().perplexityChange ?? .nan, $1().size) }
        let table = Table(
            "Points, those of the front first; each names its run", front + points.filter { !$0().isOnFront }, columns)
        return Section(
            "points", "Points",
            [
                .pictures([picture()].compactMap { $0 }, wide: true), .table(table),
                .list(
                    sweep().points.filter { $0.ended != StopReason.finished.description }
                        .map { Self.words($0.settings) + ": " + $0.ended }.uniqued().map { [.text($0)] }),
            ])
    }

    private var columns: [Column<Node<SweepPoint>>] {
        let domains = sweep().points.first?.others.map(\.domain) ?? []
        var columns: [Column<Node<SweepPoint>>] = [
            .words("Point") { [.link(Self.words($0().settings), to: $0().folder + "/report.html")] }
        ]
        columns.append(.words("On the front") { $0().isOnFront ? [.strong("yes")] : ["no"] })
        if hasStrengths { columns.append(.number("α", \.strength, .setting)) }
        columns += [
            .number(ReportSections.capital(size), \.size), .range("Interval of B", \.biasInterval),
            .number("τ", \.tau, .signed), .range("Interval of τ", \.tauInterval, .signed),
            .number("Perplexity change", \.perplexityChange, .signedPercent), .orDash("KL", \.kl),
        ]
        columns += domains.map { domain in
            .numbers("τ of \(domain)") { point in
                point.others.nodes().first { $0().domain == domain }.map { [n($0.tau, .signed)] } ?? ["–"]
            }
        }
        return columns + [
            .orDash("Kept step", \.keptStep, .count),
            .words("Budgets") { point in
                let broken = point.brokenBudgets.nodes()
                return broken.isEmpty ? ["kept"] : broken.map { $0.words(on: true) }.joined()
            },
        ]
    }

    private func picture() -> Picture? {
        let finite = sweep().points.filter { $0.perplexityChange?.isFinite == true }
        // One ruined model would press all others against the axis.
        let within = finite.filter(\.brokenBudgets.isEmpty).compactMap(\.perplexityChange).max()
        let points = finite.filter { ($0.perplexityChange ?? 0) <= max(0.1, 4 * (within ?? .infinity)) }
        guard !points.isEmpty else { return nil }
        let beyond = finite.filter { !points.contains($0) }.map(label)
        let methods = points.map { $0.settings.first?.value ?? "" }.uniqued()
        var marks = points.map { point in
            ScatterPlot.Point(
                label: label(point), index: point.settings.first.flatMap { methods.firstIndex(of: $0.value) } ?? 0,
                x: point.perplexityChange ?? .nan, y: point.size, isHollow: !point.isOnFront)
        }
        marks.append(.init(label: "before", index: nil, x: 0, y: abs(sweep().biasBefore ?? .nan)))
        var plot = ScatterPlot(
            title: "\(target) bias against perplexity",
            summary: points.map {
                "\(label($0)): |B| \(NumberText.text($0.size)), perplexity \(NumberText.text($0.perplexityChange ?? .nan, .signedPercent))"
            }.joined(separator: "; "),
            xLabel: "change of perplexity", yLabel: "\(size), nats a token", points: marks)
        plot.joined = [
            points.indices.filter { points[$0].isOnFront }.sorted { marks[$0].x < marks[$1].x }
        ]
        (plot.width, plot.height) = (760, 420)
        return Picture(
            svg: plot.element,
            caption: [
                .strong("Bias against quality."),
                " Filled: on the front, joined by the line. Hollow: beaten by another point, or over a budget.",
                .text(beyond.isEmpty ? "" : " Too far to the right to be shown: \(beyond.joined(separator: ", "))."),
            ])
    }

    private func label(_ point: SweepPoint) -> String {
        let strength = hasStrengths ? ["α " + NumberText.text(point.strength, .setting)] : []
        return (point.settings.map(\.value) + strength).joined(separator: " ")
    }

    /// Settings as a reader says them.
    private static func words(_ settings: [SweepSetting]) -> String {
        settings.isEmpty ? "the study" : settings.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }

    private func failedSection() -> Section? {
        sweep().failed.isEmpty
            ? nil
            : Section(
                "failed", "Settings that could not be made",
                [
                    .table(
                        "", sweep.failed.nodes(),
                        [.text("Point") { Self.words($0.settings) }, .text("Reason", \.reason)])
                ])
    }

    private func studySection() -> Section? {
        Section(
            "study", "The study",
            [
                .paragraph([.code(sweep().command)]),
                .details("The study with every default", [.verbatim(sweep().study)]),
            ])
    }
}
