/// A piece of a line: text, or a number that stands in report.json.
enum Inline: Sendable {
    case text(String)
    case strong(String)
    /// Names as typed: keys, hashes, paths.
    case code(String)
    /// A number of report.json with its path; where there is no value, the text says so.
    case number(String, path: String, isComputed: Bool)
    /// The name of a domain in its colour.
    case domain(String, index: Int)
    /// A file beside the report, by a path of letters, digits and signs that no address changes.
    case link(String, to: String)
}

extension Inline: ExpressibleByStringInterpolation {
    init(stringLiteral value: String) { self = .text(value) }
}

/// A table; its first column names the rows.
struct Table: Sendable {
    var caption: String
    /// Heads of the columns; numbers are set to the right.
    var heads: [(title: String, isNumeric: Bool)]
    var rows: [[[Inline]]]

    init<Row>(_ caption: String, _ rows: [Row], _ columns: [Column<Row>]) {
        self.caption = caption
        heads = columns.map { ($0.title, $0.isNumeric) }
        self.rows = rows.map { row in columns.map { $0.cell(row) } }
    }
}

/// A picture with what it shows; Markdown prints the caption only where there is a table beside it.
struct Picture: Sendable {
    var svg: String
    var caption: [Inline] = []
}

/// A part of a section.
enum Block: Sendable {
    case paragraph([Inline])
    case heading(String)
    case list([[Inline]])
    case table(Table)
    /// Pictures side by side.
    case pictures([Picture], wide: Bool)
    /// Text as it is, such as a study file.
    case verbatim(String)
    /// Blocks below a line that opens them.
    indirect case details(String, [Block])

    /// Whether there is nothing to print: no lines, no pictures, or nothing below the line that opens.
    var isEmpty: Bool {
        switch self {
        case .list(let lines): lines.isEmpty
        case .pictures(let pictures, _): pictures.isEmpty
        case .details(_, let blocks): blocks.allSatisfy(\.isEmpty)
        case .paragraph, .heading, .table, .verbatim: false
        }
    }

    static func table<Row>(_ caption: String, _ rows: [Row], _ columns: [Column<Row>]) -> Block {
        .table(Table(caption, rows, columns))
    }
}

/// A section with its place in the contents.
struct Section: Sendable {
    var id: String
    var title: String
    var blocks: [Block]

    /// Blocks that are empty are left out.
    init(_ id: String, _ title: String, _ blocks: [Block]) {
        (self.id, self.title, self.blocks) = (id, title, blocks.filter { !$0.isEmpty })
    }
}

/// One line of the first screen: a domain, what is said of it, and the numbers that say so.
struct HeadlineRow: Sendable {
    var domain: String
    var index: Int
    var role: String
    /// The outcome in words.
    var outcome: String
    /// What the outcome rests on, where the word alone could mislead; else empty.
    var outcomeNote: String
    /// Key of the outcome for the style sheet; empty for the target.
    var outcomeKey: String
    var before: Inline
    var after: Inline
    var change: Inline
    var interval: [Inline]
    var beyondNull: [Inline]
    /// The interval as a small picture.
    var picture: String
}

/// The whole report, ready to be written in any format.
struct Page: Sendable {
    var title: String
    /// The finding in one or a few sentences.
    var headline: [String]
    /// Why it moved, a line for each domain that leads; empty when nothing explains it.
    var why: [[Inline]]
    /// What was done, in one line.
    var deck: [Inline]
    var rows: [HeadlineRow]
    /// What it costs in quality.
    var cost: [[Inline]]
    var sections: [Section]
    /// The line at the foot: version, run, time.
    var foot: [Inline]
}
