import Foundation

/// The names of groups and files that a run's numbers have.
package enum RunPaths {
    /// The file that readers open.
    static let file = "run.h5"
    /// The folder of parts while a run goes on.
    static let parts = "parts"
    /// The group of a part that holds its content.
    static let content = "content"
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

    /// A name that can be a link in HDF5 and a part of a file's name: `/` and other odd characters become `-`.
    package static func safe(_ name: String) -> String {
        let text = String(name.unicodeScalars.map { $0.isASCII && plain.contains($0) ? Character($0) : "-" })
        return text.isEmpty || text.allSatisfy({ $0 == "." }) ? "unnamed" : text
    }

    /// Whether a link is one of those that the index of an open run has, into its own folder of parts.
    static func isOurs(_ link: HDF5Link) -> Bool {
        link.file == parts + "/" + partFile(link.path) && link.object == "/" + content
    }

    /// The file of the part that holds a path, as in `parts/snapshots-000000.h5`.
    static func partFile(_ path: String) -> String { path.split(separator: "/").joined(separator: "__") + ".h5" }
}
