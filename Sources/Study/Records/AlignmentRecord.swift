import Analyze
import Embeddings

/// What the alignment stage stores under /gradients.
struct AlignmentRecord: Codable, Equatable {
    /// Alignment by benchmark and domain.
    var tables: [AlignmentTable] = []
    /// Neutral minimal pairs.
    var neutralPairs: [NeutralPairs] = []
    /// What was left out, with reasons.
    var notDone: [NotComputed] = []

    static let name = "gradients"

    /// The record as the store keeps it.
    func record() throws -> StoredRecord { try StageRecord.record(self, tables: columns) }

    private var columns: [String: Embeddings.Table] {
        let rows = tables.flatMap { table in table.parts.map { (table, $0) } }
        var parts = Embeddings.Table()
        parts.append(.string(rows.map { $0.0.benchmark }), as: "benchmark")
        parts.append(.string(rows.map { $0.0.domain }), as: "domain")
        parts.append(.string(rows.map { $0.1.part }), as: "part")
        parts.append(.int64(rows.map { Int64($0.1.layer ?? -1) }), as: "layer")
        parts.append(.double(rows.map { $0.1.start }), as: "start")
        parts.append(.double(rows.map { $0.1.path }), as: "path")
        parts.append(.double(rows.map { $0.1.norm }), as: "norm")
        var pairs = Embeddings.Table()
        pairs.append(.double(neutralPairs.flatMap(\.before)), as: "before")
        pairs.append(.double(neutralPairs.flatMap(\.after)), as: "after")
        return ["alignment": parts, "neutral_pairs": pairs]
    }
}
