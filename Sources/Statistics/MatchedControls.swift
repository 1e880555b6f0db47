import LinearAlgebra

/// What a control must share with the word that it stands for.
public struct ControlFeatures: Sendable, Equatable {
    /// Must be equal: token count, number of variants, exposure.
    public var strata: [Int]
    /// Must be close in rank among the candidates of the same strata: initial norm, frequency.
    public var ranked: [Double]

    package init(strata: [Int], ranked: [Double]) {
        (self.strata, self.ranked) = (strata, ranked)
    }
}

/// How the controls of a word were found.
public struct ControlMatch: Sendable, Equatable {
    /// Whether the strict rule left too few, so that the closest were taken whatever their distance.
    public var isWidened = false
    /// Strata that were not asked to be equal, by position.
    public var droppedStrata: [Int] = []
    /// The largest difference of a rank between the word and one of its controls, a share of the candidates.
    public var farthest = 0.0
}

/// For each word, the candidates that match it; random control sets draw one candidate for each word.
public struct MatchedControls: Sendable {
    /// Candidate indices for each word, closest first.
    public let pools: [[Int]]
    /// How each pool was found.
    public let matches: [ControlMatch]

    /// Finds the pools.
    ///
    /// A candidate is eligible when its strata are equal and each of its ranks, as a share of the candidates of these
    /// strata, lies within `caliper` of the word's. Of more than `largest` the closest are kept. Where that leaves fewer
    /// than `minimum`, the closest `minimum` of the same strata are taken, and where there are not so many, strata are
    /// given up one after the other in the order of `givingUp`; what was done stands in ``matches``.
    public init(
        words: [ControlFeatures], candidates: [ControlFeatures], caliper: Double = 0.2, largest: Int = 100,
        minimum: Int = 0, givingUp: [Int] = []
    ) {
        let steps = (0...givingUp.count).map { Array(givingUp.prefix($0)) }
        var indices: [[Int]: StratumIndex] = [:]
        func index(_ dropped: [Int]) -> StratumIndex {
            let index = indices[dropped] ?? StratumIndex(candidates, dropping: dropped)
            indices[dropped] = index
            return index
        }
        let found = words.map { word -> (pool: [Int], match: ControlMatch) in
            var found = index([]).closest(to: word, caliper: caliper, largest: largest)
            var match = ControlMatch()
            if found.count < minimum {
                for dropped in steps {
                    let near = index(dropped).closest(to: word, caliper: .infinity, largest: minimum)
                    guard near.count > found.count else { continue }
                    found = near
                    match = ControlMatch(isWidened: true, droppedStrata: dropped)
                    if found.count >= minimum { break }
                }
            }
            match.farthest = found.map(\.farthest).max() ?? 0
            return (found.map(\.index), match)
        }
        (pools, matches) = (found.map(\.pool), found.map(\.match))
    }

    /// The size of the smallest pool; 0 without words.
    public var smallestPool: Int { pools.map(\.count).min() ?? 0 }

    /// Different candidates over all pools, ascending.
    public var union: [Int] { Set(pools.joined()).sorted() }

    /// One candidate for each word, none twice unless a pool has no other left after 50 tries.
    public func draw(stream: inout RandomStream, into set: inout [Int]) {
        set.removeAll(keepingCapacity: true)
        for pool in pools {
            var candidate = pool[stream.index(below: pool.count)]
            for _ in 0..<50 where set.contains(candidate) { candidate = pool[stream.index(below: pool.count)] }
            set.append(candidate)
        }
    }
}

/// Candidates by strata, with the ranks of what has to be close.
private struct StratumIndex {
    private let dropped: [Int]
    private var members: [[Int]: [Int]] = [:]
    private var columns: [[Int]: [[Double]]] = [:]
    private var ranks: [[Double]]

    init(_ candidates: [ControlFeatures], dropping dropped: [Int]) {
        self.dropped = dropped
        ranks = [[Double]](repeating: [], count: candidates.count)
        for (index, candidate) in candidates.enumerated() {
            members[Self.key(candidate, dropped), default: []].append(index)
        }
        for (key, group) in members {
            let features = candidates[group[0]].ranked.count
            let sorted = (0..<features).map { feature in group.map { candidates[$0].ranked[feature] }.sorted() }
            columns[key] = sorted
            // Ranks of all candidates once; a word's rank is its place among them.
            for member in group { ranks[member] = Self.rank(candidates[member].ranked, in: sorted) }
        }
    }

    /// Candidates of the word's strata by distance in ranks, closest first; ties in order of candidates.
    func closest(to word: ControlFeatures, caliper: Double, largest: Int) -> [(index: Int, farthest: Double)] {
        let key = Self.key(word, dropped)
        guard let members = members[key], let columns = columns[key] else { return [] }
        let own = Self.rank(word.ranked, in: columns)
        var eligible: [(distance: Double, index: Int, farthest: Double)] = []
        for member in members {
            var (distance, farthest) = (0.0, 0.0)
            for (a, b) in zip(ranks[member], own) {
                distance += (a - b) * (a - b)
                farthest = max(farthest, abs(a - b))
            }
            if farthest <= caliper { eligible.append((distance, member, farthest)) }
        }
        return eligible.sorted { ($0.distance, $0.index) < ($1.distance, $1.index) }.prefix(largest)
            .map { ($0.index, $0.farthest) }
    }

    private static func key(_ features: ControlFeatures, _ dropped: [Int]) -> [Int] {
        features.strata.indices.map { dropped.contains($0) ? -1 : features.strata[$0] }
    }

    /// Mid-ranks as shares of the sorted columns.
    private static func rank(_ values: [Double], in columns: [[Double]]) -> [Double] {
        zip(values, columns).map { $1.share(below: $0) }
    }
}
