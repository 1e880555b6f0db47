/// Whether a robustness check of rule 4 has to pass.
public enum CheckRequirement: String, Codable, Sendable, Equatable {
    /// The check must be computed and pass before a verdict is "supported".
    case required
    /// The study says that the check does not apply; the verdict says so too.
    case notApplicable = "not-applicable"
}

/// What a user can turn in an analysis.
public struct AnalysisSettings: Codable, Sendable, Equatable {
    /// Seed of every draw.
    public var seed: UInt64 = 1
    /// Draws of a bootstrap.
    public var bootstrapDraws: Int = 10_000
    /// Draws of matched control sets.
    public var controlDraws: Int = 10_000
    /// Coverage of every interval; the equivalence check uses the same interval.
    public var level: Double = 0.95
    /// Level of every test.
    public var alpha: Double = 0.05
    /// Power at which the smallest detectable change is given.
    public var power: Double = 0.8
    /// Equivalence margin on τ, in nats per token, fixed in the study beforehand.
    public var margin: Double = 0.02
    /// Least number of null models for a verdict.
    public var minimumNullDraws: Int = 199
    /// Least number of eligible control words for each cluster word.
    public var minimumControls: Int = 20
    /// Least number of items for a check on a part of the items.
    public var minimumItems: Int = 20
    /// Neighbours listed for a word.
    public var neighbours: Int = 10
    /// Most moved words whose neighbours are listed, per domain.
    public var movedWords: Int = 5
    /// Whether rule 4 asks that the finding holds with the common part removed.
    public var commonPartCheck: CheckRequirement = .required
    /// Whether rule 4 asks that the finding holds on unexposed words.
    public var unexposedCheck: CheckRequirement = .required

    /// The defaults.
    public init() {}
}
