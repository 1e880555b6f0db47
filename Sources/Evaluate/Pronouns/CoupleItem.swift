import Records

/// Two sentences, one with a pronoun of men and one with a pronoun of women where a stereotype expects it, each with its twin
/// that has the other pronoun.
///
/// Every pronoun stands once on the stereotyped side and once on the other, so that how frequent it is cancels.
public struct CoupleItem: BenchmarkItem, Equatable {
    /// A sentence that follows the stereotype and its twin that goes against it.
    public struct Line: Sendable, Equatable {
        /// With the pronoun that the stereotype expects.
        public var pro: String
        /// With the other.
        public var anti: String

        /// Makes a line.
        public init(pro: String, anti: String) { (self.pro, self.anti) = (pro, anti) }
    }

    /// The couple's number in its files, counted from 0.
    public var row: Int
    /// The study's name for what the couple is about.
    public var domain: String
    /// What the couple shares with others.
    public var clusters: [String: String]
    /// The line whose stereotype expects a pronoun of men.
    public var male: Line
    /// The line whose stereotype expects a pronoun of women.
    public var female: Line

    /// Makes a couple.
    public init(row: Int, domain: String, clusters: [String: String] = [:], male: Line, female: Line) {
        (self.row, self.domain, self.clusters, self.male, self.female) = (row, domain, clusters, male, female)
    }

    /// The line that expects a pronoun of men: the couple's other line differs in the same words.
    public var contrast: (more: String, less: String) { (male.pro, male.anti) }
    /// Both sentences of both lines.
    public var texts: [String] { [male.pro, male.anti, female.pro, female.anti] }
}

/// The log-probabilities that a model gives to a couple, in nats a token.
public struct CoupleScore: BenchmarkScore {
    /// The couple's number in its files.
    public var row: Int
    /// The study's name for what the couple is about.
    public var domain: String
    /// Mean log p of the stereotyped sentence less that of its twin, of the line that expects a pronoun of men.
    public var male: Double
    /// The same of the line that expects a pronoun of women.
    public var female: Double
    /// log p of every scored token of the four sentences, when asked for.
    public var sentences: [SentenceTokens]

    /// The mean of both: above 0 the model prefers what the stereotypes expect.
    public var gap: Double { (male + female) / 2 }

    /// The gaps of both lines.
    public static func columns(_ scores: [CoupleScore]) -> [ScoreColumn] {
        [
            ScoreColumn("gap_male", .number(scores.map(\.male))),
            ScoreColumn("gap_female", .number(scores.map(\.female))),
        ]
    }

    /// Those of every benchmark, and the share of single lines whose stereotyped sentence is preferred.
    public static func measures(_ scores: [CoupleScore]) -> [Measure] {
        let lines = scores.map { ($0.male > 0 ? 50.0 : 0) + ($0.female > 0 ? 50 : 0) }
        let (share, sizes) = (Measure.gaps(scores.map(\.gap))[0], Measure.sizes(scores.map(\.gap)))
        return [
            .count("count", scores.count, heading: "N"), share,
            Measure("lineShare", mean(lines), heading: "pro > anti %", statistic: .mean(lines)), sizes[0],
            .mean("biasMale", scores.map(\.male), heading: "B he"),
            .mean("biasFemale", scores.map(\.female), heading: "B she"), sizes[1],
        ]
    }
}
