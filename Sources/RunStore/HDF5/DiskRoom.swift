import CHDF5
import FileSupport
import Foundation

/// Room on the disk that is taken for a file before libhdf5 writes it.
///
/// The library does not survive every write that is refused: copying a group onto a disk that fills ends the process
/// inside it. With the room taken beforehand no write is refused.
struct DiskRoom: ~Copyable {
    private let path: String
    private let descriptor: Int32

    /// Takes room for so many bytes of a file; where a file system cannot, it must at least have them free.
    ///
    /// - Throws: `UnfinishedError` when there is none.
    init(for bytes: Int, in path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw AtomicFile.diskError(path) }
        var failure = bytes > 0 ? ds_reserve(descriptor, Int64(bytes)) : 0
        if failure == ENOTSUP { failure = Self.isFree(bytes, at: descriptor) ? 0 : ENOSPC }
        guard failure == 0 else {
            close(descriptor)
            errno = failure
            var error = AtomicFile.diskError(path)
            error.what += ", it needs \(max(bytes >> 20, 1)) MiB"
            throw error
        }
        (self.path, self.descriptor) = (path, descriptor)
    }

    /// Gives back what the finished file does not fill.
    consuming func giveBackRest() throws {
        var status = stat()
        guard fstat(descriptor, &status) == 0, ftruncate(descriptor, status.st_size) == 0 else {
            throw AtomicFile.diskError(path)
        }
    }

    deinit { close(descriptor) }

    private static func isFree(_ bytes: Int, at descriptor: Int32) -> Bool {
        var disk = statvfs()
        // Where even that is not known, writing must tell.
        guard fstatvfs(descriptor, &disk) == 0 else { return true }
        return UInt64(disk.f_bavail) * UInt64(disk.f_frsize) >= UInt64(bytes)
    }
}
