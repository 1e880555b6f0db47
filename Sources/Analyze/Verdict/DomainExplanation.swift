import Records

/// Why one domain moved, or did not.
public struct DomainExplanation: Codable, Sendable, Equatable {
    /// Domain.
    public var domain: String
    /// What carries the change; empty when there is no change to explain.
    public var carriers: [Explanation]
    /// The explanation in one sentence.
    public var sentence: String
    /// The eight rival explanations in fixed order.
    public var rivals: [Rival]
}

/// A rival explanation with what speaks for and against it.
public struct Rival: Codable, Sendable, Equatable {
    /// Which one.
    public var explanation: Explanation
    /// What the evidence says.
    public var standing: SupportLevel
    /// What speaks for it.
    public var evidenceFor: [Evidence]
    /// What speaks against it.
    public var evidenceAgainst: [Evidence]
    /// What was not tested, with reasons.
    public var open: [String]
}

/// One line of evidence.
public struct Evidence: Codable, Sendable, Equatable {
    /// What it says, without its number.
    public var text: String
    /// The number.
    public var value: Double?
    /// Its interval.
    public var interval: Interval?
    /// What it is compared with.
    public var threshold: Double?
    /// Whether the number is a p.
    public var isProbability = false
}

/// The rival explanations of a transfer, in the order in which a report lists them.
public enum Explanation: String, Codable, Sendable, Equatable, CaseIterable {
    /// Target and domain share directions in which groups are told apart.
    case sharedSubspace = "shared identity subspace"
    /// The same harmful words serve both domains.
    case sharedWords = "shared harmful words"
    /// Every row moves with the same hidden states.
    case sharedContexts = "shared contexts"
    /// The model got worse at everything.
    case damage = "general damage"
    /// Forget sentences speak of the other domain.
    case leakage = "leakage in the forget set"
    /// The optimiser moves what has no gradient to speak of.
    case optimizer = "optimiser artefact"
    /// The benchmark's items show a change that is not one.
    case benchmark = "benchmark artefact"
    /// The retain term did it.
    case retain = "the retain term"
}

/// What the evidence says of an explanation.
public enum SupportLevel: String, Codable, Sendable, Equatable, CaseIterable {
    /// The evidence is for it.
    case supported
    /// The evidence is against it.
    case contradicted
    /// Evidence stands on both sides, or does not decide.
    case undecided
    /// Nothing was computed that would tell.
    case notTested = "not tested"
}
