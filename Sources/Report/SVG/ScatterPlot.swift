/// Points in a plane, each labelled, in one or several joined series.
struct ScatterPlot: Sendable {
    struct Point: Sendable {
        var label: String
        /// Which colour and mark: the domain's place in the study; nil draws a small mark in the neutral ink.
        var index: Int?
        var x: Double
        var y: Double
        /// Drawn as an outline.
        var isHollow = false
    }

    var title: String
    var summary: String
    var xLabel: String
    var yLabel: String
    var points: [Point]
    /// Lines through points, by their places in ``points``.
    var joined: [[Int]] = []
    var width = 420.0
    var height = 300.0

    /// The picture; points with a place that is not finite are left out.
    var element: String {
        var svg = SVG(width: width, height: height, title: title, summary: summary)
        let shown = points.filter { $0.x.isFinite && $0.y.isFinite }
        let frame = (left: 58.0, right: width - 16, top: 28.0, bottom: height - 42)
        let x = Axis(shown.map(\.x), including: [0], from: frame.left, to: frame.right)
        let y = Axis(shown.map(\.y), including: [0], from: frame.bottom, to: frame.top)
        // Long labels stand at every second or third tick, so that none runs into the next.
        let room = 8 + 6.6 * Double(x.ticks.map { x.label($0).count }.max() ?? 0)
        let spacing = x.ticks.count > 1 ? x(x.ticks[1]) - x(x.ticks[0]) : room
        let stride = max(1, Int((room / spacing).rounded(.up)))
        svg.grid(x: x, frame.top, frame.bottom, zero: true, stride: stride)
        svg.grid(y: y, frame.left, frame.right, zero: true)
        svg.text(xLabel, (frame.left + frame.right) / 2, height - 6, class: "axis-label", anchor: .middle)
        svg.text(yLabel, 4, 13, class: "axis-label")
        for line in joined {
            svg.path(
                line.filter { points.indices.contains($0) }.map { (x: x(points[$0].x), y: y(points[$0].y)) },
                class: "line ink dashed")
        }
        for point in shown {
            svg.mark(
                .of(point.index ?? 0), x(point.x), y(point.y),
                class: (point.isHollow ? "start " : "dot ") + ink(point.index), hint: point.label)
        }
        // A point of no domain whose name finds no place goes without; it is in the table. Beside a point runs the line
        // that joins it to the next.
        let places = joined.isEmpty ? Self.places : Array(Self.places.dropFirst(2))
        var names = NamePlaces(
            marks: shown.map { (x($0.x), y($0.y)) }, frame: frame.left...frame.right, letterWidth: 6.4, letterHeight: 10
        )
        for point in shown.filter({ $0.index != nil }) + shown.filter({ $0.index == nil }) where !point.label.isEmpty {
            names.draw(
                clipped(point.label, 20), at: (x(point.x), y(point.y)), places,
                class: "name small \(ink(point.index))", needed: point.index != nil, on: &svg)
        }
        return svg.element
    }

    private static let places: [NamePlaces.Offset] = [
        (9, 4, .start), (-9, 4, .end), (8, -7, .start), (-8, -7, .end), (0, -9, .middle), (0, 17, .middle),
        (8, 15, .start), (-8, 15, .end),
    ]
}
