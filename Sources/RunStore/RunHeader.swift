import Foundation
import Records

/// What the root of a run.h5 says about itself.
public struct RunHeader: Equatable, Sendable {
    /// The schema's name.
    public static let schema = "driftscope"
    /// The schema's version that this code writes; a reader refuses another major number.
    public static let schemaVersion = "1.1"

    /// An identifier of the run, chosen by the caller.
    public var runID: String
    /// When the run began, in ISO 8601 with the zone UTC; the only clock in the file.
    public var created: String
    /// The program's version.
    public var producerVersion: String
    /// The end of the run's audit log when the file was written; nil where there is none, and before version 1.1.
    public var audit: AuditAnchor?

    /// Makes a header.
    public init(runID: String, created: Date = Date(), producerVersion: String) {
        (self.runID, self.producerVersion) = (runID, producerVersion)
        self.created = created.formatted(.iso8601)
    }
}
