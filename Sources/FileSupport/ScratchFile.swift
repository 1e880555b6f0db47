import Foundation

/// Working memory that lies in a file, for what is too large to be held and is looked at now and then.
///
/// The file has no name, so nothing of it is left whatever happens to the process. Its space is taken from the disk at
/// once: a disk that fills later cannot end the process.
package final class ScratchFile: Sendable {
    /// The first byte, all of which are zero at first; valid as long as this object lives.
    // Whoever uses the bytes sees to it that threads write to different ones.
    package nonisolated(unsafe) let start: UnsafeMutableRawPointer
    private let count: Int

    /// Takes space in a folder.
    ///
    /// - Throws: ``UnfinishedError`` when the disk has no room.
    package init(in folder: String, count: Int) throws {
        var name = Array("\(folder)/scratch.XXXXXX".utf8CString)
        let descriptor = mkstemp(&name)
        guard descriptor >= 0 else { throw Self.refused(folder, count, errno) }
        defer { close(descriptor) }
        unlink(name)
        let failure = Self.reserve(descriptor, count)
        guard failure == 0 else { throw Self.refused(folder, count, failure) }
        guard
            let start = mmap(nil, max(count, 1), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0),
            start != MAP_FAILED
        else { throw Self.refused(folder, count, errno) }
        (self.start, self.count) = (start, count)
    }

    deinit { munmap(start, max(count, 1)) }

    /// Makes the file `count` bytes long, with its space; an error number, or 0.
    private static func reserve(_ descriptor: Int32, _ count: Int) -> Int32 {
        #if os(Linux)
            return posix_fallocate(descriptor, 0, off_t(max(count, 1)))
        #else
            var wanted = fstore_t(
                fst_flags: UInt32(F_ALLOCATEALL), fst_posmode: F_PEOFPOSMODE, fst_offset: 0,
                fst_length: off_t(max(count, 1)), fst_bytesalloc: 0)
            guard fcntl(descriptor, F_PREALLOCATE, &wanted) >= 0, ftruncate(descriptor, off_t(max(count, 1))) == 0
            else {
                return errno
            }
            return 0
        #endif
    }

    private static func refused(_ folder: String, _ count: Int, _ code: Int32) -> UnfinishedError {
        UnfinishedError(
            "no room for \(count >> 20) MiB of working memory in \(folder): \(String(cString: strerror(code)))",
            kept: "what stood there before is unchanged",
            resume: "free space or choose another folder, then run the same command again")
    }
}
