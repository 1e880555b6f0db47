/// The end of an audit log as it was at one moment, kept elsewhere: with it, lines that were cut off or changed at the end
/// show too.
public struct AuditAnchor: Equatable, Sendable {
    /// How many lines the log had.
    public var lines: Int
    /// The SHA-256 of the last of them, 64 digits.
    public var head: String

    /// Makes an anchor.
    public init(lines: Int, head: String) { (self.lines, self.head) = (lines, head) }
}
