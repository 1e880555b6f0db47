/// Places before and after on one plane, joined by arrows.
package struct ArrowMap: Sendable {
    /// One thing that moved.
    package struct Move: Sendable {
        package var label: String
        package var index: Int?
        package var from: (x: Double, y: Double)
        package var to: (x: Double, y: Double)

        /// Colour class; a cluster of no domain, such as control words, takes the neutral ink.
        var ink: String { index.map { "s\($0 % 6)" } ?? "ink" }
    }

    package var title: String
    package var summary: String
    package var xLabel: String
    package var yLabel: String
    package var moves: [Move]
    package var width = 640.0
    package var height = 440.0

    /// The picture; moves with a place that is not finite are left out.
    package var element: String {
        var svg = SVG(width: width, height: height, title: title, summary: summary)
        let shown = moves.filter { [$0.from.x, $0.from.y, $0.to.x, $0.to.y].allSatisfy(\.isFinite) }
        let frame = (left: 52.0, right: width - 14, top: 26.0, bottom: height - 40)
        // Room for labels: half a step more than the places need.
        let x = Axis(shown.flatMap { [$0.from.x, $0.to.x] }, from: frame.left, to: frame.right, wanted: 5)
        let y = Axis(shown.flatMap { [$0.from.y, $0.to.y] }, from: frame.bottom, to: frame.top, wanted: 5)
        for tick in x.ticks {
            svg.line(x(tick), frame.top, x(tick), frame.bottom, class: tick == 0 ? "zero" : "grid")
            svg.text(x.label(tick), x(tick), frame.bottom + 17, class: "tick", anchor: .middle)
        }
        for tick in y.ticks {
            svg.line(frame.left, y(tick), frame.right, y(tick), class: tick == 0 ? "zero" : "grid")
            svg.text(y.label(tick), frame.left - 7, y(tick) + 4, class: "tick", anchor: .end)
        }
        svg.text(xLabel, (frame.left + frame.right) / 2, height - 5, class: "axis-label", anchor: .middle)
        svg.text(yLabel, frame.left, 12, class: "axis-label")
        for move in shown {
            let ink = move.ink
            svg.arrow(x(move.from.x), y(move.from.y), x(move.to.x), y(move.to.y), class: "arrow \(ink)")
            svg.mark(.of(move.index ?? 0), x(move.from.x), y(move.from.y), class: "start \(ink)")
        }
        for place in placedLabels(shown, x, y, frame.left, frame.right) {
            svg.text(place.text, place.x, place.y, class: "name small \(place.ink)", anchor: place.anchor)
        }
        return svg.element
    }

    private struct Label {
        var text: String
        var x: Double
        var y: Double
        var ink: String
        var anchor: SVG.Anchor
    }

    // Greedy: each label takes the first of a few places around its start that covers no label set before and no mark.
    private func placedLabels(_ moves: [Move], _ x: Axis, _ y: Axis, _ left: Double, _ right: Double) -> [Label] {
        var taken: [(x: ClosedRange<Double>, y: ClosedRange<Double>)] = moves.flatMap { move in
            // Both ends and three places between, so that a label covers no arrow.
            [0, 0.25, 0.5, 0.75, 1].map { part in
                let cx = x(move.from.x + part * (move.to.x - move.from.x))
                let cy = y(move.from.y + part * (move.to.y - move.from.y))
                return (x: (cx - 5)...(cx + 5), y: (cy - 5)...(cy + 5))
            }
        }
        var out: [Label] = []
        for move in moves where !move.label.isEmpty {
            let text = IntervalPlot.clipped(move.label, 22)
            let size = Double(text.count) * 6.3
            let (cx, cy) = (x(move.from.x), y(move.from.y))
            let places: [(Double, Double, SVG.Anchor)] = [
                (cx + 9, cy + 4, .start), (cx - 9, cy + 4, .end), (cx, cy - 10, .middle), (cx, cy + 18, .middle),
                (cx + 9, cy - 8, .start), (cx - 9, cy - 8, .end), (cx + 9, cy + 16, .start), (cx - 9, cy + 16, .end),
                (cx + 9, cy + 28, .start), (cx - 9, cy - 20, .end), (cx + 9, cy - 20, .start),
            ]
            func box(_ place: (Double, Double, SVG.Anchor)) -> (x: ClosedRange<Double>, y: ClosedRange<Double>) {
                let start = place.2 == .start ? place.0 : place.2 == .end ? place.0 - size : place.0 - size / 2
                return (x: start...(start + size), y: (place.1 - 11)...(place.1 + 2))
            }
            let free = places.first { place in
                let own = box(place)
                return own.x.lowerBound > left && own.x.upperBound < right
                    && !taken.contains { $0.x.overlaps(own.x) && $0.y.overlaps(own.y) }
            }
            let place = free ?? places[0]
            taken.append(box(place))
            out.append(Label(text: text, x: place.0, y: place.1, ink: move.ink, anchor: place.2))
        }
        return out
    }
}
