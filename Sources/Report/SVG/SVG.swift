/// Text made safe for HTML and SVG, in content and in quoted attributes.
func escaped(_ text: String) -> String {
    var out = ""
    out.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
        switch scalar {
        case "&": out += "&amp;"
        case "<": out += "&lt;"
        case ">": out += "&gt;"
        case "\"": out += "&quot;"
        case "'": out += "&#39;"
        case "\n", "\t": out.unicodeScalars.append(scalar)
        default:
            // Control characters are not allowed in XML, and bidirectional overrides would reorder the page.
            let forbidden = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            let reordering = (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
            out.unicodeScalars.append(forbidden || reordering ? "\u{FFFD}" : scalar)
        }
    }
    return out
}

/// A picture being drawn: elements are appended, then closed into one `<svg>`.
///
/// Colours and fonts come from the page's style sheet through classes, so that one picture serves light, dark and
/// paper; coordinates have two decimals, so equal input gives equal bytes.
struct SVG: Sendable {
    let width: Double
    let height: Double
    /// With ``summary``, what a screen reader says.
    let title: String
    let summary: String
    private(set) var body = ""

    mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, class name: String) {
        body += "<line x1=\"\(n(x1))\" y1=\"\(n(y1))\" x2=\"\(n(x2))\" y2=\"\(n(y2))\" class=\"\(escaped(name))\"/>"
    }

    /// A rectangle; `hint` is shown by browsers on hover.
    mutating func rect(
        _ x: Double, _ y: Double, _ width: Double, _ height: Double, class name: String, hint: String? = nil,
        style: String? = nil
    ) {
        body += "<rect x=\"\(n(x))\" y=\"\(n(y))\" width=\"\(n(max(0, width)))\" height=\"\(n(max(0, height)))\""
        body += " class=\"\(escaped(name))\"" + (style.map { " style=\"\(escaped($0))\"" } ?? "")
        body += hint.map { "><title>\(escaped($0))</title></rect>" } ?? "/>"
    }

    /// A line through points; a point that is not finite breaks it.
    mutating func path(_ points: [(x: Double, y: Double)], class name: String) {
        var d = ""
        var open = false
        for point in points {
            guard point.x.isFinite, point.y.isFinite else {
                open = false
                continue
            }
            d += (open ? "L" : "M") + n(point.x) + " " + n(point.y)
            open = true
        }
        if !d.isEmpty { body += "<path d=\"\(d)\" class=\"\(escaped(name))\"/>" }
    }

    /// A mark for one value; each series has a shape of its own besides its colour.
    mutating func mark(_ shape: Mark, _ x: Double, _ y: Double, class name: String, hint: String? = nil) {
        guard x.isFinite, y.isFinite else { return }
        let r = 4.2
        let points: [(Double, Double)] =
            switch shape {
            case .circle: []
            case .square: [(-1, -1), (1, -1), (1, 1), (-1, 1)]
            case .diamond: [(0, -1.35), (1.35, 0), (0, 1.35), (-1.35, 0)]
            case .triangle: [(0, -1.3), (1.25, 0.95), (-1.25, 0.95)]
            }
        let text = points.map { n(x + $0.0 * r * 0.92) + "," + n(y + $0.1 * r * 0.92) }.joined(separator: " ")
        let (tag, place) =
            shape == .circle
            ? ("circle", "cx=\"\(n(x))\" cy=\"\(n(y))\" r=\"\(n(r))\"") : ("polygon", "points=\"\(text)\"")
        body += "<\(tag) \(place) class=\"\(escaped(name))\""
        body += hint.map { "><title>\(escaped($0))</title></\(tag)>" } ?? "/>"
    }

    /// A line from one place to another with an arrow head at its end.
    mutating func arrow(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, class name: String) {
        guard [x1, y1, x2, y2].allSatisfy(\.isFinite) else { return }
        let (dx, dy) = (x2 - x1, y2 - y1)
        let length = (dx * dx + dy * dy).squareRoot()
        line(x1, y1, x2, y2, class: name)
        // Shorter than its own head, an arrow would point nowhere that the eye can see.
        guard length > 3 else { return }
        let size = min(6, length * 0.6)
        let (ux, uy) = (dx / length, dy / length)
        let left = (x2 - size * ux + size * 0.5 * uy, y2 - size * uy - size * 0.5 * ux)
        let right = (x2 - size * ux - size * 0.5 * uy, y2 - size * uy + size * 0.5 * ux)
        let text = "\(n(x2)),\(n(y2)) \(n(left.0)),\(n(left.1)) \(n(right.0)),\(n(right.1))"
        body += "<polygon points=\"\(text)\" class=\"\(escaped(name)) head\"/>"
    }

    mutating func text(
        _ text: String, _ x: Double, _ y: Double, class name: String = "label", anchor: Anchor = .start
    ) {
        body += "<text x=\"\(n(x))\" y=\"\(n(y))\" class=\"\(escaped(name))\""
        body += anchor == .start ? ">" : " text-anchor=\"\(anchor.rawValue)\">"
        body += escaped(text) + "</text>"
    }

    var element: String {
        "<svg viewBox=\"0 0 \(n(width)) \(n(height))\" role=\"img\" aria-label=\"\(escaped(title + ". " + summary))\" "
            + "style=\"max-width:\(n(width))px\"><title>\(escaped(title))</title>\(body)</svg>"
    }

    private func n(_ value: Double) -> String { NumberText.coordinate(value) }

    /// Shapes of marks.
    enum Mark: Int, CaseIterable, Sendable {
        case circle, square, diamond, triangle

        /// The shape of the series at `index`.
        static func of(_ index: Int) -> Mark { allCases[index % allCases.count] }
    }

    /// Which part of a text stands at its place.
    enum Anchor: String, Sendable { case start, middle, end }
}
