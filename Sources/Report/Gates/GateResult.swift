/// What a gate says.
public enum GateStatus: String, Codable, Sendable, CaseIterable {
    /// The condition is false.
    case pass
    /// The condition is true: the process exits with 1, after the report is written.
    case fail
    /// The condition is false, but an interval or a non-finite number leaves doubt.
    case warning
    /// The number was not computed.
    case skipped
    /// There is no such number.
    case error
}

/// A gate with its outcome.
public struct GateResult: Sendable, Equatable {
    /// The gate as given.
    public var expression: String
    /// What it says.
    public var status: GateStatus
    /// The number found; nil when there is none.
    public var value: Double?
    /// Why, in words.
    public var reason: String
}
