import FileSupport

/// What a command prints: text for people, JSON for machines.
public struct CommandResult: Sendable {
    /// Lines for people, each ended.
    public let text: String
    /// The same for machines.
    public let json: JSON
}

/// Lines of aligned columns.
struct TextTable {
    private var rows: [[String]] = []

    init(_ header: [String]) { rows = [header] }

    mutating func add(_ row: [String]) { rows.append(row) }

    /// The first column to the left, the others to the right.
    var text: String {
        let widths = (0..<(rows.first?.count ?? 0)).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            var line = ""
            for (i, cell) in row.enumerated() {
                let pad = String(repeating: " ", count: widths[i] - cell.count)
                line += (i == 0 ? "" : "  ") + (i == 0 ? cell + pad : pad + cell)
            }
            return String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
        }.joined()
    }
}
