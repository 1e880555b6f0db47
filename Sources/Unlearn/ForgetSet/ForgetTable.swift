import FileSupport
import Foundation

/// A forget file in memory, whatever its format: named columns of text cells.
package struct ForgetTable: Sendable {
    package var table: CSVTable
    /// `csv`, `tsv` or `json-lines`.
    var format: String
    var bytes: Int
    var sha256: String

    /// Reads CSV, or TSV (`.tsv`, `.tab`), or JSON lines (`.jsonl`, `.ndjson`, `.json`), by the file's ending.
    package static func read(_ path: String) throws -> ForgetTable {
        let bytes = try Input.bytes(path)
        let delimiter = CSVTable.delimiter(of: path)
        let isLines = ["jsonl", "ndjson", "json"].contains((path as NSString).pathExtension.lowercased())
        return ForgetTable(
            table: isLines
                ? try jsonLines(bytes, place: path) : try CSVTable.parse(bytes, place: path, delimiter: delimiter),
            format: isLines ? "json-lines" : delimiter == UInt8(ascii: "\t") ? "tsv" : "csv", bytes: bytes.count,
            sha256: SHA256Hex.of(bytes))
    }

    /// One object a line; the columns are all keys in the order of their first use, and a missing or null member is
    /// an empty cell. Lists and objects become cells of JSON text, which ``ListCell`` and ``SpanCell`` read.
    private static func jsonLines(_ bytes: [UInt8], place: String) throws -> CSVTable {
        var header: [String] = []
        var columns: [String: Int] = [:]
        var rows: [(line: Int, cells: [Int: String])] = []
        for (line, cursor) in try JSONLines.parse(bytes, place: place) {
            var cells: [Int: String] = [:]
            for (key, member) in try cursor.members() {
                let column = columns[key] ?? header.count
                if column == header.count {
                    columns[key] = column
                    header.append(key)
                }
                let text = cell(member.value)
                guard !text.utf8.contains(0) else {
                    throw member.error("a NUL character, which no text holds", remedy: "remove it")
                }
                cells[column] = text
            }
            rows.append((line, cells))
        }
        guard !rows.isEmpty else {
            throw InputError("the file is empty", at: place, remedy: "give a file with one JSON object a line")
        }
        let records = rows.map { row in CSVRecord(line: row.line, fields: header.indices.map { row.cells[$0] ?? "" }) }
        return CSVTable(place: place, header: header, records: records)
    }

    private static func cell(_ value: JSON) -> String {
        switch value {
        case .null: ""
        case .string(let text): text
        default: value.compact
        }
    }
}
