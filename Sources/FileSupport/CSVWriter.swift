/// Builds delimited text by RFC 4180 that ``CSVTable`` reads back cell for cell.
public struct CSVWriter: Sendable {
    private let delimiter: UInt8
    private let columns: Int
    /// The text so far, UTF-8.
    public private(set) var bytes: [UInt8] = []

    /// A writer whose first row is the header.
    public init(header: [String], delimiter: UInt8 = UInt8(ascii: ",")) {
        self.delimiter = delimiter
        columns = header.count
        append(header)
    }

    /// Adds a row, as long as the header; quotes what needs it and ends the row with `\n`.
    public mutating func append(_ fields: [String]) {
        precondition(fields.count == columns, "\(fields.count) cells for \(columns) columns")
        for (index, field) in fields.enumerated() {
            if index > 0 { bytes.append(delimiter) }
            if needsQuotes(field, isFirstCell: bytes.isEmpty) {
                bytes.append(UInt8(ascii: "\""))
                for byte in field.utf8 {
                    if byte == UInt8(ascii: "\"") { bytes.append(byte) }
                    bytes.append(byte)
                }
                bytes.append(UInt8(ascii: "\""))
            } else {
                bytes += field.utf8
            }
        }
        bytes.append(10)
    }

    private func needsQuotes(_ field: String, isFirstCell: Bool) -> Bool {
        // A lone empty cell would be a blank line, and a leading U+FEFF a byte order mark; a reader drops both.
        if field.isEmpty { return columns == 1 }
        if isFirstCell, field.utf8.starts(with: [0xEF, 0xBB, 0xBF]) { return true }
        return field.utf8.contains { $0 == delimiter || $0 == UInt8(ascii: "\"") || $0 == 10 || $0 == 13 }
    }
}
