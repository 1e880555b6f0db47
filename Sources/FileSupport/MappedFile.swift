import Foundation

/// A file's bytes, mapped into memory and read only where they are touched.
package final class MappedFile: Sendable {
    /// The path, for messages.
    package let path: String
    /// The bytes; valid as long as this object lives.
    // Never written after `init`, and mapped read-only, so threads may share it.
    package nonisolated(unsafe) let bytes: UnsafeRawBufferPointer

    /// Maps a file.
    ///
    /// - Throws: ``InputError`` when it is missing, no plain file, or cannot be mapped, or something else stands in its
    ///   place: a pointer of Git LFS, a web page, nothing.
    package init(_ path: String) throws {
        self.path = path
        let (handle, count) = try Input.open(path)
        defer { try? handle.close() }
        guard count > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            try Input.requireContent(bytes, at: path)
            return
        }
        guard let start = mmap(nil, count, PROT_READ, MAP_PRIVATE, handle.fileDescriptor, 0), start != MAP_FAILED else {
            throw InputError(
                "cannot be mapped into memory: \(String(cString: strerror(errno)))", at: path,
                remedy: "close other programs or use a smaller model")
        }
        bytes = UnsafeRawBufferPointer(start: start, count: count)
        try Input.requireContent(bytes, at: path)
    }

    deinit {
        if let start = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: start), bytes.count) }
    }
}
