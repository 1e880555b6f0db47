/// One row of a delimited text file.
public struct CSVRecord: Sendable, Equatable {
    /// The line of the file on which the row starts, counted from 1 (a quoted cell may span several lines).
    public let line: Int
    /// The cells, as long as the header.
    public let fields: [String]

    /// Makes a row.
    public init(line: Int, fields: [String]) {
        self.line = line
        self.fields = fields
    }
}

/// A streaming parser of RFC 4180 text: bytes in, in pieces of any size; rows out.
///
/// Kept as they are: line ends inside quotes (`\r\n` too), control characters but NUL, a quote inside an unquoted cell.
/// A row ends with `\n` or `\r\n`; a lone `\r` is part of its cell. Blank lines are no rows, and a byte order mark
/// is dropped.
public struct CSVParser {
    private enum State { case fieldStart, unquoted, quoted, quoteInQuoted, carriageReturn, carriageReturnAfterQuote }

    let delimiter: UInt8
    private let place: String
    private var state = State.fieldStart
    private var field: [UInt8] = []
    private var fields: [String] = []
    private var fieldIsQuoted = false
    private var fieldOffset = 0
    private var fieldLine = 1
    private var recordLine = 1
    private var line = 1
    private var offset = 0
    private var markLength = 0

    /// A parser at the start of a file.
    ///
    /// - Parameter place: the file's name, for messages.
    public init(delimiter: UInt8 = UInt8(ascii: ","), place: String) {
        self.delimiter = delimiter
        self.place = place
    }

    /// Takes the next bytes and hands every row that they complete to `row`.
    ///
    /// - Throws: ``InputError`` with the line for a cell that is not UTF-8, holds a NUL byte or goes on after its closing quote, and
    ///   whatever `row` throws.
    public mutating func consume(_ bytes: UnsafeBufferPointer<UInt8>, row: (CSVRecord) throws -> Void) throws {
        var i = 0
        while i < bytes.count {
            let byte = bytes[i]
            if offset == markLength, markLength < 3 {
                if byte == TextCheck.mark[markLength] {
                    markLength += 1
                    advance(byte, &i)
                    continue
                }
                beginWithoutMark()
            }
            switch state {
            case .fieldStart:
                fieldOffset = offset
                fieldLine = line
                if fields.isEmpty { recordLine = line }
                if byte == UInt8(ascii: "\"") {
                    fieldIsQuoted = true
                    state = .quoted
                    advance(byte, &i)
                } else {
                    state = .unquoted
                }
            case .unquoted:
                let end = span(bytes, from: i) { $0 == delimiter || $0 == 10 || $0 == 13 }
                take(bytes, i..<end)
                i = end
                guard i < bytes.count else { continue }
                if bytes[i] == 13 { state = .carriageReturn } else { try finish(at: bytes[i], row) }
                advance(bytes[i], &i)
            case .quoted:
                let end = span(bytes, from: i) { $0 == UInt8(ascii: "\"") }
                for byte in bytes[i..<end] where byte == 10 { line += 1 }
                take(bytes, i..<end)
                i = end
                guard i < bytes.count else { continue }
                state = .quoteInQuoted
                advance(bytes[i], &i)
            case .quoteInQuoted:
                if byte == UInt8(ascii: "\"") {
                    field.append(byte)
                    state = .quoted
                } else if byte == 13 {
                    state = .carriageReturnAfterQuote
                } else if byte == delimiter || byte == 10 {
                    try finish(at: byte, row)
                } else {
                    throw strayText()
                }
                advance(byte, &i)
            case .carriageReturn:
                if byte == 10 {
                    try finish(at: byte, row)
                    advance(byte, &i)
                } else {
                    field.append(13)
                    state = .unquoted
                }
            case .carriageReturnAfterQuote:
                guard byte == 10 else { throw strayText() }
                try finish(at: byte, row)
                advance(byte, &i)
            }
        }
    }

    /// Ends the file: hands over a last row that no line end closes.
    ///
    /// - Throws: ``InputError`` when a quote is still open; the line is that of the opening quote.
    public mutating func finish(row: (CSVRecord) throws -> Void) throws {
        if offset == markLength, markLength < 3 { beginWithoutMark() }
        switch state {
        case .fieldStart where fields.isEmpty: return
        case .quoted:
            throw InputError(
                "a quote that is never closed", at: "\(place) line \(fieldLine)", remedy: "close it or double it")
        case .fieldStart:
            (fieldOffset, fieldLine) = (offset, line)
            try finish(at: 10, row)
        default: try finish(at: 10, row)
        }
    }

    private mutating func advance(_ byte: UInt8, _ index: inout Int) {
        if byte == 10 { line += 1 }
        index += 1
        offset += 1
    }

    /// The file starts with one or two bytes of a mark and goes on differently: they belong to the first cell.
    private mutating func beginWithoutMark() {
        if markLength > 0 {
            field += TextCheck.mark[..<markLength]
            state = .unquoted
        }
        markLength = 3
    }

    private func span(
        _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, until stop: (UInt8) -> Bool
    ) -> Int {
        var end = start
        while end < bytes.count, !stop(bytes[end]) { end += 1 }
        return end
    }

    private mutating func take(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
        field.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[range]))
        offset += range.count
    }

    /// Closes the cell, and the row too when `byte` is a line end.
    private mutating func finish(at byte: UInt8, _ row: (CSVRecord) throws -> Void) throws {
        let isBlankLine = byte == 10 && fields.isEmpty && field.isEmpty && !fieldIsQuoted
        if !isBlankLine { fields.append(try text()) }
        field.removeAll(keepingCapacity: true)
        fieldIsQuoted = false
        state = .fieldStart
        guard byte == 10, !isBlankLine else { return }
        let record = CSVRecord(line: recordLine, fields: fields)
        fields.removeAll(keepingCapacity: true)
        try row(record)
    }

    private func text() throws -> String {
        let valid = String(validating: field, as: UTF8.self)
        if let valid, !field.contains(0) { return valid }
        // The place in the file: an opening quote and one more byte for every doubled quote before it.
        let index = valid == nil ? TextCheck.firstInvalid(in: field) : field.firstIndex(of: 0) ?? 0
        let quotes = fieldIsQuoted ? 1 + field[..<index].count { $0 == UInt8(ascii: "\"") } : 0
        let (offset, line) = (fieldOffset + index + quotes, fieldLine + TextCheck.line(of: index, in: field) - 1)
        throw valid == nil
            ? TextCheck.invalid(field[index], offset: offset, line: line, place: place)
            : TextCheck.zero(offset: offset, line: line, place: place)
    }

    private func strayText() -> InputError {
        InputError(
            "text after a closing quote", at: "\(place) line \(line)", remedy: "double the quotes inside a quoted cell")
    }
}
