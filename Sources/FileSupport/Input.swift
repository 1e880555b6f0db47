import Foundation

/// Files that the user names, read with clear errors.
public enum Input {
    /// All bytes of a file.
    ///
    /// - Parameter mayBeEmpty: whether a file without a byte is right as well.
    /// - Throws: ``InputError`` when there is no such file, it cannot be read, or something else stands in its place: a
    ///   pointer of Git LFS, a web page, nothing.
    public static func bytes(_ path: String, mayBeEmpty: Bool = false) throws -> [UInt8] {
        let (handle, count) = try open(path)
        defer { try? handle.close() }
        guard count <= ProcessInfo.processInfo.physicalMemory else {
            throw InputError(
                "a file of \(count >> 30) GiB, more than the memory of this machine", at: path,
                remedy: "give a part of it")
        }
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = read(
                    handle.fileDescriptor, UnsafeMutableBufferPointer(rebasing: buffer[filled...]).baseAddress,
                    count - filled)
                if got < 0, errno == EINTR { continue }
                if got < 0 { failure = errno }
                if got <= 0 { break }
                filled += got
            }
        }
        guard failure == 0 else {
            throw InputError(
                "cannot be read: \(String(cString: strerror(failure)))", at: path, remedy: "check the disk")
        }
        if !(bytes.isEmpty && mayBeEmpty) { try requireContent(bytes, at: path) }
        return bytes
    }

    /// Opens a plain file: not a folder, and not a pipe or device, which may never end and cannot be read twice.
    ///
    /// - Returns: the open file and its size.
    /// - Throws: ``InputError`` that says what stands there.
    package static func open(_ path: String) throws -> (handle: FileHandle, bytes: Int) {
        guard !path.utf8.contains(0) else {
            throw InputError("a path with a NUL byte", at: path, remedy: "check the path")
        }
        // A pipe that nobody writes to would keep a plain open waiting.
        let descriptor = Foundation.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            let isMissing = errno == ENOENT || errno == ENOTDIR
            throw InputError(
                isMissing ? "no such file" : "cannot be read: \(String(cString: strerror(errno)))", at: path,
                remedy: isMissing ? "check the path" : "check the path and its permissions")
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        let isKnown = fstat(descriptor, &status) == 0
        switch status.st_mode & S_IFMT {
        case S_IFREG where isKnown: return (handle, Int(status.st_size))
        case S_IFDIR: throw InputError("a folder where a file is wanted", at: path, remedy: "name a file inside it")
        default:
            throw InputError(
                "a pipe or device where a plain file is wanted", at: path,
                remedy: "write its content to a file, and name that")
        }
    }

    /// The text of a UTF-8 file, a byte order mark dropped.
    ///
    /// - Throws: ``InputError`` that names the encoding where it is another one, or line and byte of the first invalid
    ///   sequence or NUL byte; what ``bytes(_:mayBeEmpty:)`` throws.
    public static func text(_ path: String, mayBeEmpty: Bool = false) throws -> String {
        try text(bytes(path, mayBeEmpty: mayBeEmpty), place: path)
    }

    /// The text that `raw` encodes in UTF-8; see ``text(_:mayBeEmpty:)``.
    public static func text(_ raw: [UInt8], place: String) throws -> String {
        try TextCheck.requireNoWideText(raw, place: place)
        guard let text = String(validating: raw, as: UTF8.self) else {
            let index = TextCheck.firstInvalid(in: raw)
            throw TextCheck.invalid(
                raw[index], offset: index, line: TextCheck.line(of: index, in: raw), place: place)
        }
        if let index = raw.firstIndex(of: 0) {
            throw TextCheck.zero(offset: index, line: TextCheck.line(of: index, in: raw), place: place)
        }
        return raw.starts(with: TextCheck.mark) ? String(text.unicodeScalars.dropFirst()) : text
    }

    /// The bytes of a text without a byte order mark at their start.
    package static func withoutMark(_ raw: [UInt8]) -> ArraySlice<UInt8> {
        raw.starts(with: TextCheck.mark) ? raw[3...] : raw[...]
    }

    /// Throws when `path` is not a folder.
    public static func requireFolder(_ path: String, remedy: String = "check the path") throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
            throw InputError("no such folder", at: path, remedy: remedy)
        }
    }
}
