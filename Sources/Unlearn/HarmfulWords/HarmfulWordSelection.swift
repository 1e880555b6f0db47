import FileSupport

/// A way to say which words of each row are harmful.
///
/// A new way is a file with a conformer and a line in ``HarmfulWordSelections/all``; study files then know it as a key
/// under `forget.harmful`.
public protocol HarmfulWordSelection: Sendable {
    /// The key in a study file, `lexicon`.
    static var name: String { get }
    /// What it does, in a line.
    static var summary: String { get }
    /// What the value of the key is.
    static var argument: HarmfulWordSelections.Argument { get }

    /// Makes it from the value of its key.
    ///
    /// - Throws: `InputError` for a file that is missing or of another format.
    init(_ value: String) throws

    /// Makes ready for the rows of a table.
    ///
    /// - Throws: `InputError` for a file or column that is missing, and for a model that it needs and nobody named.
    func finder(for source: SelectionSource) throws -> any HarmfulWordFinder
}

/// Where a selection looks for harmful words.
public struct SelectionSource {
    /// The whole table, rows that are not wanted too.
    public let table: CSVTable
    /// The index of the column in which words are sought.
    public let textColumn: Int
    /// The domain whose rows are looked for; nil where none is named.
    public var domain: String?
    /// The model before; nil where none is named.
    public var model: SelectionModel?

    /// A table, and what else is known.
    public init(_ table: CSVTable, textColumn: Int, domain: String? = nil, model: SelectionModel? = nil) {
        (self.table, self.textColumn, self.domain, self.model) = (table, textColumn, domain, model)
    }
}

/// Finds the harmful words of one row after another.
public protocol HarmfulWordFinder {
    /// Where they come from, in words, for reports.
    var source: String { get }
    /// The digest of the file that they come from; nil without one.
    var sha256: String? { get }
    /// Marked rows that nobody has asked for so far.
    var unusedRows: Int { get }
    /// Marked words that their row does not hold, so far.
    var wordsNotFound: Int { get }

    /// Refuses marks of rows that the forget file does not have.
    ///
    /// - Parameter rows: the ids of all its rows, wanted or not.
    /// - Throws: `InputError` that names the row.
    func requireRows(among rows: Set<String>) throws

    /// The harmful places of a row in the text's UTF-8 bytes: ascending, none empty, none overlapping.
    ///
    /// - Throws: `InputError` for marks that do not fit the text.
    mutating func ranges(in row: ForgetRow) throws -> [Range<Int>]
}

extension HarmfulWordFinder {
    /// nil: no file.
    public var sha256: String? { nil }
    /// Takes any: rows are not marked one by one.
    public func requireRows(among rows: Set<String>) throws {}
    /// 0: rows are not marked one by one.
    public var unusedRows: Int { 0 }
    /// 0: no word is marked without its place.
    public var wordsNotFound: Int { 0 }
}

/// A row of the forget file in which harmful words are sought.
public struct ForgetRow: Sendable {
    /// The value of the id column, or the record's number.
    public let id: String
    /// The text.
    public let text: String
    /// The digest of the text's UTF-8 bytes.
    public let sha256: String
    /// All cells, in the order of the table's columns.
    public let cells: [String]
    /// File and line, for messages.
    public let place: String
    let words: TextWords
}

/// The ways to say which words are harmful.
public enum HarmfulWordSelections {
    /// All of them; a new one is a line here.
    public static let all: [any HarmfulWordSelection.Type] = [
        LexiconSelection.self, ColumnSelection.self, AnnotationSelection.self, OddsSelection.self,
        PlaceboSelection.self, AttributionSelection.self,
    ]

    /// What a selection is made from; the raw value is its form, for people.
    public enum Argument: String, Sendable {
        /// A file.
        case file = "FILE"
        /// The name of something, such as a column.
        case name = "NAME"
        /// The rows that have a value in a column.
        case rows = "COLUMN=VALUE"
        /// How many words of a row.
        case count = "top=COUNT"
    }

    /// Their names.
    public static var names: [String] { all.map { $0.name } }

    /// The selection of a name, made from its value.
    ///
    /// - Throws: `InputError` for an unknown name, and what the selection throws.
    public static func selection(
        _ name: String, _ value: String, at place: String = "forget.harmful"
    ) throws -> any HarmfulWordSelection {
        try type(name, at: place).init(value)
    }

    /// The kind of selection of a name.
    ///
    /// - Throws: `InputError` for an unknown name.
    public static func type(_ name: String, at place: String) throws -> any HarmfulWordSelection.Type {
        guard let type = all.first(where: { $0.name == name }) else {
            throw unknown("source of harmful words", name, among: names, at: place)
        }
        return type
    }
}

/// Refuses a name that nothing has.
func unknown(_ what: String, _ name: String, among known: [String], at place: String) -> InputError {
    let nearest = NearestName.of(name, among: known).map { ", did you mean '\($0)'?" } ?? ""
    return InputError(
        "unknown \(what) '\(name)'" + nearest, at: place, remedy: "use " + known.joined(separator: " or "))
}
