/// Lines over one axis, each labelled at its end.
package struct LinePlot: Sendable {
    struct Series: Sendable {
        var label: String
        /// Which colour and mark: the domain's place in the study; nil draws the neutral ink.
        var index: Int?
        var points: [(x: Double, y: Double)]
        /// Drawn dashed, without marks.
        var dashed = false
    }

    var title: String
    var summary: String
    var xLabel: String
    var series: [Series]
    /// Whether 0 must be on the vertical axis, with a line.
    var zero: Bool
    /// Vertical marks with a label, such as the step that was kept.
    var verticals: [(x: Double, label: String)] = []
    var width = 320.0
    var height = 210.0
    /// Room at the right for the labels of the lines.
    var labelRoom = 78.0
    /// Range of the vertical axis shared with neighbours; empty takes the plot's own.
    var sharedRange: [Double] = []

    var element: String {
        var svg = SVG(width: width, height: height, title: title, summary: summary)
        let frame = (left: 50.0, right: width - labelRoom, top: 20.0, bottom: height - 36)
        let points = series.flatMap(\.points)
        let x = Axis(points.map(\.x), from: frame.left, to: frame.right, wanted: 4, tight: true)
        let y = Axis(
            points.map(\.y) + sharedRange, including: zero ? [0] : [], from: frame.bottom, to: frame.top, wanted: 4)
        svg.grid(y: y, frame.left, frame.right, zero: zero)
        svg.ticks(x, frame.bottom)
        svg.line(frame.left, frame.bottom, frame.right, frame.bottom, class: "axis")
        svg.text(xLabel, (frame.left + frame.right) / 2, height - 4, class: "axis-label", anchor: .middle)
        for vertical in verticals where vertical.x >= x.low && vertical.x <= x.high {
            svg.line(x(vertical.x), frame.top, x(vertical.x), frame.bottom, class: "mark-line")
            svg.text(vertical.label, x(vertical.x), frame.top - 6, class: "note", anchor: .middle)
        }
        for (i, line) in series.enumerated() {
            let placed = line.points.map { (x: x($0.x), y: y($0.y)) }
            svg.path(placed, class: "line \(ink(line.index))" + (line.dashed ? " dashed" : ""))
            for point in placed where !line.dashed && placed.count <= 40 {
                svg.mark(.of(line.index ?? i), point.x, point.y, class: "dot \(ink(line.index))")
            }
        }
        let ends = series.map { line in line.points.last { $0.y.isFinite }.map { y($0.y) } }
        for (line, place) in zip(series, LinePlot.spread(ends, gap: 14)) where !line.label.isEmpty {
            guard let place else { continue }
            svg.text(line.label, frame.right + 8, place + 4, class: "name \(ink(line.index))")
        }
        return svg.element
    }

    /// Moves labels apart that would lie over each other, keeping their order from top to bottom.
    package static func spread(_ places: [Double?], gap: Double) -> [Double?] {
        let wanted = places.enumerated().compactMap { i, place in place.map { (index: i, place: $0) } }
            .sorted { ($0.place, $0.index) < ($1.place, $1.index) }
        // Bundles of labels that touch, each centred on the mean of its lines; two that touch become one.
        var bundles: [[(index: Int, place: Double)]] = []
        func centre(_ bundle: [(index: Int, place: Double)]) -> Double {
            bundle.map(\.place).reduce(0, +) / Double(bundle.count)
        }
        for label in wanted {
            bundles.append([label])
            while bundles.count > 1 {
                let (above, below) = (bundles[bundles.count - 2], bundles[bundles.count - 1])
                let room = gap * Double(above.count + below.count) / 2
                guard centre(below) - centre(above) < room else { break }
                bundles.removeLast()
                bundles[bundles.count - 1] = above + below
            }
        }
        var out = places
        for bundle in bundles {
            for (k, label) in bundle.enumerated() {
                out[label.index] = centre(bundle) + (Double(k) - Double(bundle.count - 1) / 2) * gap
            }
        }
        return out
    }
}
