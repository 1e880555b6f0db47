/// Shares of a whole, one bar a row; shares below 0 are stacked to the left of 0.
struct StackedBars: Sendable {
    /// One bar with its shares, one a part; nil or what is not finite is left out.
    struct Row: Sendable {
        var label: String
        var index: Int?
        var shares: [Double?]
        /// The text at the right end.
        var text: String
    }

    var title: String
    var summary: String
    var xLabel: String
    /// Names of the parts; each has a lightness of its own, so that they are told apart in grey.
    var parts: [String]
    var rows: [Row]
    /// Head of the texts at the right end.
    var textLabel: String
    var width = 640.0

    var element: String {
        let rowHeight = 30.0
        let left = min(180, 22 + 7.4 * Double(rows.map(\.label.count).max() ?? 0))
        let right = width - 70
        let top = 34.0
        let bottom = top + rowHeight * Double(max(1, rows.count))
        var svg = SVG(width: width, height: bottom + 42, title: title, summary: summary)
        let sums = rows.flatMap { row in
            let shares = row.shares.compactMap { $0 }.filter(\.isFinite)
            return [shares.filter { $0 > 0 }.reduce(0, +), shares.filter { $0 < 0 }.reduce(0, +)]
        }
        let x = Axis(sums, including: [0, 1], from: left, to: right, wanted: 5)
        var place = left
        for (k, name) in parts.enumerated() {
            svg.rect(place, 6, 14, 11, class: "part p\(k % 5)")
            svg.text(name, place + 19, 16, class: "label small")
            place += 34 + 6.6 * Double(name.count)
        }
        svg.text(textLabel, width - 4, 16, class: "label small", anchor: .end)
        svg.grid(x: x, top, bottom)
        for (i, row) in rows.enumerated() {
            let y = top + rowHeight * Double(i) + 5
            svg.text(clipped(row.label, 22), left - 12, y + 15, class: "name " + ink(row.index), anchor: .end)
            bar(row, y, rowHeight - 10, x, &svg)
            svg.text(row.text, width - 4, y + 15, class: "label value", anchor: .end)
        }
        svg.line(x(0), top, x(0), bottom, class: "zero")
        svg.line(x(1), top, x(1), bottom, class: "mark-line")
        svg.text(xLabel, (left + right) / 2, bottom + 36, class: "axis-label", anchor: .middle)
        return svg.element
    }

    private func bar(_ row: Row, _ y: Double, _ height: Double, _ x: Axis, _ svg: inout SVG) {
        var positive = 0.0
        var negative = 0.0
        for (k, share) in row.shares.enumerated() {
            guard let share, share.isFinite, share != 0 else { continue }
            let start = share > 0 ? positive : negative
            if share > 0 { positive += share } else { negative += share }
            let (from, to) = (x(min(start, start + share)), x(max(start, start + share)))
            let text = k < parts.count ? parts[k] + " " + NumberText.text(share, .percent) : ""
            svg.rect(from, y, to - from, height, class: "part p\(k % 5)", hint: text)
            // Only what has room for its number carries it; the table beside has all.
            if to - from > 52 {
                svg.text(
                    NumberText.text(share, .percent), (from + to) / 2, y + height / 2 + 4,
                    class: "label small on p\(k % 5)", anchor: .middle)
            }
        }
    }
}
