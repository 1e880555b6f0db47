import FileSupport
import Foundation
import Records

/// A part of a run: a whole HDF5 file under `parts/` that holds one record.
///
/// Why files: a file appended to in place can be left unreadable by a kill, flushed or not. A part is written under a
/// temporary name, closed, flushed to the disk and renamed, so it is there whole or not at all. Its root says under
/// which path its content belongs in run.h5; so the parts alone are the truth, and the index can be made from them.
enum RunPart {
    /// Writes a part; one of the same path is replaced.
    ///
    /// - Parameter bytes: of its largest matrices.
    /// - Throws: `UnfinishedError` when the disk refuses.
    static func write(
        _ path: String, in folder: String, bytes: Int = 0, _ body: (HDF5Group) throws -> Void
    ) throws {
        let file = folder + "/" + RunPaths.parts + "/" + RunPaths.partFile(path)
        try replace(file, of: folder, bytes: bytes) { root in
            try root.setAttribute("schema", RunHeader.schema)
            try root.setAttribute("schema_version", RunHeader.schemaVersion)
            try root.setAttribute("path", path)
            try body(try root.createGroup(RunPaths.content))
        }
    }

    /// Writes a file of a run, whole, in the place of what stands there, once `check` has passed it.
    ///
    /// - Parameter bytes: about what it takes, as far as that is known; more is taken for what is not.
    /// - Throws: `UnfinishedError` when the disk refuses.
    static func replace(
        _ file: String, of folder: String, bytes: Int, _ body: (HDF5Group) throws -> Void,
        check: ((HDF5Group) throws -> Void)? = nil
    ) throws {
        do {
            try AtomicFile.write(to: file) { temporary in
                try HDF5File.write(temporary, room: bytes + bytes / 64 + 1 << 18) { root in
                    // What it is made of may be damaged too, and then no disk is to blame.
                    do { try body(root) } catch let error as HDF5Error where !error.isWriting(temporary) {
                        throw error.asDamage(of: folder)
                    }
                }
                if let check { try check(try HDF5File.open(temporary)) }
            }
        } catch let error as HDF5Error {
            throw UnfinishedError(
                error.isDiskFull ? "no space left on the disk - \(error)" : "\(error)",
                kept: "everything written before is whole under \(folder)",
                resume: "free space or choose another folder, then run the same command with --resume")
        }
    }

    /// The parts of a run folder: path in run.h5 → file.
    ///
    /// - Throws: `InputError` for a part of a newer schema, a file that is no part, and one that is elsewhere.
    static func list(in folder: String) throws -> [String: String] {
        let parts = folder + "/" + RunPaths.parts
        func real(_ path: String) -> String { URL(fileURLWithPath: path).resolvingSymlinksInPath().path }
        let home = real(folder)
        var found: [String: String] = [:]
        for name in (try? FileManager.default.contentsOfDirectory(atPath: parts)) ?? [] where name.hasSuffix(".h5") {
            let file = parts + "/" + name
            guard real(file).hasPrefix(home == "/" ? home : home + "/") else {
                throw InputError(
                    "a symbolic link that leaves the run folder, to \(real(file))", at: file,
                    remedy: "copy the file into the folder if it belongs there")
            }
            let root = try opened(file)
            try RunSchema.check(root, at: file)
            let path = try root.stringAttribute("path")
            guard path.hasPrefix("/"), name == RunPaths.partFile(path) else {
                throw InputError(
                    "holds \(path), which belongs into \(RunPaths.partFile(path))", at: file,
                    remedy: "use the folder as driftscope wrote it, or make the run again")
            }
            found[path] = file
        }
        return found
    }

    static func open(_ file: String) throws -> HDF5Group { try opened(file).group(RunPaths.content) }

    private static func opened(_ file: String) throws -> HDF5Group {
        do { return try HDF5File.open(file) } catch let error as HDF5Error {
            guard !FileManager.default.fileExists(atPath: file) else { throw error }
            throw InputError(
                "a part of the run went while it was read: another driftscope may have packed it", at: file,
                remedy: "run the same command again")
        }
    }
}

/// The schema that a file says it follows.
enum RunSchema {
    /// Refuses another schema, and a newer major version by name.
    static func check(_ root: HDF5Group, at path: String) throws {
        guard root.hasAttribute("schema"), root.hasAttribute("schema_version"),
            try root.stringAttribute("schema") == RunHeader.schema
        else {
            throw InputError(
                "an HDF5 file, but not of the schema \(RunHeader.schema)", at: path, remedy: "name a run.h5")
        }
        let version = try root.stringAttribute("schema_version")
        func major(_ version: String) -> Int? { version.split(separator: ".").first.flatMap { Int($0) } }
        guard let found = major(version), let known = major(RunHeader.schemaVersion), found <= known else {
            throw InputError(
                "schema version \(version) is newer than \(RunHeader.schemaVersion), the newest that this program reads",
                at: path, remedy: "use a newer driftscope")
        }
    }

    static func write(_ header: RunHeader, packed: Bool, to root: HDF5Group) throws {
        try root.setAttribute("schema", RunHeader.schema)
        try root.setAttribute("schema_version", RunHeader.schemaVersion)
        try root.setAttribute("created", header.created)
        try root.setAttribute("producer", "driftscope")
        try root.setAttribute("producer_version", header.producerVersion)
        try root.setAttribute("run_id", header.runID)
        try root.setAttribute("packed", packed ? 1 : 0)
        if let audit = header.audit {
            try root.setAttribute("audit_lines", audit.lines)
            try root.setAttribute("audit_head", audit.head)
        }
    }

    static func header(_ root: HDF5Group) throws -> RunHeader {
        var header = RunHeader(
            runID: try root.stringAttribute("run_id"), producerVersion: try root.stringAttribute("producer_version"))
        header.created = try root.stringAttribute("created")
        if root.hasAttribute("audit_head") {
            header.audit = AuditAnchor(
                lines: try root.intAttribute("audit_lines"), head: try root.stringAttribute("audit_head"))
        }
        return header
    }
}
