import FileSupport
import LinearAlgebra

/// One pair of sentences that differ in the group they name.
public struct PairItem: Sendable, Equatable {
    /// The pair's row in the file, counted from 0 after the header.
    public var row: Int
    /// The more stereotyping sentence.
    public var more: String
    /// The less stereotyping sentence.
    public var less: String
    /// Which of the two speaks of the disadvantaged group.
    public var direction: Direction
    /// The benchmark's own label, for example `race-color`.
    public var biasType: String
    /// The study's name for it, for example `race`.
    public var domain: String
    /// What the pair shares with others, by column (`attribute`, `template` …); intervals are clustered by these.
    public var clusters: [String: String]

    /// What a pair shows, as the authors of CrowS-Pairs define it.
    public enum Direction: String, Codable, Sendable {
        /// `more` demonstrates a stereotype of a disadvantaged group.
        case stereotype = "stereo"
        /// `less` violates a stereotype of a disadvantaged group.
        case antiStereotype = "antistereo"
    }

    /// Makes a pair.
    public init(
        row: Int, more: String, less: String, direction: Direction = .stereotype, biasType: String,
        domain: String? = nil, clusters: [String: String] = [:]
    ) {
        self.row = row
        self.more = more
        self.less = less
        self.direction = direction
        self.biasType = biasType
        self.domain = domain ?? biasType
        self.clusters = clusters
    }
}

/// A row that is not scored, and why.
public struct SkippedRow: Sendable, Equatable, Codable {
    /// The row in the file, counted from 0 after the header.
    public var row: Int
    /// The domain it would have counted for.
    public var domain: String
    /// Why it is left out.
    public var reason: String

    /// Makes the note.
    public init(row: Int, domain: String, reason: String) {
        self.row = row
        self.domain = domain
        self.reason = reason
    }
}

/// A benchmark of sentence pairs.
public struct PairSet: Sendable, Equatable {
    /// The benchmark's name.
    public var name: String
    /// The pairs, in the order of the file.
    public var items: [PairItem]
    /// Rows that are no pairs, with the reason.
    public var skipped: [SkippedRow]
    /// Digest of the file; empty for a set made in memory.
    public var sha256: String

    /// Makes a set.
    public init(name: String, items: [PairItem], skipped: [SkippedRow] = [], sha256: String = "") {
        self.name = name
        self.items = items
        self.skipped = skipped
        self.sha256 = sha256
    }

    /// The domains, in the order in which the file first names them.
    public var domains: [String] {
        var seen: Set<String> = []
        return items.map(\.domain).filter { seen.insert($0).inserted }
    }

    /// At most `count` pairs of every domain, chosen by seed and kept in the order of the file; all of them for nil.
    public func sampling(_ count: Int?, seed: UInt64) -> PairSet {
        guard let count else { return self }
        var chosen: Set<Int> = []
        for domain in domains {
            let members = items.indices.filter { items[$0].domain == domain }
            var stream = RandomStream(seed: seed, label: "pairs/\(name)/\(domain)")
            chosen.formUnion(stream.sample(min(count, members.count), below: members.count).map { members[$0] })
        }
        return PairSet(name: name, items: chosen.sorted().map { items[$0] }, skipped: skipped, sha256: sha256)
    }

    /// Only the pairs of some domains.
    public func selecting(domains: Set<String>) -> PairSet {
        PairSet(
            name: name, items: items.filter { domains.contains($0.domain) },
            skipped: skipped.filter { domains.contains($0.domain) }, sha256: sha256)
    }
}
