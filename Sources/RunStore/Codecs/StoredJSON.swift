import FileSupport
import Foundation

/// Values as the store keeps them: JSON with sorted keys, and numbers that are not finite as the texts `NaN`, `inf`, `-inf`.
package enum StoredJSON {
    package static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "NaN")
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// The value of a text that ``text(_:)`` made.
    package static func value<T: Decodable>(_ text: String) throws -> T {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "NaN")
        return try decoder.decode(T.self, from: Data(text.utf8))
    }

    /// What is wrong with a text, in words.
    static func fault(_ error: any Error) -> String {
        func place(_ path: [any CodingKey]) -> String {
            path.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
        }
        switch error as? DecodingError {
        case .keyNotFound(let key, let context): return "has no key `\(place(context.codingPath + [key]))`"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            return "holds something else under `\(place(context.codingPath))`"
        case .dataCorrupted(let context) where !context.codingPath.isEmpty:
            return "holds an unknown value under `\(place(context.codingPath))`"
        default: return "is no JSON"
        }
    }
}

extension HDF5Group {
    /// Writes a value as one text; `null` for none.
    func writeJSON(_ name: String, _ value: (some Encodable)?) throws {
        try writeScalar(name, try value.map { try StoredJSON.text($0) } ?? "null")
    }

    /// The value of a text; nil for `null`.
    ///
    /// - Throws: `InputError` that names the text and what is wrong in it.
    package func readJSON<T: Decodable>(_ name: String, _: T.Type = T.self) throws -> T? {
        let text = try readText(name)
        if text.isEmpty || text == "null" { return nil }
        do { return try StoredJSON.value(text) } catch {
            throw damaged("`\(name)` of \(path) \(StoredJSON.fault(error))")
        }
    }

    func readText(_ name: String) throws -> String { try only(try array(name).readStrings(), name) }

    func readInt(_ name: String) throws -> Int { Int(try only(try array(name).read(Int64.self), name)) }

    private func only<Value>(_ values: [Value], _ name: String) throws -> Value {
        guard values.count == 1 else { throw damaged("`\(name)` of \(path) holds \(values.count) values, not one") }
        return values[0]
    }
}
