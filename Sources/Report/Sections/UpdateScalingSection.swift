import Analyze
import Records

extension Context {
    /// B along θ0 + αΔθ, with its odd (directional) and even (damage) part.
    func doseSection() -> Section {
        var blocks: [Block] = []
        for name in benchmarks {
            let doses = doses(name).filter { !$0.row.points.isEmpty || $0.row.reason != nil }
            guard !doses.isEmpty else { continue }
            if benchmarks.count > 1 { blocks.append(.heading(name)) }
            let shared = doses.flatMap { Context.responses($0.row).flatMap { $0.points.map(\.y) } }
            let pictures = doses.filter { !$0.row.points.isEmpty }.map { picture($0.row, shared) }
            if !pictures.isEmpty { blocks.append(.pictures(pictures, wide: false)) }
            blocks.append(.table(doseTable(doses)))
        }
        if blocks.isEmpty { blocks.append(.paragraph([.text("Dose–response: \(Ledger.notComputed).")])) }
        blocks.insert(
            .paragraph([
                """
                The update is taken in parts and in reverse: θ0 + α·Δθ. What changes sign with α is directional (odd); \
                what does not is damage (even). All panels share one scale.
                """
            ]), at: 0)
        return Section("dose", "Dose–response", blocks)
    }

    private static func responses(_ row: UpdateScalingResult) -> [LinePlot.Series] {
        let start = row.points.first { $0.alpha == 0 }?.bias ?? 0
        return [
            .init(label: "B(α) − B(0)", index: 0, points: row.points.map { (x: $0.alpha, y: $0.bias - start) }),
            .init(
                label: "odd", index: nil, points: [(0, 0)] + row.parts.map { (x: $0.alpha, y: $0.odd) }, dashed: true),
            .init(
                label: "even", index: nil, points: [(0, 0)] + row.parts.map { (x: $0.alpha, y: $0.even) }, dashed: true),
        ]
    }

    private func picture(_ row: UpdateScalingResult, _ shared: [Double]) -> Picture {
        var lines = Context.responses(row)
        lines[0].index = index(row.domain)
        lines[0].label = "change"
        var plot = LinePlot(
            title: "Dose–response of \(row.domain)", summary: Context.path(lines), xLabel: "α",
            series: row.parts.isEmpty ? [lines[0]] : lines, zero: true)
        plot.sharedRange = shared
        plot.labelRoom = 62
        return Picture(plot.element, caption: [name(row.domain)])
    }

    /// What the two parts say; of parts within the margin neither says anything.
    private func reading(_ part: OddEvenPart) -> String {
        if max(abs(part.odd), abs(part.even)) <= analysis.settings.margin { return "no change to speak of" }
        return abs(part.even) > abs(part.odd) ? "mostly damage" : "mostly directional"
    }

    private func doseTable(_ doses: [(row: UpdateScalingResult, path: String)]) -> Table {
        Table(
            "Odd and even part at α = 1, nats per token",
            [
                .init("Domain", numeric: false), .init("Odd"), .init("Interval"), .init("Even"), .init("Interval"),
                .init("Reads as", numeric: false),
            ],
            doses.map { row, path in
                guard let part = row.atOne else {
                    return [
                        [name(row.domain)], [.text(Ledger.notComputed)], ["–"], [.text(Ledger.notComputed)], ["–"],
                        [.text(row.reason ?? "")],
                    ]
                }
                let here = path + ".at_one"
                return [
                    [name(row.domain)], [n(here + ".odd.value", .signed)],
                    ledger.interval(here + ".odd.lower", here + ".odd.upper", .signed),
                    [n(here + ".even.value", .signed)],
                    ledger.interval(here + ".even.lower", here + ".even.upper", .signed),
                    [.text(reading(part))],
                ]
            })
    }
}
