/// A piece of a line: text, or a number that stands in report.json.
package enum Inline: Sendable {
    /// Plain text.
    case text(String)
    /// Text that stands out.
    case strong(String)
    /// Names as typed: keys, hashes, paths.
    case code(String)
    /// A number of report.json.
    case number(PrintedNumber)
    /// The name of a domain in its colour.
    case domain(String, index: Int)
}

extension Inline: ExpressibleByStringInterpolation {
    package init(stringLiteral value: String) { self = .text(value) }
}

/// A number as printed, with where it stands in report.json.
package struct PrintedNumber: Sendable {
    package var path: String
    package var text: String
    /// Whether there is a value; the text says so when there is none.
    package var isComputed: Bool
}

/// A table; its first column names the rows.
package struct Table: Sendable {
    /// A column's head.
    package struct Column: Sendable {
        package var title: String
        /// Numbers are set to the right.
        package var isNumeric: Bool
        package init(_ title: String, numeric: Bool = true) {
            self.title = title
            self.isNumeric = numeric
        }
    }

    package var caption: String
    package var columns: [Column]
    package var rows: [[[Inline]]]

    package init(_ caption: String, _ columns: [Column], _ rows: [[[Inline]]]) {
        self.caption = caption
        self.columns = columns
        self.rows = rows
    }
}

/// A picture with what it shows; Markdown prints the caption only where there is a table beside it.
package struct Picture: Sendable {
    package var svg: String
    package var caption: [Inline]
    package init(_ svg: String, caption: [Inline] = []) {
        self.svg = svg
        self.caption = caption
    }
}

/// A part of a section.
package enum Block: Sendable {
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
}

/// A section with its place in the contents.
package struct Section: Sendable {
    package var id: String
    package var title: String
    package var blocks: [Block]
    package init(_ id: String, _ title: String, _ blocks: [Block]) {
        self.id = id
        self.title = title
        self.blocks = blocks
    }
}

/// One line of the first screen: a domain, what is said of it, and the numbers that say so.
package struct HeadlineRow: Sendable {
    package var domain: String
    package var index: Int
    package var role: String
    /// The outcome in words.
    package var outcome: String
    /// What the outcome rests on, where the word alone could mislead; else empty.
    package var outcomeNote: String
    /// Key of the outcome for the style sheet; empty for the target.
    package var outcomeKey: String
    package var before: Inline
    package var after: Inline
    package var change: Inline
    package var interval: [Inline]
    package var beyondNull: [Inline]
    /// The interval as a small picture.
    package var picture: String
}

/// The whole report, ready to be written in any format.
package struct Page: Sendable {
    package var title: String
    /// The finding in one or a few sentences.
    package var headline: [String]
    /// Why it moved, a line for each domain that leads; empty when nothing explains it.
    package var why: [[Inline]]
    /// What was done, in one line.
    package var deck: [Inline]
    package var rows: [HeadlineRow]
    /// What it costs in quality.
    package var cost: [[Inline]]
    package var sections: [Section]
    /// The line at the foot: version, run, time.
    package var foot: [Inline]
}
