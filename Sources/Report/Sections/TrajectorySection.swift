import Analyze
import Records

extension ReportSections {
    /// Forget loss, retain loss, perplexity, KL and bias over the steps.
    func trajectorySection() -> Section {
        let rows = report.trajectory.nodes()
        guard !rows.isEmpty else {
            let reason = "no recorded steps (two finished checkpoints were compared)"
            return Section(
                "trajectory", "Trajectory", [.paragraph([.text("Trajectory: \(Self.notComputed); \(reason).")])])
        }
        func points(_ key: (TrajectoryStep) -> Double?) -> [(x: Double, y: Double)] {
            rows.compactMap { row in key(row()).map { (x: Double(row().step), y: $0) } }
        }
        let kept = report().quality.guardOutcome.map { [(x: Double($0.outcome.keptStep), label: "kept")] } ?? []
        func picture(_ title: String, _ lines: [LinePlot.Series], zero: Bool, labels: Double = 16) -> Picture? {
            guard lines.contains(where: { !$0.points.isEmpty }) else { return nil }
            var plot = LinePlot(title: title, summary: Self.path(lines), xLabel: "step", series: lines, zero: zero)
            (plot.verticals, plot.labelRoom) = (kept, labels)
            return Picture(svg: plot.element, caption: [.strong(title)])
        }
        func picture(_ title: String, _ key: (TrajectoryStep) -> Double?, zero: Bool = false) -> Picture? {
            picture(title, [.init(label: "", index: nil, points: points(key))], zero: zero)
        }
        let biases = biasNames(rows).map { name in
            LinePlot.Series(label: clipped(name, 14), index: index(name), points: points { $0.bias[name] })
        }
        let pictures = [
            picture("Forget loss", \.forgetLoss),
            picture("Bias B per domain", biases, zero: true, labels: labelRoom(domains.map(\.name))),
            picture(Self.capital(perplexityName) + " of the guard text", \.guardPerplexity),
            picture("KL to the model before", \.guardKL, zero: true), picture("Retain loss", \.retainLoss),
        ]
        return Section(
            "trajectory", "Trajectory",
            (report.run().objective.map { [.paragraph([.text("Forget loss of \($0).")])] } ?? []) + [
                .pictures(pictures.compactMap { $0 }, wide: false),
                .details("Steps as a table", [.table(stepTable(rows))]),
            ])
    }

    private func biasNames(_ rows: [Node<TrajectoryStep>]) -> [String] {
        domains.map(\.name).filter { name in rows.contains { $0().bias[name] != nil } }
    }

    /// Room beside a plot for the longest of some labels.
    func labelRoom(_ labels: [String]) -> Double {
        min(110, 16 + 7.2 * Double(min(14, labels.map(\.count).max() ?? 0)))
    }

    /// First and last value of each line, for readers who do not see the picture.
    static func path(_ lines: [LinePlot.Series]) -> String {
        lines.compactMap { line in
            guard let first = line.points.first, let last = line.points.last else { return nil }
            return (line.label.isEmpty ? "" : line.label + " ") + "from " + NumberText.text(first.y) + " to "
                + NumberText.text(last.y)
        }.joined(separator: "; ")
    }

    private func stepTable(_ rows: [Node<TrajectoryStep>]) -> Table {
        let names = biasNames(rows)
        // A long run is thinned evenly to what Markdown shows of a table, first and last step kept; report.json and
        // run.h5 have every step.
        let gaps = MarkdownRenderer.rowsShown - 1
        let stride = max(1, (rows.count - 1 + gaps - 1) / gaps)
        let picked = rows.indices.filter { $0 % stride == 0 || $0 == rows.count - 1 }
        return Table(
            stride == 1 ? "Every recorded step" : "Recorded steps, thinned; report.json has all",
            picked.map { rows[$0] },
            [
                .number("Step", \.step, .count), .orDash("Forget loss", \.forgetLoss),
                .orDash("Retain loss", \.retainLoss), .orDash(Self.capital(perplexityName), \.guardPerplexity),
                .orDash("KL", \.guardKL),
            ]
                + Set(rows.flatMap { $0().guardScores.keys }).sorted().map { name in
                    .numbers(clipped(name, 20)) { row in
                        row.scores.nodes().first { $0().name == name }.map { [n($0.number)] } ?? ["–"]
                    }
                }
                + names.map { name in
                    .numbers("B " + clipped(name, 14)) { row in
                        row.biases.nodes().first { $0().name == name }.map { [n($0.number)] } ?? ["–"]
                    }
                })
    }
}
