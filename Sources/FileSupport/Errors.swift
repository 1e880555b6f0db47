/// Something that the user gave is wrong: the process ends with code 2 and one line.
public struct InputError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong, in words that name the value found and the value wanted.
    public var what: String
    /// Where: a path, with the line, row or key when there is one.
    public var place: String
    /// What to do next.
    public var remedy: String

    /// Makes the error from its three parts.
    public init(_ what: String, at place: String, remedy: String) {
        self.what = what
        self.place = place
        self.remedy = remedy
    }

    /// One line: what - where - what to do next.
    public var description: String {
        [what, place, remedy].filter { !$0.isEmpty }.map(\.shortLine).joined(separator: " - ")
    }
}

/// The work could not be finished (disk, memory): the process ends with code 3.
public struct UnfinishedError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What stopped the work.
    public var what: String
    /// What is safe on disk.
    public var kept: String
    /// How to go on.
    public var resume: String

    /// Makes the error from its three parts.
    public init(_ what: String, kept: String, resume: String) {
        self.what = what
        self.kept = kept
        self.resume = resume
    }

    /// One line: what - what is kept - how to resume.
    public var description: String {
        [what, kept, resume].filter { !$0.isEmpty }.map(\.shortLine).joined(separator: " - ")
    }
}

extension String {
    /// The text with line breaks and other control characters made visible, so that a message stays one line.
    public var oneLine: String { visible(keepingLines: false) }

    /// The text of some lines, with every other control character made visible: none reaches a terminal, where it could
    /// move the cursor or set the title.
    package var visibleLines: String { visible(keepingLines: true) }

    /// ``oneLine``, its middle left out where it is long: a value from a file may have any length.
    package var shortLine: String {
        let (longest, head, tail) = (1200, 800, 200)
        // A control character is longer as it is spelled: what is shown of a text has a bound of its own.
        let (spelledHead, spelledTail) = (3000, 750)
        // Cut before it is spelled, or a value of many megabytes would be spelled for nothing.
        let whole = unicodeScalars.count > longest ? nil : oneLine
        if let whole, whole.unicodeScalars.count <= spelledHead + spelledTail { return whole }
        let start = Self.spelled(unicodeScalars.prefix(head), atMost: spelledHead)
        let end = Self.spelled(unicodeScalars.suffix(tail).reversed(), atMost: spelledTail)
        let left = unicodeScalars.count - start.count - end.count
        return "\(start.joined()) … (\(left) characters) … \(end.reversed().joined())"
    }

    /// The first of some characters as ``oneLine`` spells them, up to a length.
    private static func spelled(_ scalars: some Sequence<Unicode.Scalar>, atMost longest: Int) -> [String] {
        var length = 0
        return Array(
            scalars.lazy.map { String(Character($0)).oneLine }.prefix { piece in
                length += piece.unicodeScalars.count
                return length <= longest
            })
    }

    private func visible(keepingLines: Bool) -> String {
        var out = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "\n": out += keepingLines ? "\n" : "\\n"
            case "\r": out += "\\r"
            case "\t": out += keepingLines ? "\t" : "\\t"
            default:
                if scalar.isControl {
                    out += "\\u{" + String(scalar.value, radix: 16) + "}"
                } else {
                    out.unicodeScalars.append(scalar)
                }
            }
        }
        return out
    }

    /// The text as a cell that no spreadsheet takes for a formula: one that begins with `=`, `+`, `-`, `@`, a tab or a
    /// carriage return and is no number gets an apostrophe before it.
    package var asCell: String {
        guard let first = utf8.first, "=+-@\t\r".utf8.contains(first), Double(self) == nil else { return self }
        return "'" + self
    }
}

extension Unicode.Scalar {
    /// Whether a terminal acts on it or it ends a line: control characters, those of Latin-1 too, the line and paragraph
    /// separators, and what turns the direction of writing round.
    package var isControl: Bool {
        value < 0x20 || 0x7F...0x9F ~= value || 0x2028...0x202E ~= value || 0x2066...0x2069 ~= value
    }
}
