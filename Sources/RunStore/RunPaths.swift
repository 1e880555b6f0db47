import FileSupport
import Foundation

/// The names of groups and files that a run's numbers have.
package enum RunPaths {
    /// The file that readers open.
    static let file = "run.h5"
    /// The folder of parts while a run goes on.
    static let parts = "parts"
    /// The group of a part that holds its content.
    static let content = "content"
    /// The last step at which a snapshot can be; no training comes near it.
    package static let lastStep = 1 << 40
    /// Trajectory steps in one part.
    static let blockSize = 64

    /// A group's number, six digits with leading zeros.
    static func number(_ value: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, 6 - text.count)) + text
    }

    package static func record(_ name: String) -> String { "/" + safe(name) }
    package static func snapshot(_ step: Int) -> String { "/snapshots/" + number(step) }
    package static func contextual(_ step: Int) -> String { "/contextual/" + number(step) }
    package static func evaluation(label: String, benchmark: String) -> String {
        "/evaluation/\(safe(label))/\(safe(benchmark))"
    }
    static let trajectory = "/trajectory"
    static let models = "/interventions"
    /// The path of a numbered block of records that become one when the run is packed.
    static func block(_ number: Int, of path: String) -> String { path + "/" + self.number(number) }

    private static let plain = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "-_."))

    /// The longest name that is taken as it is: a file's name holds three of them.
    private static let longest = 72

    /// A name that can be a link in HDF5 and a part of a file's name, another one for every name.
    ///
    /// A name of letters, digits, `-`, `_` and `.` is taken as it is. In others odd characters become `-`, and the first
    /// digits of the name's SHA-256 follow, since two of them may differ in nothing else.
    package static func safe(_ name: String) -> String {
        let isPlain = name.unicodeScalars.allSatisfy { $0.isASCII && plain.contains($0) }
        if isPlain, name.utf8.count <= longest, !name.allSatisfy({ $0 == "." }) { return name }
        let text = String(name.unicodeScalars.map { $0.isASCII && plain.contains($0) ? Character($0) : "-" })
        return text.prefix(longest - 13) + "-" + SHA256Hex.of(name).prefix(12)
    }

    /// The name of the dataset that holds a table's column: `/` and `%` are written as `%2F` and `%25`, control characters
    /// likewise.
    static func member(column: String) -> String {
        if column == "." { return "%2E" }
        return column.unicodeScalars.reduce(into: "") { text, scalar in
            if isReserved(scalar) {
                text += "%" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16, uppercase: true)
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
    }

    /// The column of a dataset's name; a name that ``member(column:)`` does not give is the column's own.
    static func column(member: String) -> String {
        guard let column = member.removingPercentEncoding, self.member(column: column) == member else { return member }
        return column
    }

    private static func isReserved(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || scalar.value == 0x7F || scalar == "/" || scalar == "%"
    }

    /// Whether a link is one of those that the index of an open run has, into its own folder of parts.
    static func isOurs(_ link: HDF5Link) -> Bool {
        link.file == parts + "/" + partFile(link.path) && link.object == "/" + content
    }

    /// The file of the part that holds a path, as in `parts/snapshots-000000.h5`.
    package static func partFile(_ path: String) -> String {
        path.split(separator: "/").joined(separator: "__") + ".h5"
    }
}
