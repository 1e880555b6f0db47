/// Colour class of a domain, by its place in the study; what is of no domain takes the neutral ink.
func ink(_ index: Int?) -> String { index.map { "s\($0 % 6)" } ?? "ink" }

/// A label cut to what fits; the table beside the plot has it whole.
func clipped(_ text: String, _ limit: Int) -> String { text.count <= limit ? text : text.prefix(limit - 1) + "…" }

extension SVG {
    /// Upright lines at the ticks of a horizontal axis, each `stride`-th with its label below.
    mutating func grid(
        x: Axis, _ top: Double, _ bottom: Double, labelsAt drop: Double = 17, zero: Bool = false, stride: Int = 1
    ) {
        for (i, tick) in x.ticks.enumerated() {
            line(x(tick), top, x(tick), bottom, class: zero && tick == 0 ? "zero" : "grid")
            if i % stride == 0 { text(x.label(tick), x(tick), bottom + drop, class: "tick", anchor: .middle) }
        }
    }

    /// Level lines at the ticks of a vertical axis, with their labels to the left.
    mutating func grid(y: Axis, _ left: Double, _ right: Double, zero: Bool) {
        for tick in y.ticks {
            line(left, y(tick), right, y(tick), class: zero && tick == 0 ? "zero" : "grid")
            text(y.label(tick), left - 7, y(tick) + 4, class: "tick", anchor: .end)
        }
    }

    /// Short marks below a plot at the ticks of its horizontal axis, with their labels.
    mutating func ticks(_ x: Axis, _ bottom: Double) {
        for tick in x.ticks {
            line(x(tick), bottom, x(tick), bottom + 4, class: "axis")
            text(x.label(tick), x(tick), bottom + 17, class: "tick", anchor: .middle)
        }
    }
}

/// Names beside marks: each takes the first of a few places that covers no mark and no name set before.
struct NamePlaces {
    /// Where a name may stand, from its mark.
    typealias Offset = (x: Double, y: Double, anchor: SVG.Anchor)

    /// Between which coordinates names must stay.
    let frame: ClosedRange<Double>
    let letterWidth: Double
    let letterHeight: Double
    private var taken: [(x: ClosedRange<Double>, y: ClosedRange<Double>)]

    init(marks: [(x: Double, y: Double)], frame: ClosedRange<Double>, letterWidth: Double, letterHeight: Double) {
        (self.frame, self.letterWidth, self.letterHeight) = (frame, letterWidth, letterHeight)
        taken = marks.map { (($0.x - 5)...($0.x + 5), ($0.y - 5)...($0.y + 5)) }
    }

    /// Draws a name; where no place is free it stands at the first if it is `needed`, else nowhere.
    mutating func draw(
        _ text: String, at mark: (x: Double, y: Double), _ offsets: [Offset], class name: String, needed: Bool,
        on svg: inout SVG
    ) {
        let width = Double(text.count) * letterWidth
        let places = offsets.map { offset in
            let (x, y) = (mark.x + offset.x, mark.y + offset.y)
            let start = offset.anchor == .start ? x : offset.anchor == .end ? x - width : x - width / 2
            return (
                x: x, y: y, anchor: offset.anchor, across: start...(start + width), down: (y - letterHeight)...(y + 2)
            )
        }
        let free = places.first { place in
            place.across.lowerBound > frame.lowerBound && place.across.upperBound < frame.upperBound
                && !taken.contains { $0.x.overlaps(place.across) && $0.y.overlaps(place.down) }
        }
        guard let place = free ?? (needed ? places[0] : nil) else { return }
        taken.append((place.across, place.down))
        svg.text(text, place.x, place.y, class: name, anchor: place.anchor)
    }
}
