import Analyze

/// The path integral of one place in the model: a part outside the blocks, or a whole block.
///
/// The places add up to the whole: what a part with blocks has beyond its blocks (the last norm) is a place of its own.
package struct ComponentRow: Sendable, Equatable {
    package var domain: String
    package var place: String
    package var path: Double

    /// Places of every domain, from input to output.
    package static func all(_ rows: [AlignmentRow]) -> [ComponentRow] {
        var domains: [String] = []
        for row in rows where !domains.contains(row.domain) { domains.append(row.domain) }
        return domains.flatMap { domain in places(rows.filter { $0.domain == domain }, domain) }
    }

    private static func places(_ rows: [AlignmentRow], _ domain: String) -> [ComponentRow] {
        let blocks = Set(rows.compactMap(\.layer)).sorted()
        guard !blocks.isEmpty else { return [] }
        var before: [ComponentRow] = []
        var after: [ComponentRow] = []
        for row in rows where row.layer == nil {
            let inside = rows.filter { $0.layer != nil && $0.part == row.part }
            let rest = row.path - inside.map(\.path).reduce(0, +)
            if inside.isEmpty {
                let place = ComponentRow(domain: domain, place: row.part, path: row.path)
                if row.part.contains("output") { after.append(place) } else { before.append(place) }
            } else if abs(rest) > 1e-9 * max(1e-9, inside.map { abs($0.path) }.max() ?? 0) {
                after.insert(ComponentRow(domain: domain, place: row.part + " outside the blocks", path: rest), at: 0)
            }
        }
        let within = blocks.map { block in
            ComponentRow(
                domain: domain, place: "block \(block)",
                path: rows.filter { $0.layer == block }.map(\.path).reduce(0, +))
        }
        return before + within + after
    }
}
