import Analyze
import Records

extension ReportSections {
    /// B along θ0 + αΔθ, with its odd (directional) and even (damage) part.
    func scalingSection() -> Section {
        let opening: Block = .paragraph([
            """
            The update is scaled by α, in part and in reverse: θ0 + α·Δθ. The part of the change that changes sign with \
            α is directional (odd); the part that does not is damage (even). All panels share one scale.
            """
        ])
        let blocks = byBenchmark("Update scaling") { part in
            let rows = part.updateScaling.nodes().filter { !$0().points.isEmpty || $0().reason != nil }
            let shared = rows.flatMap { Self.responses($0()).flatMap { $0.points.map(\.y) } }
            let pictures = rows.filter { !$0().points.isEmpty }.map { picture($0(), shared) }
            return rows.isEmpty ? [] : [.pictures(pictures, wide: false), .table(scalingTable(rows))]
        }
        return Section("scaling", "Update scaling", [opening] + blocks)
    }

    private static func responses(_ row: UpdateScalingResult) -> [LinePlot.Series] {
        let start = row.points.first { $0.alpha == 0 }?.bias ?? 0
        let change = LinePlot.Series(
            label: "B(α) − B(0)", index: 0, points: row.points.map { (x: $0.alpha, y: $0.bias - start) })
        let parts: [(String, (OddEvenPart) -> Double)] = [("odd", \.odd), ("even", \.even)]
        return [change]
            + parts.map { label, part in
                .init(label: label, points: [(0, 0)] + row.parts.map { ($0.alpha, part($0)) }, dashed: true)
            }
    }

    private func picture(_ row: UpdateScalingResult, _ shared: [Double]) -> Picture {
        var lines = Self.responses(row)
        lines[0].index = index(row.domain)
        lines[0].label = "change"
        var plot = LinePlot(
            title: "Bias of \(row.domain) along the scaled update", summary: Self.path(lines), xLabel: "α",
            series: row.parts.isEmpty ? [lines[0]] : lines, zero: true)
        (plot.sharedRange, plot.labelRoom) = (shared, 62)
        return Picture(svg: plot.element, caption: [name(row.domain)])
    }

    /// What the two parts say; of parts within the margin neither says anything.
    private func reading(_ part: OddEvenPart) -> String {
        if max(abs(part.odd), abs(part.even)) <= settings.margin { return "within the margin" }
        return abs(part.even) > abs(part.odd) ? "mostly damage" : "mostly directional"
    }

    private func scalingTable(_ rows: [Node<UpdateScalingResult>]) -> Table {
        func number(_ row: Node<UpdateScalingResult>, _ part: (Node<OddEvenPart>) -> Node<Double>) -> [Inline] {
            [row.atOne.unwrapped().map { n(part($0), .signed) } ?? .text(Self.notComputed)]
        }
        return Table(
            "Odd and even part at α = 1, nats per token", rows,
            [
                named("Domain", \.domain), .numbers("Odd") { number($0, \.odd) },
                .range("Interval", \.atOne.oddInterval, .signed), .numbers("Even") { number($0, \.even) },
                .range("Interval", \.atOne.evenInterval, .signed),
                .text("Reads as") { row in row.atOne.map(reading) ?? row.reason ?? "" },
            ])
    }
}
