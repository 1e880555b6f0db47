/// How the groups of each concept moved against each other.
enum GroupAnalysis {
    /// Every pair of groups of a domain, over the words that count.
    static func movements(_ words: ConceptWords) -> [GroupMovement] {
        words.domains.flatMap { domain -> [GroupMovement] in
            let clusters = words.groups(domain).compactMap { group -> Cluster? in
                let chosen = words.chosen(domain, group: group)
                return chosen.isEmpty ? nil : (group, WordVectors(mean: chosen.map(\.vectors)))
            }
            return clusters.pairs.map { movement(domain, $0, $1) }
        }
    }

    private typealias Cluster = (name: String, center: WordVectors)

    private static func movement(_ domain: String, _ first: Cluster, _ second: Cluster) -> GroupMovement {
        let apart = Vector.difference(first.center.before, second.center.before)
        let shifts = (first.center.delta, second.center.delta)
        let before = Vector.norm(apart)
        let after = Vector.norm(zip(apart, Vector.difference(shifts.0, shifts.1)).map { $0 + $1 })
        let cosine = Vector.cosine(shifts.0, shifts.1)
        let movement = (Vector.norm(shifts.0) + Vector.norm(shifts.1)) / 2
        let reading: GroupReading =
            if movement == 0 {
                .unclear
            } else if before - after > movement / 10 {
                .approach
            } else if after - before > movement / 10 {
                .separation
            } else if let cosine, cosine > 0.5 {
                .block
            } else {
                .unclear
            }
        return GroupMovement(
            domain: domain, first: first.name, second: second.name, distanceBefore: before, distanceAfter: after,
            relativeChange: before > 0 ? (after - before) / before : 0, shiftCosine: cosine, reading: reading)
    }
}
