import Foundation

/// Whole files that appear at once or not at all.
///
/// The bytes go to a temporary name in the same folder, are flushed to the disk, and take the final name by
/// `rename`; then the folder is flushed too. A process killed at any point leaves the old file or the new one.
public enum AtomicFile {
    /// The ending of the temporary names; leftovers of a killed process carry it.
    public static let temporarySuffix = ".partial"

    /// Writes `bytes` under `path`.
    ///
    /// - Throws: ``UnfinishedError`` when the disk refuses (full, read-only); the old file, if any, is untouched.
    public static func write(_ bytes: some Sequence<UInt8>, to path: String) throws {
        try Array(bytes).withUnsafeBytes { try write($0, to: path) }
    }

    /// Writes `bytes` under `path`, without another copy of them in memory.
    public static func write(_ bytes: UnsafeRawBufferPointer, to path: String) throws {
        try write(to: path) { temporary in
            guard let handle = newFile(temporary) else { throw diskError(path) }
            defer { try? handle.close() }
            guard writeAll(bytes, to: handle.fileDescriptor) else { throw diskError(path) }
        }
    }

    /// Writes text as UTF-8 under `path`.
    public static func write(_ text: String, to path: String) throws {
        try write(text.utf8, to: path)
    }

    /// Lets `body` write a file under a temporary name, then gives it its own name.
    ///
    /// - Parameter body: receives the temporary path; whatever it throws is thrown on, and the leftover removed.
    public static func write(to path: String, body: (String) throws -> Void) throws {
        let temporary = path + "." + String(ProcessInfo.processInfo.processIdentifier) + temporarySuffix
        do {
            try body(temporary)
            try sync(temporary)
            guard rename(temporary, path) == 0 else { throw diskError(path) }
            try sync(folder(of: path))
        } catch {
            unlink(temporary)
            throw error
        }
    }

    /// Copies a file; the copy appears at once or not at all.
    ///
    /// - Throws: ``UnfinishedError`` when the disk refuses.
    package static func copy(_ file: String, to path: String) throws {
        try write(to: path) { temporary in
            unlink(temporary)
            do { try FileManager.default.copyItem(atPath: file, toPath: temporary) } catch {
                throw UnfinishedError(
                    "could not copy \(file) to \(path): \(error.localizedDescription)",
                    kept: "what stood there before is unchanged",
                    resume: "free space or choose another folder, then run the same command again")
            }
        }
    }

    /// Removes temporary files and folders that processes which are gone left directly in `folder`.
    public static func removeLeftovers(in folder: String) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
            guard let process = writer(ofTemporary: name), kill(process, 0) != 0 else { continue }
            try? FileManager.default.removeItem(atPath: folder + "/" + name)
        }
    }

    /// Removes temporary files and folders anywhere below a folder in which nobody else writes, whoever left them: a copy
    /// of a folder has them of a process that goes on.
    package static func removeAllLeftovers(below folder: String) {
        guard let names = FileManager.default.enumerator(atPath: folder) else { return }
        for case let name as String in names where writer(ofTemporary: name) != nil {
            names.skipDescendants()
            try? FileManager.default.removeItem(atPath: folder + "/" + name)
        }
    }

    /// Whether a name is that of a temporary file or folder.
    package static func isTemporary(_ name: String) -> Bool { writer(ofTemporary: name) != nil }

    /// The process that writes under a temporary name; nil for another name.
    private static func writer(ofTemporary name: String) -> Int32? {
        guard name.hasSuffix(temporarySuffix) else { return nil }
        return name.dropLast(temporarySuffix.count).split(separator: ".").last.flatMap { Int32($0) }
    }

    /// Makes a folder with those that it lies in, and flushes to the disk that they are there; one that is there is kept.
    ///
    /// - Throws: ``UnfinishedError`` when the disk refuses.
    package static func makeFolder(_ path: String) throws {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue { return }
        let parent = folder(of: path)
        try makeFolder(parent)
        guard mkdir(path, 0o777) == 0 || errno == EEXIST else {
            throw UnfinishedError(
                "could not make the folder \(path): \(String(cString: strerror(errno)))", kept: "nothing was written",
                resume: "free space or choose another folder, then run the same command again")
        }
        try sync(parent)
    }

    /// An empty file under `path`, open for writing; nil where the system refuses, and `errno` says why.
    ///
    /// Foundation's own way of making a file leaves another name behind when the process is killed in it.
    package static func newFile(_ path: String) -> FileHandle? {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        return descriptor < 0 ? nil : FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    /// Writes all bytes to an open file; false where the system refuses, and `errno` says why.
    package static func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = Foundation.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if written < 0, errno == EINTR { continue }
            if written < 0, errno == EAGAIN {
                // A terminal or pipe that another program has set so as not to wait.
                var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&ready, 1, -1)
                continue
            }
            if written < 0 { return false }
            rest = rest.dropFirst(written)
        }
        return true
    }

    /// The folder that a file lies in, `.` for a bare name.
    ///
    /// Foundation's own way of taking a path apart traps on Linux for a name of one character.
    package static func folder(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Flushes a file or folder to the disk.
    public static func sync(_ path: String) throws {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { throw diskError(path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw diskError(path) }
    }

    /// What stopped the writing of a file or folder: the system's last error.
    package static func diskError(_ path: String) -> UnfinishedError {
        UnfinishedError(
            "could not write \(path): \(String(cString: strerror(errno)))",
            kept: "what stood there before is unchanged",
            resume: "free space or choose another folder, then run the same command again")
    }
}
