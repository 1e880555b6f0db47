import Analyze

/// The path integral of one place in the model: a part outside the blocks, or a whole block.
///
/// The places add up to the whole: what a part with blocks has beyond its blocks (the last norm) is a place of its own.
package struct PlaceRow: Sendable, Equatable, AttributionRow {
    package var domain: String
    package var place: String
    package var path: Double

    static var layout: ReportKeys<Self> { [\.domain: .hidden, \.place: .hidden] }
    var reportNames: [String] { [domain, place] }

    /// Places of every domain, from input to output.
    package static func all(_ rows: [AlignmentRow]) -> [PlaceRow] {
        rows.map(\.domain).uniqued().flatMap { domain in places(rows.filter { $0.domain == domain }, domain) }
    }

    private static func places(_ rows: [AlignmentRow], _ domain: String) -> [PlaceRow] {
        let blocks = Set(rows.compactMap(\.layer)).sorted()
        guard !blocks.isEmpty else { return [] }
        var before: [PlaceRow] = []
        var after: [PlaceRow] = []
        for row in rows where row.layer == nil {
            let inside = rows.filter { $0.layer != nil && $0.component == row.component }
            let rest = row.path - inside.map(\.path).reduce(0, +)
            if inside.isEmpty {
                let place = PlaceRow(domain: domain, place: row.component, path: row.path)
                if row.component.contains("output") { after.append(place) } else { before.append(place) }
            } else if abs(rest) > 1e-9 * max(1e-9, inside.map { abs($0.path) }.max() ?? 0) {
                after.insert(PlaceRow(domain: domain, place: row.component + " outside the blocks", path: rest), at: 0)
            }
        }
        let within = blocks.map { block in
            PlaceRow(
                domain: domain, place: "block \(block)",
                path: rows.filter { $0.layer == block }.map(\.path).reduce(0, +))
        }
        return before + within + after
    }
}
