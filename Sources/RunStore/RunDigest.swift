import FileSupport

/// One hash of all that a packed run holds, for a place that is kept apart from it, as its audit log.
///
/// It goes by the hashes that the datasets carry (``RunVerification`` holds them against the content), and by names,
/// shapes and attributes, which have none. Of the root it takes only what says which run this is.
enum RunDigest {
    /// - Parameter name: a group of the root that is left out: results can be made again from the rest.
    static func of(_ root: HDF5Group, without name: String) throws -> String {
        var lines = try ["run_id", "created", "producer_version"].map { "@\($0)=\(try root.stringAttribute($0))" }
        try addMembers(of: root, without: name, to: &lines)
        return SHA256Hex.of(lines.joined(separator: "\n"))
    }

    private static func addMembers(of group: HDF5Group, without left: String? = nil, to lines: inout [String]) throws {
        for name in try group.children() where name != left {
            lines.append(group.joined(name))
            if group.isGroup(name) {
                let child = try group.group(name)
                lines += try child.attributeTexts()
                try addMembers(of: child, to: &lines)
            } else {
                let dataset = try group.dataset(name)
                lines.append("\(dataset.shape)")
                lines += try dataset.attributeTexts()
            }
        }
    }
}
