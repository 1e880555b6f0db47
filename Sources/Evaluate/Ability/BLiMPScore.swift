import Records

/// What a model gives to a minimal pair: the sum of log p over the tokens of each sentence.
public struct BLiMPScore: DerivedPairScore {
    /// The score as a pair, of sums.
    public var pair: PairScore

    /// Takes a pair's score.
    public init(_ pair: PairScore) { self.pair = pair }

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
            .share("accuracy", scores.map(\.isRight), heading: "acc %"),
            .mean("meanGap", scores.map(\.gap), heading: "mean gap"),
        ]
    }
}
