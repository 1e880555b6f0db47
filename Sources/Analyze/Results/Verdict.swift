import Records

/// What the rules say of one domain on one benchmark.
public struct Verdict: Codable, Sendable, Equatable {
    /// Benchmark name.
    public var benchmark: String
    /// Domain.
    public var domain: String
    /// Role of the domain.
    public var role: DomainRole
    /// The outcome.
    public var outcome: VerdictOutcome
    /// The outcome in one sentence with its numbers.
    public var sentence: String
    /// Every number that the rules looked at, in order.
    public var numbers: [DecidingNumber]
    /// Items that would decide an inconclusive verdict.
    public var itemsToDecide: Int?
    /// What that number rests on, or why there is none.
    public var itemsReason: String?

    /// Collects the values.
    public init(
        benchmark: String, domain: String, role: DomainRole, outcome: VerdictOutcome, sentence: String,
        numbers: [DecidingNumber], itemsToDecide: Int? = nil, itemsReason: String? = nil
    ) {
        self.benchmark = benchmark
        self.domain = domain
        self.role = role
        self.outcome = outcome
        self.sentence = sentence
        self.numbers = numbers
        self.itemsToDecide = itemsToDecide
        self.itemsReason = itemsReason
    }
}

/// One condition of a rule.
public struct DecidingNumber: Codable, Sendable, Equatable {
    /// The rule that asks.
    public var rule: VerdictOutcome
    /// What is asked, in words.
    public var name: String
    /// The number; nil when not computed.
    public var value: Double?
    /// Its interval, where the interval decides.
    public var interval: Interval?
    /// What it is held against.
    public var threshold: Double?
    /// The condition, such as `interval excludes 0` or `< 0.05`.
    public var condition: String
    /// Whether the condition holds; nil when it could not be decided.
    public var holds: Bool?
    /// Why it could not be decided, or what the number rests on.
    public var note: String?

    /// Collects the values.
    public init(
        rule: VerdictOutcome, name: String, value: Double? = nil, interval: Interval? = nil, threshold: Double? = nil,
        condition: String, holds: Bool? = nil, note: String? = nil
    ) {
        self.rule = rule
        self.name = name
        self.value = value
        self.interval = interval
        self.threshold = threshold
        self.condition = condition
        self.holds = holds
        self.note = note
    }
}

/// The six outcomes, in the order in which the rules are asked.
public enum VerdictOutcome: String, Codable, Sendable, Equatable, CaseIterable {
    /// The target's bias before cannot be told from 0.
    case nothingToForget = "nothing to forget"
    /// The model is damaged, so that a change of bias says nothing.
    case damage
    /// Any change lies within the margin that was fixed beforehand.
    case notSupported = "not supported"
    /// The bias of this domain fell with the target's, beyond matched damage.
    case supported
    /// The bias of this domain grew while the target's fell, beyond matched damage.
    case negativeTransfer = "negative transfer"
    /// None of these can be said at this N.
    case inconclusive
}
