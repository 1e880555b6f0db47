import FileSupport
import Foundation
import LinearAlgebra
import Records

/// Writes vectors for other programs, and reads each file back before it takes its name.
///
/// Keys are byte-alphabet spellings: a token with a space or a line break in it would otherwise make a file that
/// cannot be read back. Numbers are the shortest decimals that give the same single-precision value. Equal input
/// gives equal bytes.
public enum Exporter {
    /// Writes `vectors` to `path`.
    ///
    /// - Throws: `InputError` when there is no row, a number is not finite (text formats have no common spelling
    ///   for it), or a key holds a blank or stands twice; `UnfinishedError` when the disk refuses or what was written
    ///   does not read back.
    public static func write(_ vectors: ExportVectors, format: ExportFormat, to path: String) throws {
        try check(vectors, path)
        try format.write(vectors, path)
    }

    private static func check(_ vectors: ExportVectors, _ path: String) throws {
        guard vectors.matrix.rows > 0, vectors.matrix.columns > 0 else {
            throw InputError("no vectors to export", at: path, remedy: "choose other words or another snapshot")
        }
        if let index = vectors.matrix.elements.firstIndex(where: { !$0.isFinite }) {
            let row = index / vectors.matrix.columns
            throw InputError(
                "the vector of \(vectors.keys[row]) (token \(vectors.tokens[row])) holds \(vectors.matrix.elements[index])",
                at: path, remedy: "leave the word out")
        }
        var seen: Set<[UInt8]> = []
        for (row, key) in vectors.keys.enumerated() {
            guard TokenTable.isKey(key) else {
                throw InputError(
                    "the key of token \(vectors.tokens[row]) is empty or holds a blank", at: path,
                    remedy: "leave the word out")
            }
            guard seen.insert(Array(key.utf8)).inserted else {
                throw InputError("the key \(key) stands twice", at: path, remedy: "leave one of them out")
            }
        }
    }

    /// Writes under a temporary name, reads that back, and only then renames.
    ///
    /// - Throws: `UnfinishedError` when what was written does not read back as the vectors, and whatever `write` and `read` do.
    public static func verified(
        _ path: String, _ vectors: ExportVectors, write: (String) throws -> Void,
        read: (String) throws -> (keys: [String], matrix: Matrix<Float>)
    ) throws {
        try AtomicFile.write(to: path) { temporary in
            try write(temporary)
            let (keys, matrix) = try read(temporary)
            guard matrix == vectors.matrix, keys.elementsEqual(vectors.keys, by: { $0.utf8.elementsEqual($1.utf8) })
            else {
                throw UnfinishedError(
                    "\(path) does not read back as it was written", kept: "what stood there before is unchanged",
                    resume: "check the disk, then export again")
            }
        }
    }
}

/// A text file that is written line by line.
struct LineFile {
    private static let blockSize = 1 << 22
    private var bytes: [UInt8] = []
    private var isOpen = false
    private let path: String
    private let handle: FileHandle

    init(_ path: String) throws {
        guard let handle = AtomicFile.newFile(path) else { throw Self.refused(path, String(cString: strerror(errno))) }
        (self.path, self.handle) = (path, handle)
    }

    mutating func add(_ text: String) throws {
        if isOpen { bytes.append(UInt8(ascii: "\n")) }
        isOpen = true
        if bytes.count > Self.blockSize { try flush() }
        bytes.append(contentsOf: text.utf8)
    }

    /// Continues the line with a number, after a separator.
    mutating func join(_ value: Float, _ separator: String) {
        bytes.append(contentsOf: separator.utf8)
        // Swift's description is the shortest decimal that reads back as the same Float, never localised.
        bytes.append(contentsOf: value.description.utf8)
    }

    /// Ends the last line and closes the file.
    mutating func close() throws {
        if isOpen { bytes.append(UInt8(ascii: "\n")) }
        isOpen = false
        try flush()
        try? handle.close()
    }

    private mutating func flush() throws {
        guard bytes.withUnsafeBytes({ AtomicFile.writeAll($0, to: handle.fileDescriptor) }) else {
            throw Self.refused(path, String(cString: strerror(errno)))
        }
        bytes.removeAll(keepingCapacity: true)
    }

    private static func refused(_ path: String, _ reason: String) -> UnfinishedError {
        UnfinishedError(
            "could not write \(path): \(reason)", kept: "what stood there before is unchanged",
            resume: "free space or choose another folder, then export again")
    }
}
