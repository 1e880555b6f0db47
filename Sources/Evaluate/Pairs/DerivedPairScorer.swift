import LanguageModel
import Records

/// A score that is made of that of a pair, for a benchmark with columns and measures of its own.
public protocol DerivedPairScore: BenchmarkScore {
    /// The score as a pair.
    var pair: PairScore { get }
    /// Takes a pair's score.
    init(_ pair: PairScore)
}

extension DerivedPairScore {
    /// The pair's number in its files.
    public var row: Int { pair.row }
    /// The study's name for what the pair is about.
    public var domain: String { pair.domain }
    /// The signed gap g: positive when the model prefers the first sentence.
    public var gap: Double { pair.gap }
    /// log p of every scored token of both sentences, when asked for.
    public var sentences: [SentenceTokens] { pair.sentences }
}

/// Scores models by pairs, laid out once, for a benchmark with a score of its own.
public struct DerivedPairScorer<Score: DerivedPairScore>: BenchmarkScorer {
    let pairs: PairScorer

    /// The benchmark's name.
    public var benchmark: String { pairs.benchmark }
    /// The conventions.
    public var profile: ScoringProfile { pairs.profile }
    /// The pairs that are scored, in the order of the files, as the model is given them.
    public var items: [PairItem] { pairs.items }
    /// Rows that are not scored, with the reason.
    public var skipped: [SkippedRow] { pairs.skipped }
    /// Number of token probabilities that one scoring takes.
    public var predictionCount: Int { pairs.predictionCount }

    /// Scores every pair under a model.
    ///
    /// - Parameter perToken: keeps the log-probability of every token.
    public func score(_ model: TransformerModel, perToken: Bool) -> BenchmarkTable<Score> {
        let table = pairs.score(model, perToken: perToken)
        return BenchmarkTable(
            benchmark: benchmark, profile: profile, scores: table.scores.map(Score.init), skipped: table.skipped)
    }

    /// The mean gap of one domain as a function of the model.
    public func biasObjective(_ domain: String) -> BiasObjective { pairs.biasObjective(domain) }

    /// What one scoring takes of a model.
    public func load(_ model: TransformerModel) -> NetworkLoad { pairs.load(model) }
}
