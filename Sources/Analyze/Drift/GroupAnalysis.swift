/// How the groups of each concept moved against each other.
enum GroupAnalysis {
    /// Every pair of groups of a domain, over the words that count.
    static func movements(_ words: ConceptWords) -> [GroupMovement] {
        words.domains.flatMap { domain -> [GroupMovement] in
            let clusters = words.groups(domain).compactMap { group -> (name: String, words: [UsableWord])? in
                let chosen = words.chosen(domain, group: group)
                return chosen.isEmpty ? nil : (group, chosen)
            }
            return clusters.indices.flatMap { i in
                clusters.indices.filter { $0 > i }.map { movement(domain, clusters[i], clusters[$0]) }
            }
        }
    }

    private static func movement(
        _ domain: String, _ first: (name: String, words: [UsableWord]), _ second: (name: String, words: [UsableWord])
    ) -> GroupMovement {
        func center(_ words: [UsableWord], _ vector: (WordVectors) -> [Double]) -> [Double] {
            Vector.mean(words.map { vector($0.vectors) })
        }
        let apart = Vector.difference(center(first.words, \.before), center(second.words, \.before))
        let shifts = (center(first.words, \.delta), center(second.words, \.delta))
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
