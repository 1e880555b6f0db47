import LanguageModel
import Records

/// One pair of sentences that differ in the group they name.
public struct PairItem: BenchmarkItem, Equatable {
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

extension PairItem {
    /// Both sentences.
    public var contrast: (more: String, less: String) { (more, less) }

    /// Label and direction.
    public static func columns(_ items: [PairItem]) -> [ScoreColumn] {
        [
            ScoreColumn("bias_type", .text(items.map(\.biasType))),
            ScoreColumn("direction", .text(items.map(\.direction.rawValue))),
        ]
    }
}

/// Sentence pairs, read from a file or made in memory.
public struct PairSet: Sendable, Equatable {
    /// Its name.
    public var name: String
    /// The file that it was read from; empty for a set made in memory.
    public var path: String
    /// The pairs, in the order of the file.
    public var items: [PairItem]
    /// Rows that are no pairs, with the reason.
    public var skipped: [SkippedRow]
    /// What a user should know of how the file was read, a line each.
    public var notes: [String] = []

    /// Makes a set.
    public init(name: String, path: String = "", items: [PairItem], skipped: [SkippedRow] = []) {
        self.name = name
        self.path = path
        self.items = items
        self.skipped = skipped
    }
}

/// A benchmark that is made of sentence pairs: it reads them, and has all else from ``PairScorer``.
public protocol PairBenchmark: BiasBenchmark where Item == PairItem, Scorer == PairScorer {
    /// The pairs.
    var pairs: PairSet { get set }
}

extension PairBenchmark {
    /// The pairs' name.
    public var name: String {
        get { pairs.name }
        set { pairs.name = newValue }
    }
    /// The pairs' file.
    public var path: String { pairs.path }
    /// The pairs.
    public var items: [PairItem] {
        get { pairs.items }
        set { pairs.items = newValue }
    }
    /// What a user should know of how the pairs were read.
    public var notes: [String] { pairs.notes }
    /// The rows that are no pairs.
    public var skipped: [SkippedRow] {
        get { pairs.skipped }
        set { pairs.skipped = newValue }
    }

    /// A scorer of pairs.
    public func makeScorer(tokenizer: any Tokenizer, profile: ScoringProfile, contextLength: Int) throws -> PairScorer {
        try PairScorer(pairs: pairs, tokenizer: tokenizer, profile: profile, contextLength: contextLength)
    }
}
