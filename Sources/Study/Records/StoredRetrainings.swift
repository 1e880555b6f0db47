import Analyze
import Embeddings

/// What a run keeps of its retrainings beside their scores.
struct StoredRetrainings: Codable {
    /// The record's name in run.h5.
    static let name = "retrainings"

    /// KL(θ0 ‖ θ1) of the run on the probe, in nats a token; nil until something was retrained.
    var targetKL: Double?
    /// The run itself, then its retrainings.
    var reruns: [Retraining] = []

    /// The record as the store keeps it.
    func record() throws -> StoredRecord {
        var table = Table()
        table.append(.string(reruns.map(\.name)), as: "name")
        table.append(.string(reruns.map(\.purpose.rawValue)), as: "purpose")
        table.append(.string(reruns.map(\.change)), as: "change")
        table.append(.string(reruns.map(\.forgotten)), as: "forgotten")
        table.append(.int64(reruns.map { Int64($0.seed) }), as: "seed")
        table.append(.int64(reruns.map { Int64($0.sentences) }), as: "sentences")
        table.append(.int64(reruns.map { Int64($0.harmfulTokens) }), as: "harmful_tokens")
        table.append(.int64(reruns.map { Int64($0.steps) }), as: "steps")
        table.append(.double(reruns.map(\.alpha)), as: "alpha")
        table.append(.string(reruns.map { $0.reason ?? "" }), as: "reason")
        return try StageRecord.record(self, tables: [Self.name: table])
    }

    /// The record of a run; nil when there is none.
    static func read(_ reader: RunReader) throws -> StoredRetrainings? {
        try StageRecord.read(Self.self, name, from: reader)
    }
}
