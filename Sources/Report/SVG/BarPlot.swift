/// Bars in groups of a few, each with its interval and the band in which its control lies.
struct BarPlot: Sendable {
    struct Bar: Sendable {
        var value: Double?
        var interval: ClosedRange<Double>?
        /// Where the control lies 95 times of 100; drawn as a band under the bar.
        var band: ClosedRange<Double>?
        /// The text at the right end.
        var text: String
    }

    /// Bars of one thing: one a ``series``, in their order.
    struct Row: Sendable {
        var label: String
        var bars: [Bar]
    }

    var title: String
    var summary: String
    var xLabel: String
    /// Names of the bars of each row; the first is filled, the second outlined, so that both are told apart in grey.
    var series: [String]
    var rows: [Row]
    /// Which colour: the domain's place in the study.
    var index: Int
    /// A value with a dashed line, such as 1 for the whole.
    var reference: Double?
    /// Values that the common axis of neighbours must hold.
    var sharedRange: [Double] = []
    var width = 360.0

    /// Every end that the axis must hold.
    static func ends(_ rows: [Row]) -> [Double] {
        rows.flatMap(\.bars).flatMap { bar in
            [bar.value].compactMap { $0 }
                + [bar.interval, bar.band].compactMap { $0 }.flatMap { [$0.lowerBound, $0.upperBound] }
        }
    }

    var element: String {
        let barHeight = 13.0
        let rowHeight = barHeight * Double(max(1, series.count)) + 13
        let left = min(140, 12 + 6.6 * Double(rows.map(\.label.count).max() ?? 0))
        let right = width - 52
        let top = 12 + 16 * Double(series.count)
        let bottom = top + rowHeight * Double(max(1, rows.count))
        var svg = SVG(width: width, height: bottom + 42, title: title, summary: summary)
        let x = Axis(
            BarPlot.ends(rows) + sharedRange, including: [0] + (reference.map { [$0] } ?? []), from: left, to: right,
            wanted: 4)
        let ink = ink(index)
        for (k, name) in series.enumerated() {
            let y = 10 + 16 * Double(k)
            svg.rect(left, y - 8, 18, 9, class: k == 0 ? "fill \(ink)" : "hollow \(ink)")
            svg.text(name, left + 24, y, class: "label small")
        }
        svg.grid(x: x, top, bottom, labelsAt: 16)
        for (i, row) in rows.enumerated() {
            let start = top + rowHeight * Double(i) + 6.5
            svg.text(
                clipped(row.label, 20), left - 8, start + (rowHeight - 13) / 2 + 4, class: "label small",
                anchor: .end)
            for (k, bar) in row.bars.enumerated() {
                let y = start + barHeight * Double(k)
                draw(bar, k, y, barHeight, x, &svg)
                svg.text(bar.text, width - 2, y + 10, class: "label small value", anchor: .end)
            }
        }
        svg.line(x(0), top, x(0), bottom, class: "zero")
        if let reference { svg.line(x(reference), top, x(reference), bottom, class: "mark-line") }
        svg.text(xLabel, (left + right) / 2, bottom + 36, class: "axis-label", anchor: .middle)
        return svg.element
    }

    private func draw(_ bar: Bar, _ k: Int, _ y: Double, _ height: Double, _ x: Axis, _ svg: inout SVG) {
        let ink = ink(index)
        if let band = bar.band {
            svg.rect(x(band.lowerBound), y, max(2, x(band.upperBound) - x(band.lowerBound)), height, class: "band")
        }
        if let value = bar.value, value.isFinite {
            svg.rect(
                min(x(0), x(value)), y + 3, abs(x(value) - x(0)), height - 6,
                class: k == 0 ? "fill \(ink)" : "hollow \(ink)", hint: bar.text)
        }
        if let interval = bar.interval {
            let middle = y + height / 2
            svg.line(x(interval.lowerBound), middle, x(interval.upperBound), middle, class: "error")
            for end in [interval.lowerBound, interval.upperBound] {
                svg.line(x(end), middle - 3, x(end), middle + 3, class: "error")
            }
        }
    }
}
