/// Places before and after on one plane, joined by arrows.
struct ArrowMap: Sendable {
    /// One thing that moved.
    struct Move: Sendable {
        var label: String
        var index: Int?
        var from: (x: Double, y: Double)
        var to: (x: Double, y: Double)
    }

    var title: String
    var summary: String
    var xLabel: String
    var yLabel: String
    var moves: [Move]
    var width = 640.0
    var height = 440.0

    /// The picture; moves with a place that is not finite are left out.
    var element: String {
        var svg = SVG(width: width, height: height, title: title, summary: summary)
        let shown = moves.filter { [$0.from.x, $0.from.y, $0.to.x, $0.to.y].allSatisfy(\.isFinite) }
        let frame = (left: 52.0, right: width - 14, top: 26.0, bottom: height - 40)
        // Room for labels: half a step more than the places need.
        let x = Axis(shown.flatMap { [$0.from.x, $0.to.x] }, from: frame.left, to: frame.right, wanted: 5)
        let y = Axis(shown.flatMap { [$0.from.y, $0.to.y] }, from: frame.bottom, to: frame.top, wanted: 5)
        svg.grid(x: x, frame.top, frame.bottom, zero: true)
        svg.grid(y: y, frame.left, frame.right, zero: true)
        svg.text(xLabel, (frame.left + frame.right) / 2, height - 5, class: "axis-label", anchor: .middle)
        svg.text(yLabel, frame.left, 12, class: "axis-label")
        for move in shown {
            let ink = ink(move.index)
            svg.arrow(x(move.from.x), y(move.from.y), x(move.to.x), y(move.to.y), class: "arrow \(ink)")
            svg.mark(.of(move.index ?? 0), x(move.from.x), y(move.from.y), class: "start \(ink)")
        }
        // Both ends of an arrow and three places between, so that a label covers no arrow.
        let marks = shown.flatMap { move in
            [0, 0.25, 0.5, 0.75, 1].map { part in
                (
                    x: x(move.from.x + part * (move.to.x - move.from.x)),
                    y: y(move.from.y + part * (move.to.y - move.from.y))
                )
            }
        }
        var names = NamePlaces(marks: marks, frame: frame.left...frame.right, letterWidth: 6.3, letterHeight: 11)
        for move in shown where !move.label.isEmpty {
            names.draw(
                clipped(move.label, 22), at: (x(move.from.x), y(move.from.y)), Self.places,
                class: "name small \(ink(move.index))", needed: true, on: &svg)
        }
        return svg.element
    }

    private static let places: [NamePlaces.Offset] = [
        (9, 4, .start), (-9, 4, .end), (0, -10, .middle), (0, 18, .middle), (9, -8, .start), (-9, -8, .end),
        (9, 16, .start), (-9, 16, .end), (9, 28, .start), (-9, -20, .end), (9, -20, .start),
    ]
}
