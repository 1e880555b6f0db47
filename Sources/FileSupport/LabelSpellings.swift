import Foundation

/// The labels of a column, where spellings that differ only in case and in blanks at their ends are one label.
package struct LabelSpellings {
    /// The spellings of each label with their counts, in the order of their first use.
    private var spellings: [String: [(text: String, count: Int)]] = [:]
    /// The labels in the order of their first use, as ``key(_:)`` gives them.
    private var order: [String] = []

    /// What all spellings of a label share.
    package static func key(_ label: String) -> String {
        label.trimmingCharacters(in: .whitespacesAndNewlines).lowercased()
    }

    package init() {}

    /// Notes a label as it is written.
    package mutating func add(_ label: String, count: Int = 1) {
        let key = Self.key(label)
        if spellings[key] == nil { order.append(key) }
        var known = spellings[key, default: []]
        if let index = known.firstIndex(where: { $0.text.utf8.elementsEqual(label.utf8) }) {
            known[index].count += count
        } else {
            known.append((label, count))
        }
        spellings[key] = known
    }

    /// The commonest spelling of a label, the first of equally common ones, without blanks at its ends.
    package func spelling(of label: String) -> String {
        let known = spellings[Self.key(label)] ?? []
        let most = known.map(\.count).max()
        return (known.first { $0.count == most }?.text ?? label).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// A line for each label that is written in several ways, for the user to know what was joined.
    ///
    /// - Parameters:
    ///   - column: the column's name.
    ///   - wanted: the labels to tell about; all for nil.
    package func notes(_ column: String, wanted: Set<String>? = nil) -> [String] {
        order.filter { wanted?.contains($0) ?? true }.compactMap { key in
            guard let known = spellings[key], known.count > 1 else { return nil }
            return "\(column): \(known.map { "`\($0.text.oneLine)`" }.joined(separator: ", ")) are one label"
        }
    }

    /// What a label stands for, whatever its spelling.
    ///
    /// - Parameters:
    ///   - meanings: meaning by label.
    ///   - place: where they were given, for messages.
    /// - Returns: meaning by the labels' ``key(_:)``.
    /// - Throws: ``InputError`` when two spellings of one label have different meanings.
    package static func byKey(_ meanings: [String: String], place: String) throws -> [String: String] {
        var out: [String: (label: String, meaning: String)] = [:]
        for (label, meaning) in meanings.sorted(by: <) {
            let old = out.updateValue((label, meaning), forKey: key(label))
            guard old == nil || old?.meaning == meaning else {
                throw InputError(
                    "`\(old?.label ?? "")` and `\(label)` are one label, and stand for `\(old?.meaning ?? "")` and "
                        + "`\(meaning)`", at: place, remedy: "keep one of them")
            }
        }
        return out.mapValues(\.meaning)
    }
}
