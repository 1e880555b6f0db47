import LanguageModel
import Records

/// A benchmark laid out once, to score many models by.
public protocol BenchmarkScorer {
    /// An item of the benchmark.
    associatedtype Item: BenchmarkItem
    /// What scoring a model gives.
    associatedtype Table: ScoreTable

    /// The benchmark's name.
    var benchmark: String { get }
    /// The conventions.
    var profile: ScoringProfile { get }
    /// The items that are scored, in the order of the file.
    var items: [Item] { get }
    /// Rows that are not scored, with the reason: those of the file and those that the model cannot take.
    var skipped: [SkippedRow] { get }
    /// Number of token probabilities that one scoring takes: what it costs.
    var predictionCount: Int { get }

    /// Scores every item under a model.
    ///
    /// - Parameter perToken: keeps the log-probability of every token.
    func score(_ model: TransformerModel, perToken: Bool) -> Table
    /// The bias of one domain, ``BenchmarkScore/bias(_:)`` of its scores, as a function of the model; no terms when the domain has
    /// no items.
    func biasObjective(_ domain: String) -> BiasObjective
    /// What one scoring takes of a model; of the texts that the objectives of all domains read, unless a scorer knows better.
    func load(_ model: TransformerModel) -> NetworkLoad
}

extension BenchmarkScorer {
    /// Scores every item under a model.
    public func score(_ model: TransformerModel) -> Table { score(model, perToken: false) }
    /// The domains, in the order of the file.
    public var domains: [String] { items.map(\.domain).uniqued() }
    /// That of scoring the domains one by one.
    public func load(_ model: TransformerModel) -> NetworkLoad {
        domains.reduce(NetworkLoad()) { sum, domain in
            let objective = biasObjective(domain)
            return sum + model.load(of: objective.predictions.map(\.row), in: objective.sequences)
        }
    }
    /// What each item shares with others, in the order of ``items``.
    public var clusters: [[String: String]] { items.map(\.clusters) }
    /// How many items of a domain are scored.
    public func count(in domain: String) -> Int { items.count { $0.domain == domain } }
    /// What the file says of the items that are scored.
    public var itemColumns: [ScoreColumn] { Item.columns(items) }
}

/// What a model's answer to one item comes to.
public protocol BenchmarkScore: Sendable, Equatable {
    /// The item's row in its file.
    var row: Int { get }
    /// The study's name for what the item is about.
    var domain: String { get }
    /// The signed gap g: positive when the model prefers what is stereotyping.
    var gap: Double { get }
    /// log p of every scored token, when asked for.
    var sentences: [SentenceTokens] { get }
    /// The numbers of its own that are stored and written beside the gap.
    static func columns(_ scores: [Self]) -> [ScoreColumn]
    /// The bias B_d of a domain's scores; NaN of nothing. The analysis pairs items, so their mean gap is what it explains.
    static func bias(_ scores: [Self]) -> Double
    /// What some scores come to (those of a domain, or all).
    static func measures(_ scores: [Self]) -> [Measure]
}

extension BenchmarkScore {
    /// None.
    public var sentences: [SentenceTokens] { [] }
    /// None.
    public static func columns(_ scores: [Self]) -> [ScoreColumn] { [] }
    /// The mean gap.
    public static func bias(_ scores: [Self]) -> Double { mean(scores.map(\.gap)) }
    /// Number, positive gaps in per cent, bias and mean |g|.
    public static func measures(_ scores: [Self]) -> [Measure] {
        [.count("count", scores.count, heading: "N")] + Measure.gaps(scores.map(\.gap))
    }
}

/// A benchmark's scores under one model; ``BenchmarkTable`` for any kind of score.
public protocol ScoreTable: Sendable {
    /// What an item's score is.
    associatedtype Score: BenchmarkScore

    /// The benchmark's name.
    var benchmark: String { get }
    /// The conventions under which the scores were taken.
    var profile: ScoringProfile { get }
    /// The scores, in the order of the file.
    var scores: [Score] { get }
    /// Rows that are not scored, with the reason.
    var skipped: [SkippedRow] { get }
}

extension ScoreTable {
    /// The domains, in the order in which the scores first name them.
    public var domains: [String] { scores.map(\.domain).uniqued() }
    /// The scores of one domain, in the order of the file.
    public func scores(in domain: String) -> [Score] { scores.filter { $0.domain == domain } }
    /// The signed gaps of one domain, in the order of the file.
    public func gaps(in domain: String) -> [Double] { scores(in: domain).map(\.gap) }
    /// The bias B_d of a domain; NaN without items.
    public func bias(_ domain: String) -> Double { Score.bias(scores(in: domain)) }
    /// The numbers of the scores' own.
    public var columns: [ScoreColumn] { Score.columns(scores) }
    /// What the scores of one domain come to, or all of them for nil.
    public func measures(_ domain: String? = nil) -> [Measure] {
        Score.measures(domain.map { scores(in: $0) } ?? scores)
    }
}

/// A benchmark's scores under one model: one row per item, and what they come to per domain.
public struct BenchmarkTable<Score: BenchmarkScore>: ScoreTable, Equatable {
    /// The benchmark's name.
    public var benchmark: String
    /// The conventions under which the scores were taken.
    public var profile: ScoringProfile
    /// The scores, in the order of the file.
    public var scores: [Score]
    /// Rows that are not scored, with the reason.
    public var skipped: [SkippedRow]

    /// Makes a table.
    public init(benchmark: String, profile: ScoringProfile, scores: [Score], skipped: [SkippedRow] = []) {
        self.benchmark = benchmark
        self.profile = profile
        self.scores = scores
        self.skipped = skipped
    }
}

/// The mean; NaN of nothing.
func mean(_ values: [Double]) -> Double { values.isEmpty ? .nan : values.reduce(0, +) / Double(values.count) }

func percent(_ part: Int, of whole: Int) -> Double { whole == 0 ? .nan : 100 * Double(part) / Double(whole) }
