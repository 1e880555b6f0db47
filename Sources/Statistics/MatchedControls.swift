import LinearAlgebra

/// What a control must share with the word that it stands for.
public struct ControlFeatures: Sendable, Equatable {
    /// Must be equal: token count, number of variants, exposure.
    public var strata: [Int]
    /// Must be close in rank among the candidates of the same strata: initial norm, frequency.
    public var ranked: [Double]

    /// Describes a word.
    public init(strata: [Int], ranked: [Double]) {
        self.strata = strata
        self.ranked = ranked
    }
}

/// For each word, the candidates that match it; random control sets draw one candidate for each word.
public struct MatchedControls: Sendable {
    /// Candidate indices for each word, closest first.
    public let pools: [[Int]]

    /// Finds the pools.
    ///
    /// A candidate is eligible when its strata are equal and each of its ranks, as a share of the candidates of these
    /// strata, lies within `caliper` of the word's. Of more than `largest` the closest are kept.
    public init(
        words: [ControlFeatures], candidates: [ControlFeatures], caliper: Double = 0.2, largest: Int = 100
    ) {
        var byStrata: [[Int]: [Int]] = [:]
        for (index, candidate) in candidates.enumerated() { byStrata[candidate.strata, default: []].append(index) }
        var sortedColumns: [[Int]: [[Double]]] = [:]
        for (strata, members) in byStrata {
            let count = candidates[members[0]].ranked.count
            sortedColumns[strata] = (0..<count).map { feature in
                members.map { candidates[$0].ranked[feature] }.sorted()
            }
        }
        // Ranks of all candidates once; a word's rank is its place among them.
        var ranks = [[Double]](repeating: [], count: candidates.count)
        for (strata, members) in byStrata {
            guard let columns = sortedColumns[strata] else { continue }
            for member in members { ranks[member] = Self.rank(candidates[member].ranked, in: columns) }
        }
        pools = words.map { word in
            guard let members = byStrata[word.strata], let columns = sortedColumns[word.strata] else { return [] }
            let own = Self.rank(word.ranked, in: columns)
            let eligible = members.compactMap { member -> (distance: Double, index: Int)? in
                var distance = 0.0
                for (a, b) in zip(ranks[member], own) {
                    guard abs(a - b) <= caliper else { return nil }
                    distance += (a - b) * (a - b)
                }
                return (distance, member)
            }
            return eligible.sorted { ($0.distance, $0.index) < ($1.distance, $1.index) }.prefix(largest).map(\.index)
        }
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
            var tries = 0
            while tries < 50, set.contains(candidate) {
                candidate = pool[stream.index(below: pool.count)]
                tries += 1
            }
            set.append(candidate)
        }
    }

    /// Mid-ranks as shares of the sorted columns.
    private static func rank(_ values: [Double], in columns: [[Double]]) -> [Double] {
        zip(values, columns).map { value, column in
            let below = column.firstIndexSorted { $0 >= value }
            let notAbove = column.firstIndexSorted { $0 > value }
            return Double(below + notAbove) / 2 / Double(column.count)
        }
    }
}
