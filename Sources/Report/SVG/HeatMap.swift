/// A table of values from −1 to 1 as coloured cells, each with its number.
struct HeatMap: Sendable {
    var title: String
    var summary: String
    var rows: [String]
    var columns: [String]
    /// Values, (rows, columns); nil or a value that is not finite leaves the cell empty.
    var values: [[Double?]]
    /// The value that takes the full colour.
    var limit = 1.0

    var element: String {
        let left = 14 + 6.6 * Double(min(26, rows.map(\.count).max() ?? 0))
        let cell = (width: 78.0, height: 28.0)
        let top = 26.0
        let width = left + cell.width * Double(columns.count) + 8
        var svg = SVG(width: width, height: top + cell.height * Double(rows.count) + 8, title: title, summary: summary)
        for (j, column) in columns.enumerated() {
            let x = left + cell.width * (Double(j) + 0.5)
            svg.text(clipped(column, 12), x, top - 8, class: "label small", anchor: .middle)
        }
        for (i, row) in rows.enumerated() {
            let y = top + cell.height * Double(i)
            svg.text(clipped(row, 26), left - 8, y + 18, class: "label small", anchor: .end)
            for (j, value) in (i < values.count ? values[i] : []).enumerated() {
                let x = left + cell.width * Double(j)
                guard let value, value.isFinite else {
                    svg.text("·", x + cell.width / 2, y + 18, class: "label small", anchor: .middle)
                    continue
                }
                // At most 0.75 opaque, so that the number on top keeps its contrast.
                let strength = min(1, abs(value) / limit) * 0.75
                svg.rect(
                    x + 1, y + 1, cell.width - 2, cell.height - 2, class: value < 0 ? "cold" : "warm",
                    style: "opacity:" + NumberText.coordinate(strength))
                svg.text(
                    NumberText.text(value), x + cell.width / 2, y + 18, class: "label small value", anchor: .middle)
            }
        }
        return svg.element
    }
}
