/// What a domain is in a study.
public enum DomainRole: String, Codable, Sendable, Equatable, CaseIterable {
    /// The domain whose bias is forgotten.
    case target
    /// A domain in which transfer is asked for.
    case transfer
    /// A domain that should not move.
    case control
}

/// A domain and its role.
public struct AnalysisDomain: Codable, Sendable, Equatable {
    /// The name in the study, such as `gender`.
    public var name: String
    /// What the study asks of it.
    public var role: DomainRole

    /// Names a domain.
    public init(name: String, role: DomainRole) {
        self.name = name
        self.role = role
    }
}

/// An analysis that could not be done.
public struct NotComputed: Codable, Sendable, Hashable {
    /// What is missing, such as `null of age on pairs`.
    public var what: String
    /// Why.
    public var reason: String

    /// Names what is missing.
    public init(what: String, reason: String) {
        self.what = what
        self.reason = reason
    }
}

/// An interval of an estimate.
public struct Interval: Codable, Sendable, Equatable {
    /// Lower end.
    public var lower: Double
    /// Upper end.
    public var upper: Double

    /// An interval between two ends.
    public init(lower: Double, upper: Double) {
        self.lower = lower
        self.upper = upper
    }
}
