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
        [what, place, remedy].filter { !$0.isEmpty }.joined(separator: " - ").oneLine
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
        [what, kept, resume].filter { !$0.isEmpty }.joined(separator: " - ").oneLine
    }
}

extension String {
    /// The text with line breaks and other control characters made visible, so that a message stays one line.
    public var oneLine: String {
        var out = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            default:
                // Control characters, those of Latin-1 too, and the line and paragraph separators.
                if scalar.value < 0x20 || 0x7F...0x9F ~= scalar.value || 0x2028...0x2029 ~= scalar.value {
                    out += "\\u{" + String(scalar.value, radix: 16) + "}"
                } else {
                    out.unicodeScalars.append(scalar)
                }
            }
        }
        return out
    }
}
