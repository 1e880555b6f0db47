import Foundation

/// A delimited text file (CSV, TSV) with a header, in memory.
public struct CSVTable: Sendable, Equatable {
    /// Where it was read from, for messages.
    public let place: String
    /// The column names, as written.
    public let header: [String]
    /// The rows, each as long as the header.
    public let records: [CSVRecord]

    /// Makes a table; every record must be as long as the header.
    public init(place: String, header: [String], records: [CSVRecord]) {
        precondition(records.allSatisfy { $0.fields.count == header.count })
        self.place = place
        self.header = header
        self.records = records
    }

    /// Reads a file.
    ///
    /// - Parameter delimiter: the byte between cells; nil takes a tab for `.tsv` and `.tab` and a comma otherwise.
    /// - Throws: ``InputError`` for a missing or empty file, a web page or a Git LFS pointer in its place, another encoding,
    ///   delimiter or end of lines, a row whose length differs from the header's, an open quote, invalid UTF-8, a NUL
    ///   byte; the last four with the line.
    public static func read(_ path: String, delimiter: UInt8? = nil) throws -> CSVTable {
        var header: [String] = []
        var records: [CSVRecord] = []
        try forEachRecord(path, delimiter: delimiter) {
            header = $0
        } row: {
            records.append($0)
        }
        return CSVTable(place: path, header: header, records: records)
    }

    /// Parses bytes in memory; `place` names them in messages. See ``read(_:delimiter:)``.
    public static func parse(
        _ bytes: [UInt8], place: String, delimiter: UInt8 = UInt8(ascii: ",")
    ) throws -> CSVTable {
        var header: [String] = []
        var records: [CSVRecord] = []
        var blocks = [Data(bytes)]
        try split(CSVParser(delimiter: delimiter, place: place), place) {
            blocks.popLast()
        } header: {
            header = $0
        } row: {
            records.append($0)
        }
        return CSVTable(place: place, header: header, records: records)
    }

    /// Reads a file of any size, a block at a time, and hands over its header and then its rows.
    public static func forEachRecord(
        _ path: String, delimiter: UInt8? = nil, header useHeader: ([String]) throws -> Void,
        row: (CSVRecord) throws -> Void
    ) throws {
        let handle = try Input.open(path).handle
        defer { try? handle.close() }
        let parser = CSVParser(delimiter: delimiter ?? Self.delimiter(of: path), place: path)
        var start = try handle.read(upToCount: 1 << 20)
        try Input.requireContent(start ?? Data(), at: path)
        func block() throws -> Data? {
            defer { start = nil }
            return try start ?? handle.read(upToCount: 1 << 20)
        }
        try split(parser, path, block: block, header: useHeader, row: row)
    }

    /// Hands over the header and then the rows of a text that comes block by block.
    private static func split(
        _ start: CSVParser, _ place: String, block: () throws -> Data?, header useHeader: ([String]) throws -> Void,
        row: (CSVRecord) throws -> Void
    ) throws {
        var (parser, header, hasRows): (CSVParser, [String]?, Bool) = (start, nil, false)
        func sort(_ record: CSVRecord) throws {
            guard let names = header else {
                try requireDelimited(record.fields, by: start.delimiter, place)
                header = record.fields
                return try useHeader(record.fields)
            }
            guard record.fields.count == names.count else {
                throw InputError(
                    "\(record.fields.count) cells where the header has \(names.count)",
                    at: "\(place) line \(record.line)", remedy: "quote cells that hold the delimiter or a line end")
            }
            hasRows = true
            try row(record)
        }
        var isFirst = true
        while let block = try block(), !block.isEmpty {
            if isFirst { try TextCheck.requireNoWideText(block, place: place) }
            isFirst = false
            try block.withUnsafeBytes { try parser.consume($0.bindMemory(to: UInt8.self), row: sort) }
        }
        try parser.finish(row: sort)
        guard let names = header else {
            throw InputError("the file is empty", at: place, remedy: "give a file with a header line")
        }
        if !hasRows, names.contains(where: { $0.unicodeScalars.contains("\r") }) {
            throw InputError(
                "lines that end with a lone carriage return", at: place,
                remedy: "save it with line feeds, for example with tr '\\r' '\\n'")
        }
    }

    /// Refuses a header that only another delimiter takes apart.
    private static func requireDelimited(_ header: [String], by delimiter: UInt8, _ place: String) throws {
        guard header.count == 1 else { return }
        func isTaken(apart separator: UInt8) -> Bool {
            let names = header[0].unicodeScalars.split(
                separator: Unicode.Scalar(separator), omittingEmptySubsequences: false)
            return names.count > 1 && names.allSatisfy { !$0.isEmpty }
        }
        let separators: [(byte: UInt8, name: String, remedy: String)] = [
            (UInt8(ascii: "\t"), "tabs", "name it .tsv"), (UInt8(ascii: ","), "commas", "name it .csv"),
            (UInt8(ascii: ";"), "semicolons", "save it with commas"),
            (UInt8(ascii: "|"), "bars", "save it with commas"),
        ]
        func name(_ byte: UInt8) -> String { separators.first { $0.byte == byte }?.name ?? "\(Unicode.Scalar(byte))" }
        for found in separators where found.byte != delimiter && isTaken(apart: found.byte) {
            throw InputError(
                "columns separated by \(found.name), and \(name(delimiter)) are wanted", at: place, remedy: found.remedy
            )
        }
    }

    /// The index of a column.
    ///
    /// - Throws: ``InputError`` that names the nearest column when there is none of this name, or says that there
    ///   are two.
    public func column(_ name: String) throws -> Int {
        guard let index = header.firstIndex(of: name) else {
            let known = header.map { "`\($0)`" }.joined(separator: ", ")
            let nearest = NearestName.of(name, among: header).map { "did you mean `\($0)`? " } ?? ""
            throw InputError("no column `\(name)`", at: place, remedy: "\(nearest)its columns are \(known)")
        }
        guard header.lastIndex(of: name) == index else {
            throw InputError("two columns are called `\(name)`", at: place, remedy: "rename one of them")
        }
        return index
    }

    /// The index of a column, or nil when there is none of this name.
    public func columnIfPresent(_ name: String) throws -> Int? {
        header.contains(name) ? try column(name) : nil
    }

    /// Whether a file is a table with a column of this name; false for what cannot be read.
    public static func hasColumn(_ name: String, _ path: String) -> Bool {
        struct Seen: Error {}
        var hasColumn = false
        // The header is all there is to see: reading ends at the first row.
        try? forEachRecord(path, header: { hasColumn = $0.contains(name) }, row: { _ in throw Seen() })
        return hasColumn
    }

    /// The delimiter that a file's ending stands for.
    public static func delimiter(of path: String) -> UInt8 {
        ["tsv", "tab"].contains((path as NSString).pathExtension.lowercased()) ? UInt8(ascii: "\t") : UInt8(ascii: ",")
    }
}
