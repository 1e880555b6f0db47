import Embeddings
import Foundation

/// What a stage stores beside its scored models: one value as JSON.
enum StageRecord {
    /// A record of a value.
    static func record(_ value: some Encodable, tables: [String: Table] = [:]) throws -> StoredRecord {
        StoredRecord(json: try StoredJSON.text(value), tables: tables)
    }

    /// The value of a record; nil when the run has none.
    static func read<T: Decodable>(_: T.Type, _ name: String, from reader: RunReader) throws -> T? {
        try reader.storedRecord(name).map { try StoredJSON.value($0.json) }
    }
}

/// Values as the store keeps them: JSON with sorted keys, and numbers that are not finite as the texts `NaN`, `inf`, `-inf`.
enum StoredJSON {
    /// The text of a value.
    static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "NaN")
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// The value of a text that ``text(_:)`` made.
    static func value<T: Decodable>(_ text: String) throws -> T {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "NaN")
        return try decoder.decode(T.self, from: Data(text.utf8))
    }
}
