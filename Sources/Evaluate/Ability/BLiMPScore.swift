import LanguageModel
import Records

/// What a model gives to a minimal pair: the sum of log p over the tokens of each sentence.
public struct BLiMPScore: BenchmarkScore {
    /// The score as a pair, of sums.
    public var pair: PairScore

    /// Takes a pair's score.
    public init(_ pair: PairScore) { self.pair = pair }

    /// The pair's number in its files.
    public var row: Int { pair.row }
    /// Its field.
    public var domain: String { pair.domain }
    /// log p of the good sentence less that of the bad one.
    public var gap: Double { pair.gap }
    /// log p of every scored token of both sentences, when asked for.
    public var sentences: [SentenceTokens] { pair.sentences }
    /// Whether the good sentence is the likelier; false for a tie and for NaN.
    public var isRight: Bool { pair.moreScore > pair.lessScore }

    /// Both sums and numbers of tokens.
    public static func columns(_ scores: [BLiMPScore]) -> [ScoreColumn] {
        [
            ScoreColumn("good_sum", .number(scores.map(\.pair.moreScore))),
            ScoreColumn("bad_sum", .number(scores.map(\.pair.lessScore))),
            ScoreColumn("tokens_good", .count(scores.map(\.pair.tokensMore))),
            ScoreColumn("tokens_bad", .count(scores.map(\.pair.tokensLess))),
        ]
    }

    /// Number, accuracy as the authors take it (section 4 of the paper, full sentences), and the mean gap in nats.
    public static func measures(_ scores: [BLiMPScore]) -> [Measure] {
        [
            .count("count", scores.count, heading: "N"),
            .count("ties", scores.count { $0.pair.isTie }, heading: "ties"),
            Measure("accuracy", percent(scores.count(where: \.isRight), of: scores.count), heading: "acc %"),
            Measure("meanGap", mean(scores.map(\.gap)), heading: "mean gap", decimals: 4),
        ]
    }
}

/// Scores models by minimal pairs, laid out once.
public struct BLiMPScorer: BenchmarkScorer {
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
    public func score(_ model: TransformerModel, perToken: Bool) -> BenchmarkTable<BLiMPScore> {
        let table = pairs.score(model, perToken: perToken)
        return BenchmarkTable(
            benchmark: benchmark, profile: profile, scores: table.scores.map(BLiMPScore.init), skipped: table.skipped)
    }

    /// The mean gap of one field as a function of the model.
    public func biasObjective(_ domain: String) -> BiasObjective { pairs.biasObjective(domain) }

    /// What one scoring takes of a model.
    public func load(_ model: TransformerModel) -> NetworkLoad { pairs.load(model) }
}
