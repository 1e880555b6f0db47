import CHDF5
import FileSupport

/// One hash of all that a packed run holds, for a place that is kept apart from it, as its audit log.
///
/// It goes by the hashes that the datasets carry (``RunVerification`` holds them against the content), and by names,
/// shapes and attributes, which have none. Left out are the results, which can be made again from the rest, and of the
/// root all but what says which run this is.
enum RunDigest {
    /// - Parameter results: the names of root groups that are left out.
    static func of(_ root: HDF5Group, without results: Set<String>) throws -> String {
        var lines = try ["run_id", "created", "producer_version"].map { "@\($0)=\(try root.stringAttribute($0))" }
        for name in try root.children() where !results.contains(name) {
            lines.append("/" + name)
            if root.isGroup(name) {
                try add(try root.group(name), to: &lines)
            } else {
                try add(try root.dataset(name), to: &lines)
            }
        }
        return SHA256Hex.of(lines.joined(separator: "\n"))
    }

    private static func add(_ group: HDF5Group, to lines: inout [String]) throws {
        lines += try group.attributeTexts()
        for name in try group.children() {
            lines.append(group.joined(name))
            if group.isGroup(name) {
                try add(try group.group(name), to: &lines)
            } else {
                try add(try group.dataset(name), to: &lines)
            }
        }
    }

    private static func add(_ dataset: HDF5Dataset, to lines: inout [String]) throws {
        lines.append("\(dataset.shape)")
        lines += try dataset.attributeTexts()
    }
}
