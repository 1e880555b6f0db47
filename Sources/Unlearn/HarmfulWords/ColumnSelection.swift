import FileSupport

/// A column of the forget file that marks characters of the text, as `[3, 4, 5]` or `[[3, 6]]`.
public struct ColumnSelection: HarmfulWordSelection {
    public static let name = "column"
    public static let summary = "a column of character spans"
    public static let argument = HarmfulWordSelections.Argument.name

    private let column: String

    public init(_ column: String) { self.column = column }

    public func finder(for table: CSVTable) throws -> any HarmfulWordFinder {
        Finder(source: "column \(column)", index: try table.column(column))
    }

    private struct Finder: HarmfulWordFinder {
        let source: String
        let index: Int

        func ranges(in row: ForgetRow) throws -> [Range<Int>] {
            try SpanCell.byteRanges(row.cells[index], in: row.text, place: row.place)
        }
    }
}

extension HarmfulWordSelection where Self == ColumnSelection {
    /// A column of character spans.
    public static func column(_ name: String) -> ColumnSelection { ColumnSelection(name) }
}
