/// What a model gives to one item of a benchmark, in nats.
public struct ItemScore: Codable, Sendable, Equatable {
    /// Row of the item in its file.
    public var row: Int
    /// The study's name for what the item is about.
    public var domain: String
    /// The signed gap g: positive when the model prefers the first sentence.
    public var gap: Double
    /// Whether a word that names a group (the words in which the pair differs) stands in the forget text.
    public var identityExposed = false
    /// Whether a word that both sentences share is a forgotten word.
    public var attributeExposed = false
    /// What the item shares with others, by kind: `["template": "t3", "attribute": "lazy"]`.
    public var clusters: [String: String] = [:]
    /// The log-probability of every scored token, as JSON text; nil unless asked for.
    public var perToken: String?

    /// A score; what else is known of the item is set afterwards.
    public init(row: Int, domain: String, gap: Double) {
        (self.row, self.domain, self.gap) = (row, domain, gap)
    }
}

/// What a benchmark's scores come to by a rule of its own, such as StereoSet's LMS.
public struct OwnMeasure: Codable, Sendable, Equatable {
    /// The domain whose scores these are; nil for all scores.
    public var domain: String?
    /// Its name in report.json.
    public var name: String
    /// Its name for people.
    public var heading: String
    /// The number.
    public var value: Double
    /// Whether it tells of the model's quality; higher is better.
    public var isQuality: Bool

    /// Takes a number.
    public init(domain: String?, name: String, heading: String, value: Double, isQuality: Bool) {
        (self.domain, self.name, self.heading) = (domain, name, heading)
        (self.value, self.isQuality) = (value, isQuality)
    }
}

/// The scores of one benchmark under one model.
public struct Evaluation: Codable, Sendable, Equatable {
    /// The model: ``before``, ``after`` or ``commonRemoved``.
    public var label: String
    /// The benchmark.
    public var benchmark: String
    /// The profile whose conventions gave the numbers.
    public var profile: String
    /// Items that were not scored, counted by reason.
    public var skipped: [String: Int] = [:]
    /// Items that were scored and have a fault that is known of, counted by fault.
    public var knownFaults: [String: Int] = [:]
    /// The items, in the order of the benchmark.
    public var items: [ItemScore]
    /// What the benchmark itself says of each item and its score, in the order of ``items``.
    public var columns: [ScoreColumn] = []
    /// What the scores come to by the benchmark's own rules, domain by domain, then over all.
    public var measures: [OwnMeasure] = []
    /// The benchmark's place among those of the study, counted from 0: the first one leads the report.
    public var order = 0

    /// The label of the model before.
    public static let before = "before"
    /// The label of the model after.
    public static let after = "after"
    /// The label of the model after whose embedding rows were moved back by the common shift.
    public static let commonRemoved = "after-common-removed"

    /// Collects scores.
    public init(
        label: String, benchmark: String, profile: String, skipped: [String: Int] = [:], items: [ItemScore],
        columns: [ScoreColumn] = [], measures: [OwnMeasure] = []
    ) {
        (self.label, self.benchmark, self.profile, self.skipped) = (label, benchmark, profile, skipped)
        (self.items, self.columns, self.measures) = (items, columns, measures)
    }
}
