import FileSupport
import Foundation
import Records

/// Makes one run.h5 of the parts of a run.
enum RunPacker {
    /// Packs, checks every hash in the new file, puts it in the index's place, then removes the parts.
    ///
    /// A process killed between the last two steps leaves a packed file beside parts that are no longer needed;
    /// ``removeParts(beside:)`` takes them away.
    static func pack(folder: String, header: RunHeader, parts: [String: String]) throws {
        let target = folder + "/" + RunPaths.file
        try pack(header: header, parts: parts, of: folder, to: target)
        removeParts(beside: target)
    }

    /// Packs into a file, once every hash in it was checked; the parts stay.
    static func pack(header: RunHeader, parts: [String: String], of folder: String, to target: String) throws {
        try RunPart.replace(target, of: folder, bytes: parts.values.reduce(0) { $0 + size($1) }) { root in
            try write(root, header: header, parts: parts)
        } check: { root in
            let faults = try RunVerification.faults(in: root)
            guard faults.isEmpty else {
                throw UnfinishedError(
                    "the packed file differs from its parts: \(faults.joined(separator: ", "))",
                    kept: "the parts are whole under \(folder)/\(RunPaths.parts)",
                    resume: "check the disk, then run the same command again")
            }
        }
    }

    /// Removes the parts that a packed file has taken in.
    static func removeParts(beside file: String) {
        let folder = AtomicFile.folder(of: file)
        try? FileManager.default.removeItem(atPath: folder + "/" + RunPaths.parts)
    }

    /// Replaces one root group of a packed file, by way of a whole new file.
    ///
    /// - Parameters:
    ///   - bytes: of the new group.
    ///   - audit: the end of the run's audit log; nil leaves the one that is there.
    static func replace(
        _ name: String, in path: String, bytes: Int, audit: AuditAnchor?, with body: (HDF5Group) throws -> Void
    ) throws {
        let folder = AtomicFile.folder(of: path)
        AtomicFile.removeLeftovers(in: folder)
        let old = try HDF5File.open(path)
        try RunPart.replace(path, of: folder, bytes: size(path) + bytes) { root in
            var header = try RunSchema.header(old)
            header.audit = audit ?? header.audit
            try RunSchema.write(header, packed: true, to: root)
            for child in try old.children() where child != name { try root.copy(child, of: old, as: child) }
            try body(try root.createGroup(name))
        }
    }

    private static func size(_ file: String) -> Int {
        (try? FileManager.default.attributesOfItem(atPath: file)[.size] as? Int) ?? 0
    }

    private static func write(_ root: HDF5Group, header: RunHeader, parts: [String: String]) throws {
        try RunSchema.write(header, packed: true, to: root)
        let blocks = Dictionary(grouping: parts.keys.sorted(), by: joinedPath)
        for (joined, paths) in blocks.sorted(by: { ($0.key ?? "") < ($1.key ?? "") }) {
            let groups = try paths.map { try RunPart.open(parts[$0] ?? "") }
            guard let joined else {
                for (path, group) in zip(paths, groups) { try root.copy(".", of: group, as: path) }
                continue
            }
            let target = try root.createGroup(joined)
            if joined == RunPaths.trajectory {
                try target.write(Trajectory.joined(try groups.map { try $0.readTrajectory() }))
            } else {
                try target.writeJoinedModels(groups)
            }
        }
        try encode(root)
    }

    /// The path under which numbered blocks become one; nil for a part that is copied as it is.
    private static func joinedPath(_ path: String) -> String? {
        [RunPaths.trajectory, RunPaths.models].first { path.hasPrefix($0 + "/") }
    }

    /// Groups that came into being on the way to a copied one say what they are too.
    private static func encode(_ group: HDF5Group) throws {
        for name in try group.children() where group.isGroup(name) {
            let child = try group.group(name)
            guard !child.hasAttribute("encoding-type") else { continue }
            try child.setEncoding("dict")
            try encode(child)
        }
    }
}
