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
    /// Items that would decide an inconclusive verdict, or show a bias of the target that is not assessable.
    public var itemsToDecide: Int?
    /// What that number rests on, or why there is none.
    public var itemsReason: String?
}

/// One condition of a rule.
public struct DecidingNumber: Codable, Sendable, Equatable {
    /// The rule that asks.
    public var rule: VerdictOutcome
    /// What is asked of.
    public var quantity: DecidingQuantity
    /// The number; nil when not computed.
    public var value: Double?
    /// Its interval, where the interval decides.
    public var interval: Interval?
    /// What it is compared with.
    public var threshold: Double?
    /// The condition, such as `interval excludes 0` or `< 0.05`.
    public var condition: String
    /// Whether the condition holds; nil when it could not be decided.
    public var holds: Bool?
    /// Why it could not be decided, or what the number rests on.
    public var note: String?
    /// Whether the study says that the check does not apply.
    public var isWaived = false

    /// What is asked of, in words.
    public var name: String { quantity.description }

    /// The note of a check that the study waives.
    static let waived = "the study marks this check as not applicable"
}

/// What a rule of the verdict looks at.
public enum DecidingQuantity: Codable, Sendable, Equatable, CustomStringConvertible {
    /// A measure of quality on a text.
    case budget(String, on: String)
    /// Any budget, where the study has none.
    case budgets
    /// Damage as a whole.
    case damage
    /// The even part of a domain's response at α = 1.
    case evenPart(String)
    /// A domain's bias before.
    case biasBefore(String)
    /// τ of a domain.
    case change(String)
    /// The same with the common shift removed.
    case changeWithoutCommonShift(String)
    /// The same on items whose group words are unexposed.
    case changeOnUnexposed(String)
    /// The corrected p of the excess over null models of one kind; nil where no kind has enough draws.
    case excess(over: String?)
    /// The p of the movement of a domain's unexposed words in the target subspace.
    case wordMovement(String)

    /// Whether the number is a p.
    public var isProbability: Bool {
        switch self {
        case .excess, .wordMovement: true
        default: false
        }
    }

    /// The quantity as a reader says it.
    public var description: String {
        switch self {
        case .budget(let name, let text): "\(name) on \(text)"
        case .budgets: "quality budget"
        case .damage: "damage"
        case .evenPart(let domain): "even part of \(domain) at α = 1"
        case .biasBefore(let domain): "bias of \(domain) before"
        case .change(let domain): "τ of \(domain)"
        case .changeWithoutCommonShift(let domain): "τ of \(domain) with the common shift removed"
        case .changeOnUnexposed(let domain): "τ of \(domain) on items whose group words are unexposed"
        case .excess(let kind): "p of the excess\(kind.map { " over " + $0 } ?? "") after Holm"
        case .wordMovement(let domain):
            "p of the share of unexposed \(domain) words' movement in the target subspace, common shift removed"
        }
    }
}

/// The six outcomes, in the order in which the rules are asked; the raw values are the words of page, command line and
/// report.json.
public enum VerdictOutcome: String, Codable, Sendable, Equatable, CaseIterable {
    /// The model is damaged, so that a change of bias says nothing.
    case damage
    /// No bias of the target was found at baseline, so that transfer from it can be neither shown nor ruled out.
    case notAssessable = "not assessable"
    /// Any change lies within the margin that was fixed beforehand.
    case noTransfer = "no transfer"
    /// The bias of this domain fell with the target's, beyond matched updates without a target.
    case transferSupported = "transfer supported"
    /// The bias of this domain grew while the target's fell, beyond matched updates without a target.
    case negativeTransfer = "negative transfer"
    /// None of these can be said at this N.
    case inconclusive
}
