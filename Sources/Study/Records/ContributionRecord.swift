import Analyze
import Embeddings

/// What the stage of contributions stores under /contributions.
struct ContributionRecord: Codable, Equatable {
    /// Contributions on the leading benchmark.
    var tables: [ContributionTable] = []
    /// What was left out, with reasons.
    var notDone: [NotComputed] = []

    static let name = "contributions"

    /// The record as the store keeps it.
    func record() throws -> StoredRecord {
        try StageRecord.record(self, tables: tables.first.map(Self.columns) ?? [:])
    }

    private static func columns(_ table: ContributionTable) -> [String: Embeddings.Table] {
        var sentences = Embeddings.Table()
        sentences.append(.string(table.sentences), as: "sentence")
        sentences.append(.string(table.digests), as: "sha256")
        sentences.append(.int64(table.uses.map(Int64.init)), as: "uses")
        var words = Embeddings.Table()
        words.append(.string(table.words), as: "word")
        words.append(.int64(table.wordUses.map(Int64.init)), as: "uses")
        words.append(.string(table.usedAgainst.map { $0.joined(separator: " ") }), as: "used_against")
        for (d, domain) in table.domains.enumerated() {
            sentences.append(.double(table.bySentence[d]), as: "contribution_" + RunPaths.safe(domain))
            words.append(.double(table.byWord[d]), as: "contribution_" + RunPaths.safe(domain))
        }
        return ["sentences": sentences, "words": words]
    }
}
