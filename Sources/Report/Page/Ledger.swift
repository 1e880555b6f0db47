import FileSupport

/// Gives numbers of report.json to the page; nothing else may print a number, so page and file cannot differ.
package final class Ledger {
    /// The tree that the numbers stand in.
    package let tree: JSON
    /// Paths that were asked for and do not exist: mistakes of this module, which a test holds at none.
    package private(set) var unknownPaths: [String] = []

    /// Words in the place of a number that is not there.
    package static let notComputed = "not computed"

    /// Opens a tree.
    package init(_ tree: JSON) { self.tree = tree }

    /// The number at `path` as text.
    package func number(_ path: String, _ style: NumberStyle = .plain) -> Inline {
        guard let value = value(path) else {
            return .number(PrintedNumber(path: path, text: Ledger.notComputed, isComputed: false))
        }
        return .number(PrintedNumber(path: path, text: NumberText.text(value, style), isComputed: true))
    }

    /// The number at `path`, nil when not computed.
    package func value(_ path: String) -> Double? {
        guard let found = tree.at(path) else {
            unknownPaths.append(path)
            return nil
        }
        return found.asNumber
    }

    /// The text at `path`; empty when there is none.
    package func text(_ path: String) -> String {
        switch tree.at(path) {
        case .string(let text): return text
        case .null: return ""
        case nil:
            unknownPaths.append(path)
            return ""
        default: return ""
        }
    }

    /// An interval `[lower, upper]` from two paths, or a dash.
    package func interval(_ lower: String, _ upper: String, _ style: NumberStyle = .plain) -> [Inline] {
        guard value(lower) != nil, value(upper) != nil else { return ["–"] }
        return ["[", number(lower, style), ", ", number(upper, style), "]"]
    }
}
