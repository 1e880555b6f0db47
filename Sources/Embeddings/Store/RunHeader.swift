import Foundation

/// What the root of a run.h5 says about itself.
public struct RunHeader: Equatable, Sendable {
    /// The schema's name.
    public static let schema = "driftscope"
    /// The schema's version that this code writes; a reader refuses another major number.
    public static let schemaVersion = "1.0"

    /// An identifier of the run, chosen by the caller.
    public var runID: String
    /// When the run began, in ISO 8601 with the zone UTC; the only clock in the file.
    public var created: String
    /// The program's version.
    public var producerVersion: String

    /// Makes a header.
    public init(runID: String, created: Date = Date(), producerVersion: String) {
        self.init(runID: runID, created: created.formatted(.iso8601), producerVersion: producerVersion)
    }

    init(runID: String, created: String, producerVersion: String) {
        self.runID = runID
        self.created = created
        self.producerVersion = producerVersion
    }
}

/// Where numbers of a run belong: the main seed, or a further one kept under `/seeds/<n>`.
public enum RunScope: Hashable, Sendable {
    /// The seed whose snapshots the file holds.
    case main
    /// A further seed.
    case seed(Int)

    /// The prefix of its paths in the file, empty or `/seeds/000002`.
    var prefix: String {
        switch self {
        case .main: ""
        case .seed(let number): "/seeds/" + RunPaths.number(number)
        }
    }
}

/// What a run was made from: named facts and a table of input files.
public struct Provenance: Equatable, Sendable {
    /// One fact.
    public enum Value: Equatable, Sendable {
        /// A text, of any length.
        case string(String)
        /// A whole number.
        case int(Int64)
        /// A number.
        case double(Double)
    }

    /// The facts by name: the study as resolved, command line, seed, threads, model and tokenizer hashes.
    public var facts: [String: Value]
    /// The input files: columns `role`, `name` (string), `bytes` (int64), `sha256` (string).
    public var inputs: Table

    /// Makes a record; `inputs` as (role, name, bytes, SHA-256).
    public init(facts: [String: Value], inputs: [(role: String, name: String, bytes: Int, sha256: String)]) {
        self.facts = facts
        self.inputs = [
            "role": .string(inputs.map(\.role)), "name": .string(inputs.map(\.name)),
            "bytes": .int64(inputs.map { Int64($0.bytes) }), "sha256": .string(inputs.map(\.sha256)),
        ]
    }

    init(facts: [String: Value], inputs: Table) {
        self.facts = facts
        self.inputs = inputs
    }
}

extension Table: ExpressibleByDictionaryLiteral {
    /// A table written as a literal, columns in the order written.
    public init(dictionaryLiteral elements: (String, Column)...) {
        self.init()
        for (name, column) in elements { append(column, as: name) }
    }
}
