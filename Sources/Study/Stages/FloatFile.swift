import FileSupport
import Foundation
import LinearAlgebra

/// A buffer of floats in a file under `parts/`, for stages that follow.
///
/// In a file it costs them no memory, and a run that goes on after an interruption works with the very same floats: taken
/// anew from other sums, they would differ in the last bits.
struct FloatFile {
    let path: String

    var exists: Bool { FileManager.default.fileExists(atPath: path) }

    /// Writes the file whole, with the folder that it lies in.
    func write(_ buffer: FloatBuffer) throws {
        try AtomicFile.makeFolder(AtomicFile.folder(of: path))
        try AtomicFile.write(buffer.bytes, to: path)
    }

    /// Removes the file, where it is.
    func remove() throws {
        if exists { try FileManager.default.removeItem(atPath: path) }
    }

    /// The floats, mapped from the file; only to be read.
    ///
    /// - Throws: ``InputError`` when the file holds another number of them.
    func map(count: Int) throws -> FloatBuffer { try FloatBuffer(mapping: path, count: count) }
}
