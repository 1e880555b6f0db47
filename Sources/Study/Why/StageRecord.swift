import Embeddings
import Foundation

/// What a stage stores beside its scored models: one value as JSON. Numbers that are not finite are the texts `NaN`, `inf`,
/// `-inf`.
enum StageRecord {
    /// A record of a value.
    static func record(_ value: some Encodable, tables: [String: Table] = [:]) throws -> StoredRecord {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "NaN")
        return StoredRecord(json: String(decoding: try encoder.encode(value), as: UTF8.self), tables: tables)
    }

    /// The value of a record; nil when the run has none.
    static func read<T: Decodable>(_: T.Type, _ name: String, from reader: RunReader) throws -> T? {
        guard let record = try reader.storedRecord(name) else { return nil }
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "NaN")
        return try decoder.decode(T.self, from: Data(record.json.utf8))
    }
}
