import FileSupport

/// Recomputes the hashes that datasets carry, and reads the texts beside them.
enum RunVerification {
    /// The paths of datasets below a group whose content differs from their SHA-256.
    static func faults(in group: HDF5Group) throws -> [String] {
        var faults: [String] = []
        try group.attributeTexts()
        for name in try group.children() {
            if group.isGroup(name) {
                faults += try self.faults(in: try group.group(name))
                continue
            }
            let dataset = try group.dataset(name)
            try dataset.attributeTexts()
            if dataset.hasAttribute("sha256") {
                let expected = try dataset.stringAttribute("sha256")
                let isWhole = try? ContentHash.of(dataset) == expected
                if isWhole != true { faults.append(path(group, name)) }
            } else if name == "rows", group.contains("row_sha256") {
                faults += try rowFaults(group, dataset)
            }
        }
        return faults
    }

    /// The kept rows of a trajectory carry a hash a step, since all together may be larger than memory.
    private static func rowFaults(_ group: HDF5Group, _ dataset: HDF5Dataset) throws -> [String] {
        let hashes = try group.dataset("row_sha256").readStrings()
        guard dataset.shape.count == 3, dataset.shape[0] == hashes.count else { return [path(group, "rows")] }
        guard !hashes.isEmpty else { return [] }
        var step = [Float](repeating: 0, count: dataset.shape[1] * dataset.shape[2])
        for (index, expected) in hashes.enumerated() {
            let found = try? step.withUnsafeMutableBufferPointer { memory in
                try dataset.read(rows: index..<index + 1, into: memory)
                return SHA256Hex.of(UnsafeRawBufferPointer(memory))
            }
            if found != expected { return [path(group, "rows")] }
        }
        return []
    }

    private static func path(_ group: HDF5Group, _ name: String) -> String {
        (group.path == "/" ? "" : group.path) + "/" + name
    }
}
