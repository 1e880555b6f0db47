/// What a domain is in a study.
public enum DomainRole: String, Codable, Sendable, Equatable, CaseIterable {
    /// A domain whose bias is forgotten.
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
        (self.name, self.role) = (name, role)
    }
}

extension Sequence<AnalysisDomain> {
    /// The names of the domains whose bias is forgotten, in the order of the study.
    package var targets: [String] { filter { $0.role == .target }.map(\.name) }
}

extension Sequence<String> {
    /// The words in a row as a sentence has them: `a`, `a and b`, `a, b and c`.
    package func inWords(_ word: String = "and") -> String {
        let all = Array(self)
        guard let last = all.last, all.count > 1 else { return all.first ?? "" }
        return all.dropLast().joined(separator: ", ") + " \(word) " + last
    }
}

/// An analysis that could not be done.
public struct NotComputed: Codable, Sendable, Hashable {
    /// The parts of an explanation that a reader looks for.
    public enum Kind: String, Codable, Sendable {
        /// Ablations of the forget set.
        case ablations
        /// Alignment of the update with each bias.
        case alignment
        /// What sentences and words contributed.
        case contributions
        /// What moved the embedding rows.
        case decomposition
        /// The forecast.
        case forecast
        /// The transfer matrix.
        case matrix
        /// Shared directions taken out of the update.
        case mediation
        /// The null of neutral words.
        case neutralWords
        /// Components of the update put in alone or left out.
        case patching
        /// Retrainings of other kinds.
        case retrainings
    }

    /// What is missing, such as `null of age on pairs`.
    public var what: String
    /// Why.
    public var reason: String
    /// The part of an explanation that is missing; nil for any other number, and in runs older than this.
    public var kind: Kind?

    /// Names what is missing.
    public init(what: String, reason: String, kind: Kind? = nil) {
        (self.what, self.reason, self.kind) = (what, reason, kind)
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
        (self.lower, self.upper) = (lower, upper)
    }
}
