import FileSupport

/// A column of the forget file that marks characters of the text, as `[3, 4, 5]` or `[[3, 6]]`.
public struct ColumnSelection: HarmfulWordSelection {
    /// `column`.
    public static let name = "column"
    /// What it does.
    public static let summary = "a column of character spans"
    /// A name.
    public static let argument = HarmfulWordSelections.Argument.name

    private let column: String

    /// - Parameter column: the name of the column.
    public init(_ column: String) { self.column = column }

    /// Makes ready for the rows of a table.
    public func finder(for source: SelectionSource) throws -> any HarmfulWordFinder {
        Finder(source: "column \(column)", index: try source.table.column(column))
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
