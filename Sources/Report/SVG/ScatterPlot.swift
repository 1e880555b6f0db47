/// Points in a plane, each labelled, in one or several joined series.
package struct ScatterPlot: Sendable {
    package struct Point: Sendable {
        package var label: String
        /// Which colour and mark: the domain's place in the study; nil draws a small mark in the neutral ink.
        package var index: Int?
        package var x: Double
        package var y: Double
        /// Drawn as an outline.
        package var isHollow = false
    }

    package var title: String
    package var summary: String
    package var xLabel: String
    package var yLabel: String
    package var points: [Point]
    /// Lines through points, by their places in ``points``.
    package var joined: [[Int]] = []
    /// Whether both axes hold 0, with a line.
    package var zeros = (x: true, y: true)
    package var width = 420.0
    package var height = 300.0

    /// The picture; points with a place that is not finite are left out.
    package var element: String {
        var svg = SVG(width: width, height: height, title: title, summary: summary)
        let shown = points.filter { $0.x.isFinite && $0.y.isFinite }
        let frame = (left: 58.0, right: width - 16, top: 28.0, bottom: height - 42)
        let x = Axis(
            shown.map(\.x), including: zeros.x ? [0] : [], from: frame.left, to: frame.right, wanted: 5)
        let y = Axis(
            shown.map(\.y), including: zeros.y ? [0] : [], from: frame.bottom, to: frame.top, wanted: 5)
        // Long labels stand at every second or third tick, so that none runs into the next.
        let room = 8 + 6.6 * Double(x.ticks.map { x.label($0).count }.max() ?? 0)
        let spacing = x.ticks.count > 1 ? x(x.ticks[1]) - x(x.ticks[0]) : room
        let stride = max(1, Int((room / spacing).rounded(.up)))
        for (i, tick) in x.ticks.enumerated() {
            let isZero = zeros.x && abs(tick) < x.step / 2
            svg.line(x(tick), frame.top, x(tick), frame.bottom, class: isZero ? "zero" : "grid")
            guard i % stride == 0 else { continue }
            svg.text(x.label(tick), x(tick), frame.bottom + 17, class: "tick", anchor: .middle)
        }
        for tick in y.ticks {
            let isZero = zeros.y && abs(tick) < y.step / 2
            svg.line(frame.left, y(tick), frame.right, y(tick), class: isZero ? "zero" : "grid")
            svg.text(y.label(tick), frame.left - 7, y(tick) + 4, class: "tick", anchor: .end)
        }
        svg.text(xLabel, (frame.left + frame.right) / 2, height - 6, class: "axis-label", anchor: .middle)
        svg.text(yLabel, 4, 13, class: "axis-label")
        for line in joined {
            svg.path(
                line.filter { points.indices.contains($0) }.map { (x: x(points[$0].x), y: y(points[$0].y)) },
                class: "line ink dashed")
        }
        for point in shown {
            let ink = point.index.map { "s\($0 % 6)" } ?? "ink"
            svg.mark(
                .of(point.index ?? 0), x(point.x), y(point.y), class: (point.isHollow ? "start " : "dot ") + ink,
                hint: point.label)
        }
        for label in labels(shown, x, y, frame.left, frame.right) {
            svg.text(label.text, label.x, label.y, class: "name small \(label.ink)", anchor: label.anchor)
        }
        return svg.element
    }

    // Each label takes the first of a few places around its point that covers no mark and no label set before; a point
    // of no domain that finds none goes without, its name is in the table.
    private func labels(
        _ shown: [Point], _ x: Axis, _ y: Axis, _ left: Double, _ right: Double
    ) -> [(text: String, x: Double, y: Double, ink: String, anchor: SVG.Anchor)] {
        var taken = shown.map { (x: (x($0.x) - 5)...(x($0.x) + 5), y: (y($0.y) - 5)...(y($0.y) + 5)) }
        var out: [(text: String, x: Double, y: Double, ink: String, anchor: SVG.Anchor)] = []
        let named = shown.filter { $0.index != nil } + shown.filter { $0.index == nil }
        for point in named where !point.label.isEmpty {
            let text = IntervalPlot.clipped(point.label, 20)
            let size = Double(text.count) * 6.4
            let (cx, cy) = (x(point.x), y(point.y))
            let places: [(Double, Double, SVG.Anchor)] = [
                (cx + 9, cy + 4, .start), (cx - 9, cy + 4, .end), (cx + 8, cy - 7, .start), (cx - 8, cy - 7, .end),
                (cx, cy - 9, .middle), (cx, cy + 17, .middle), (cx + 8, cy + 15, .start), (cx - 8, cy + 15, .end),
            ]
            // Beside a point runs the line that joins it to the next.
            let wanted = joined.isEmpty ? places : Array(places.dropFirst(2))
            func box(_ place: (Double, Double, SVG.Anchor)) -> (x: ClosedRange<Double>, y: ClosedRange<Double>) {
                let start = place.2 == .start ? place.0 : place.2 == .end ? place.0 - size : place.0 - size / 2
                return (x: start...(start + size), y: (place.1 - 10)...(place.1 + 2))
            }
            let free = wanted.first { place in
                let area = box(place)
                return area.x.lowerBound >= left && area.x.upperBound <= right
                    && !taken.contains { $0.x.overlaps(area.x) && $0.y.overlaps(area.y) }
            }
            guard let place = free ?? (point.index == nil ? nil : wanted[0]) else { continue }
            taken.append(box(place))
            out.append((text, place.0, place.1, point.index.map { "s\($0 % 6)" } ?? "ink", place.2))
        }
        return out
    }
}
