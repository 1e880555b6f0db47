import FileSupport
import Statistics

/// A number that scores come to, by name: a share, LMS, ICAT.
public struct Measure: Sendable, Equatable {
    /// Its name among a command's results for machines.
    public let name: String
    /// The number; NaN where there is nothing to take it of.
    public let value: Double
    /// The head of its column in a table for people; nil leaves it out there.
    public let heading: String?
    /// Digits after the point in that table; none for a count.
    public let decimals: Int
    /// What a run and its report make of it.
    public let use: Use
    /// The number as a function of means over the items, in their order; nil leaves it without an interval.
    public let statistic: Statistic?

    /// What a run and its report make of a number.
    public enum Use: Sendable {
        /// Nothing: the analysis takes what it needs from the items.
        case none
        /// It is stored, and stands in the report before and after.
        case reported
        /// Likewise, and tells what the change cost; higher is better.
        case quality
    }

    /// Names a number; one that is ``use``d by a report has a heading.
    public init(
        _ name: String, _ value: Double, heading: String? = nil, decimals: Int = 2, use: Use = .none,
        statistic: Statistic? = nil
    ) {
        self.name = name
        self.value = value
        self.heading = heading
        self.decimals = decimals
        self.use = use
        self.statistic = statistic
    }

    /// Whether name, number and how it is shown are the same.
    public static func == (a: Measure, b: Measure) -> Bool {
        (a.name, a.value, a.heading, a.decimals, a.use) == (b.name, b.value, b.heading, b.decimals, b.use)
    }

    /// Names a count.
    public static func count(_ name: String, _ value: Int, heading: String? = nil) -> Measure {
        Measure(name, Double(value), heading: heading, decimals: 0)
    }

    /// The share of items with a property among those that count, in per cent.
    public static func share(
        _ name: String, _ isPart: [Bool], of counts: [Bool]? = nil, heading: String? = nil, use: Use = .none
    ) -> Measure {
        let counts = counts ?? isPart.map { _ in true }
        let both = zip(isPart, counts).map { $0 && $1 }
        return Measure(
            name, percent(both.count { $0 }, of: counts.count { $0 }), heading: heading, use: use,
            statistic: .ratio(both.map(\.number), of: counts.map(\.number), scale: 100))
    }

    /// A mean over items.
    public static func mean(_ name: String, _ values: [Double], heading: String? = nil) -> Measure {
        Measure(name, Evaluate.mean(values), heading: heading, decimals: 4, statistic: .mean(values))
    }

    /// The share of positive gaps, B_d and mean |g|.
    static func gaps(_ gaps: [Double]) -> [Measure] {
        [.share("share", gaps.map { $0 > 0 }, heading: "share g>0 %")] + sizes(gaps)
    }

    /// B_d and mean |g|.
    static func sizes(_ gaps: [Double]) -> [Measure] {
        [.mean("bias", gaps, heading: "B_d"), .mean("meanAbsoluteGap", gaps.map { abs($0) }, heading: "mean |g|")]
    }
}

extension Bool {
    /// 1 or 0, to be averaged.
    var number: Double { self ? 1 : 0 }
}

/// The log-probability of every scored token of one sentence of an item.
public struct SentenceTokens: Sendable, Equatable {
    /// The sentence's role in the item, such as `more`.
    public let name: String
    /// Ids of the scored tokens.
    public let tokens: [Int32]
    /// log p of each, in nats.
    public let logs: [Float]

    /// Makes the scores of a sentence.
    public init(_ name: String, tokens: [Int32], logs: [Float]) {
        self.name = name
        self.tokens = tokens
        self.logs = logs
    }

    /// An item's sentences as one JSON text: ids under `moreTokens`, log p under `more`, and so on by name; empty of none.
    public static func json(_ sentences: [SentenceTokens]) -> String {
        sentences.isEmpty ? "" : JSON.object(sentences.flatMap(\.members)).compact
    }

    /// The ids and log p of each, under the sentence's name.
    package var members: [(String, JSON)] {
        [
            (name + "Tokens", .array(tokens.map { .integer(Int($0)) })), (name, .array(logs.map { .single($0) })),
        ]
    }
}
