import Analyze

extension ReportSections {
    /// Concept clusters before and after, in one plane.
    func mapSection() -> Section {
        let picture = spaces.first.flatMap { space in space.map.unwrapped().map { mapPicture($0, space().space) } }
        return Section(
            "map", "Concept clusters, before → after",
            [picture.map { .pictures([$0], wide: true) } ?? missing("Map of concept clusters")])
    }

    private func mapPicture(_ node: Node<ConceptMap>, _ space: String) -> Picture {
        let map = node()
        let shown = map.points.filter(\.isCentroid).isEmpty ? map.points : map.points.filter(\.isCentroid)
        let stretch = map.exaggeration.isFinite && map.exaggeration > 1 ? map.exaggeration : 1
        let moves = shown.map { point in
            ArrowMap.Move(
                label: !isStudied(point.domain) ? "" : point.label,
                index: isStudied(point.domain) ? index(point.domain) : nil, from: (point.beforeX, point.beforeY),
                to: (
                    point.beforeX + (point.afterX - point.beforeX) * stretch,
                    point.beforeY + (point.afterY - point.beforeY) * stretch
                ))
        }
        let framed = Self.framed(moves)
        let plot = ArrowMap(
            title: "Concept clusters before and after, \(space)",
            summary: "\(framed.count) clusters; arrows show where each moved", xLabel: "first principal component",
            yLabel: "second principal component", moves: framed)
        var caption: [Inline] = [
            .text(space + ". "), "Grey: sets of control words near by. ",
            "Both axes are principal components of the rows before; the same map is applied after. ",
        ]
        let explained = node.explained.nodes()
        if explained.count >= 2 {
            caption += [
                "They hold ", n(explained[0], .percent), " and ", n(explained[1], .percent), " of the variance. ",
            ]
        }
        if stretch > 1 { caption += ["Arrows are drawn ", n(node.exaggeration), " times as long as the movement."] }
        return Picture(svg: plot.element, caption: caption)
    }

    /// The clusters of the study, and those of control words that lie in the same part of the plane.
    ///
    /// Dozens of control clusters, some far off, would press the few that matter into a corner.
    private static func framed(_ moves: [ArrowMap.Move]) -> [ArrowMap.Move] {
        let studied = moves.filter { $0.index != nil }
        let xs = studied.flatMap { [$0.from.x, $0.to.x] }.filter(\.isFinite)
        let ys = studied.flatMap { [$0.from.y, $0.to.y] }.filter(\.isFinite)
        guard let left = xs.min(), let right = xs.max(), let bottom = ys.min(), let top = ys.max() else { return moves }
        return moves.filter { move in
            move.index != nil
                || [move.from, move.to].allSatisfy { (left...right).contains($0.x) && (bottom...top).contains($0.y) }
        }
    }
}
