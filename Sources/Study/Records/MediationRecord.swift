import Analyze
import Embeddings

/// What the mediation stage stores under /mediation.
struct MediationRecord: Codable, Equatable {
    /// One site of one subject.
    struct Site: Codable, Equatable {
        var subject: String
        var site: String
        var targetRank: Int
        var subjectRank: Int
        var cosines: [Double]
        var thresholds: [Double]
        var shared: Int
    }

    /// The subspaces.
    var tables: [MediationTable] = []
    /// How they came about.
    var sites: [Site] = []
    /// Sentences in which words were read.
    var templates = 0
    /// What was left out, with reasons.
    var notDone: [NotComputed] = []

    static let name = "mediation"

    /// The record as the store keeps it.
    func record() throws -> StoredRecord { try StageRecord.record(self, tables: columns) }

    private var columns: [String: Embeddings.Table] {
        let rows = sites
        var sites = Embeddings.Table()
        sites.append(.string(rows.map(\.subject)), as: "subject")
        sites.append(.string(rows.map(\.site)), as: "site")
        sites.append(.int64(rows.map { Int64($0.targetRank) }), as: "target_rank")
        sites.append(.int64(rows.map { Int64($0.subjectRank) }), as: "subject_rank")
        sites.append(.int64(rows.map { Int64($0.shared) }), as: "shared")
        sites.append(.double(rows.map { $0.cosines.first ?? .nan }), as: "first_cosine")
        sites.append(.double(rows.map { $0.thresholds.first ?? .nan }), as: "first_threshold")
        return ["sites": sites]
    }
}
