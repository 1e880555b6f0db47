import Analyze
import Embeddings

/// What a study expects before anything is changed, as it is kept.
struct StoredForecast: Codable, Equatable {
    /// The record's name in run.h5.
    static let name = "forecast"

    /// A forecast a benchmark.
    var tables: [ForecastTable]
    /// Mini-batches whose gradients made the update.
    var batches: Int
    /// Steps that the update is scaled to.
    var steps: Int

    /// The record as the store keeps it.
    func record() throws -> StoredRecord {
        let rows = tables.flatMap { table in table.entries.map { (table.benchmark, $0) } }
        var table = Table()
        table.append(.string(rows.map(\.0)), as: "benchmark")
        table.append(.string(rows.map(\.1.domain)), as: "domain")
        table.append(.int64(rows.map { Int64($0.1.items) }), as: "items")
        table.append(.double(rows.map(\.1.bias)), as: "bias")
        table.append(.double(rows.map(\.1.predicted)), as: "predicted")
        table.append(.double(rows.map(\.1.cosine)), as: "cosine")
        table.append(.double(rows.map { $0.1.plainCosine ?? .nan }), as: "plain_cosine")
        table.append(.double(rows.map { $0.1.overlap ?? .nan }), as: "overlap")
        table.append(.double(rows.map(\.1.sharedWords)), as: "shared_words")
        return try StageRecord.record(self, tables: [Self.name: table])
    }

    /// The record of a run; nil when there is none.
    static func read(_ reader: RunReader) throws -> StoredForecast? {
        try StageRecord.read(Self.self, name, from: reader)
    }
}

/// The change of labels that only the forecast looks at, once the model after is there.
struct StoredForecastOutcome: Codable {
    /// The record's name in run.h5.
    static let name = "forecast-outcome"

    /// B_d(θ1) − B_d(θ0) by benchmark and label.
    var actual: [String: [String: Double]]

    /// The record of a run; nil when there is none.
    static func read(_ reader: RunReader) throws -> StoredForecastOutcome? {
        try StageRecord.read(Self.self, name, from: reader)
    }
}
