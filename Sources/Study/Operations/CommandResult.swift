import FileSupport

/// What a command prints: text for people, JSON for machines.
package struct CommandResult: Sendable {
    /// Lines for people, each ended.
    package let text: String
    /// The same for machines.
    package let json: JSON
}

/// Lines of aligned columns.
struct TextTable {
    private var rows: [[String]] = []
    /// Text after the columns, as long as it likes.
    private var ends: [String] = []

    init(_ header: [String], last: String = "") { add(header, last: last) }

    /// A name and a text a line.
    init(_ lines: [(String, String)]) { for (name, text) in lines { add([name], last: text) } }

    mutating func add(_ row: [String], last: String = "") {
        rows.append(row.map(\.oneLine))
        ends.append(last.oneLine)
    }

    /// The first column and the last text to the left, the others to the right.
    var text: String {
        let widths = (0..<(rows.first?.count ?? 0)).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return zip(rows, ends).map { row, end in
            var line = ""
            for (i, cell) in row.enumerated() {
                let pad = String(repeating: " ", count: widths[i] - cell.count)
                line += (i == 0 ? "" : "  ") + (i == 0 ? cell + pad : pad + cell)
            }
            if !end.isEmpty { line += "  " + end }
            return String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
        }.joined()
    }
}
