/// A value with its interval in the height of a line of text; all rows of a table share one axis.
struct IntervalSpark: Sendable {
    var value: Double
    var interval: ClosedRange<Double>?
    /// Values that the common axis must hold.
    var ends: [Double]
    var index: Int
    var width = 180.0

    var element: String {
        let text = "change " + NumberText.text(value, .signed)
        var svg = SVG(width: width, height: 26, title: text, summary: "dot with interval; the line is no change")
        let x = Axis(ends + [value], including: [0], from: 8, to: width - 8, tight: true)
        svg.line(x(0), 1, x(0), 25, class: "zero")
        if let interval {
            svg.line(x(interval.lowerBound), 13, x(interval.upperBound), 13, class: "whisker \(ink(index))")
        }
        svg.mark(.of(index), x(value), 13, class: "dot \(ink(index))")
        return svg.element
    }
}
