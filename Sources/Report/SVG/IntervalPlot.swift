/// Values as dots with their intervals, one row each, over a common axis.
package struct IntervalPlot: Sendable {
    package struct Row: Sendable {
        package var label: String
        package var index: Int
        package var value: Double
        package var interval: ClosedRange<Double>?
        /// Where a matched control lies 95 times of 100; drawn as a band behind the dot.
        package var band: ClosedRange<Double>?
        /// The text at the right end.
        package var text: String
        /// What the rows from here on have in common; set above the first of them.
        package var group = ""
    }

    package var title: String
    package var summary: String
    package var xLabel: String
    package var rows: [Row]
    /// Range of values counted as no change; drawn as two thin lines.
    package var margin: Double?
    package var width = 640.0

    package var element: String {
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
        for tick in x.ticks {
            svg.line(x(tick), top, x(tick), bottom, class: tick == 0 ? "zero" : "grid")
            svg.text(x.label(tick), x(tick), bottom + 18, class: "tick", anchor: .middle)
        }
        for edge in margin.map({ [-$0, $0] }) ?? [] where edge >= x.low && edge <= x.high {
            svg.line(x(edge), top, x(edge), bottom, class: "mark-line")
        }
        svg.text(xLabel, (left + width - 92) / 2, bottom + 38, class: "axis-label", anchor: .middle)
        for (i, row) in rows.enumerated() {
            let above = IntervalPlot.headHeight * Double(heads.count { $0 <= i })
            let y = top + above + rowHeight * (Double(i) + 0.5)
            if heads.contains(i) { svg.text(row.group, 2, y - rowHeight / 2 - 4, class: "name ink") }
            svg.text(
                IntervalPlot.clipped(row.label, 24), left - 14, y + 5, class: "name s\(row.index % 6)", anchor: .end)
            if let band = row.band {
                svg.rect(x(band.lowerBound), y - 9, x(band.upperBound) - x(band.lowerBound), 18, class: "band")
            }
            if let interval = row.interval {
                svg.line(x(interval.lowerBound), y, x(interval.upperBound), y, class: "whisker s\(row.index % 6)")
            }
            svg.mark(.of(row.index), x(row.value), y, class: "dot s\(row.index % 6)", hint: row.label + ": " + row.text)
            svg.text(row.text, width - 4, y + 5, class: "label value", anchor: .end)
        }
        return svg.element
    }

    private static let headHeight = 20.0

    private func startsGroup(_ i: Int) -> Bool {
        !rows[i].group.isEmpty && (i == 0 || rows[i - 1].group != rows[i].group)
    }

    /// A label cut to what fits; the table beside the plot has it whole.
    package static func clipped(_ text: String, _ limit: Int) -> String {
        text.count <= limit ? text : text.prefix(limit - 1) + "…"
    }
}
