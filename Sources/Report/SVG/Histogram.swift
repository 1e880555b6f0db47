/// How often values fall into equal classes, with one observed value marked.
package struct Histogram: Sendable {
    var title: String
    var summary: String
    var xLabel: String
    var values: [Double]
    var observed: Double
    var observedLabel: String
    var index: Int
    var width = 320.0
    var height = 190.0

    /// The picture; values that are not finite are left out.
    var element: String {
        var svg = SVG(width: width, height: height, title: title, summary: summary)
        let finite = values.filter(\.isFinite)
        let frame = (left: 16.0, right: width - 16, top: 30.0, bottom: height - 38)
        let x = Axis(finite + [observed], including: [0], from: frame.left, to: frame.right, wanted: 3)
        let bins = Histogram.counts(finite, low: x.low, high: x.high, bins: 36)
        let tallest = Double(max(1, bins.max() ?? 1))
        let each = (frame.right - frame.left) / Double(bins.count)
        for (i, count) in bins.enumerated() where count > 0 {
            let tall = Double(count) / tallest * (frame.bottom - frame.top - 6)
            svg.rect(frame.left + each * Double(i) + 0.5, frame.bottom - tall, each - 1, tall, class: "bar")
        }
        svg.line(frame.left, frame.bottom, frame.right, frame.bottom, class: "axis")
        svg.ticks(x, frame.bottom)
        if observed.isFinite {
            let place = x(observed)
            svg.line(place, frame.top - 6, place, frame.bottom, class: "observed \(ink(index))")
            let anchor: SVG.Anchor = place < width * 0.3 ? .start : place > width * 0.7 ? .end : .middle
            svg.text(observedLabel, place, frame.top - 12, class: "name small \(ink(index))", anchor: anchor)
        }
        svg.text(xLabel, width / 2, height - 4, class: "axis-label", anchor: .middle)
        return svg.element
    }

    /// How many of `values` lie in each of `bins` equal classes from `low` to `high`; the top edge is in the last.
    package static func counts(_ values: [Double], low: Double, high: Double, bins: Int) -> [Int] {
        var out = [Int](repeating: 0, count: max(1, bins))
        guard high > low else { return out }
        for value in values where value >= low && value <= high {
            out[min(out.count - 1, Int((value - low) / (high - low) * Double(out.count)))] += 1
        }
        return out
    }
}
