/// Values as dots with their intervals, one row each, over a common axis.
struct IntervalPlot: Sendable {
    struct Row: Sendable {
        var label: String
        var index: Int
        var value: Double
        var interval: ClosedRange<Double>?
        /// Where a matched control lies 95 times of 100; drawn as a band under the dot.
        var band: ClosedRange<Double>?
        /// How the value is written at the right end.
        var style = NumberStyle.signed
        /// What the rows from here on have in common; set above the first of them.
        var group = ""

        var text: String { NumberText.text(value, style) }
    }

    var title: String
    var summary: String
    var xLabel: String
    var rows: [Row]
    /// Range of values counted as no change; drawn as two thin lines.
    var margin: Double?
    var width = 640.0

    var element: String {
        let isGrouped = rows.contains { !$0.group.isEmpty }
        let rowHeight = isGrouped ? 26.0 : 34
        let longest = rows.map(\.label.count).max() ?? 0
        let left = min(200, 26 + Double(longest) * 7.8)
        let top = 18.0
        let heads = rows.indices.filter { startsGroup($0) }
        let bottom = top + rowHeight * Double(max(1, rows.count)) + IntervalPlot.headHeight * Double(heads.count)
        var svg = SVG(width: width, height: bottom + 44, title: title, summary: summary)
        let ends = rows.flatMap { row in
            [row.value] + [row.interval, row.band].compactMap { $0 }.flatMap { [$0.lowerBound, $0.upperBound] }
        }
        let x = Axis(ends, including: [0], from: left, to: width - 92, wanted: 6)
        svg.grid(x: x, top, bottom, labelsAt: 18, zero: true)
        for edge in margin.map({ [-$0, $0] }) ?? [] where edge >= x.low && edge <= x.high {
            svg.line(x(edge), top, x(edge), bottom, class: "mark-line")
        }
        svg.text(xLabel, (left + width - 92) / 2, bottom + 38, class: "axis-label", anchor: .middle)
        for (i, row) in rows.enumerated() {
            let above = IntervalPlot.headHeight * Double(heads.count { $0 <= i })
            let y = top + above + rowHeight * (Double(i) + 0.5)
            if heads.contains(i) { svg.text(row.group, 2, y - rowHeight / 2 - 4, class: "name ink") }
            svg.text(clipped(row.label, 24), left - 14, y + 5, class: "name \(ink(row.index))", anchor: .end)
            if let band = row.band {
                svg.rect(x(band.lowerBound), y - 9, x(band.upperBound) - x(band.lowerBound), 18, class: "band")
            }
            if let interval = row.interval {
                svg.line(x(interval.lowerBound), y, x(interval.upperBound), y, class: "whisker \(ink(row.index))")
            }
            svg.mark(.of(row.index), x(row.value), y, class: "dot \(ink(row.index))", hint: row.label + ": " + row.text)
            svg.text(row.text, width - 4, y + 5, class: "label value", anchor: .end)
        }
        return svg.element
    }

    private static let headHeight = 20.0

    private func startsGroup(_ i: Int) -> Bool {
        !rows[i].group.isEmpty && (i == 0 || rows[i - 1].group != rows[i].group)
    }
}
