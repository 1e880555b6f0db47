import FileSupport

/// What two selections of harmful words mark in the same rows, word by word.
///
/// A word is a run of letters, marks and digits; it is marked where a place that the selection gives touches it.
public struct SelectionComparison: Sendable {
    /// Where the words of each come from, as reports name it.
    public let sources: [String]
    /// Rows with a text that fulfil the conditions.
    public let rows: Int
    /// Whether each word is marked by the first and by the second, row after row.
    public let marks: [(first: Bool, second: Bool)]
    /// The row of each word, from 0.
    public let rowOfWord: [Int]

    /// Marks the rows of a table by both.
    ///
    /// - Parameters:
    ///   - path: CSV, TSV or JSON lines, by its ending.
    ///   - idColumn: the column with row ids; without one the record's number is the id.
    ///   - filter: which rows are looked at; the selections see the whole table.
    ///   - model: for selections that look at one.
    /// - Throws: `InputError` for a missing file, column or model, marks that do not fit the texts, and no word in any row.
    public init(
        path: String, textColumn: String = "text", idColumn: String? = nil, filter: ForgetFilter = ForgetFilter(),
        _ first: any HarmfulWordSelection, _ second: any HarmfulWordSelection, model: SelectionModel? = nil
    ) throws {
        let table = try ForgetTable.read(path).table
        let text = try table.column(textColumn)
        let id = try idColumn.map { try table.column($0) }
        let conditions = try filter.conditions.map { (condition: $0, column: try table.column($0.column)) }
        let source = SelectionSource(table, textColumn: text, model: model)
        var finders = try [first, second].map { try $0.finder(for: source) }
        let names = table.records.enumerated().map { index, record in id.map { record.fields[$0] } ?? String(index + 1)
        }
        for finder in finders { try finder.requireRows(among: Set(names)) }
        var (rows, marks, rowOfWord) = (0, [(first: Bool, second: Bool)](), [Int]())
        for (record, name) in zip(table.records, names)
        where conditions.allSatisfy({ $0.condition.holds(for: record.fields[$0.column]) }) {
            let content = record.fields[text]
            let words = TextWords(content)
            guard !words.words.isEmpty else { continue }
            let row = ForgetRow(
                id: name, text: content, sha256: SHA256Hex.of(content), cells: record.fields,
                place: "\(path) line \(record.line)", words: words)
            let places = try finders.indices.map { try finders[$0].ranges(in: row) }
            for word in words.words {
                let found = places.map { $0.contains { $0.overlaps(word.bytes) } }
                marks.append((found[0], found[1]))
                rowOfWord.append(rows)
            }
            rows += 1
        }
        guard rows > 0 else {
            throw InputError(
                "no row has a word in column \(textColumn)", at: path, remedy: "name the text column, or other rows")
        }
        sources = finders.map(\.source)
        (self.rows, self.marks, self.rowOfWord) = (rows, marks, rowOfWord)
    }
}
