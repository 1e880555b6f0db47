import Foundation

/// Files that the user names, read with clear errors.
public enum Input {
    /// All bytes of a file.
    ///
    /// - Parameter mayBeEmpty: whether a file without a byte is right as well.
    /// - Throws: ``InputError`` when there is no such file, it cannot be read, or something else stands in its place: a
    ///   pointer of Git LFS, a web page, nothing.
    public static func bytes(_ path: String, mayBeEmpty: Bool = false) throws -> [UInt8] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw InputError("no such file", at: path, remedy: "check the path")
        }
        guard !isFolder.boolValue else {
            throw InputError("a folder where a file is wanted", at: path, remedy: "name a file inside it")
        }
        let bytes: [UInt8]
        do { bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) } catch {
            throw InputError("cannot be read: \(error.localizedDescription)", at: path, remedy: "check its permissions")
        }
        if !(bytes.isEmpty && mayBeEmpty) { try requireContent(bytes, at: path) }
        return bytes
    }

    /// The text of a UTF-8 file, a byte order mark dropped.
    ///
    /// - Throws: ``InputError`` that names the byte offset of the first invalid sequence, and what ``bytes(_:mayBeEmpty:)``
    ///   throws.
    public static func text(_ path: String, mayBeEmpty: Bool = false) throws -> String {
        var raw = try bytes(path, mayBeEmpty: mayBeEmpty)
        if raw.starts(with: [0xEF, 0xBB, 0xBF]) { raw.removeFirst(3) }
        return try text(raw, place: path)
    }

    /// The text that `raw` encodes in UTF-8.
    public static func text(_ raw: [UInt8], place: String) throws -> String {
        if let text = String(validating: raw, as: UTF8.self) { return text }
        throw InputError(
            "invalid UTF-8 at byte \(UTF8Check.firstInvalid(in: raw))", at: place, remedy: "convert the file to UTF-8")
    }

    /// Throws when `path` is not a folder.
    public static func requireFolder(_ path: String, remedy: String = "check the path") throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
            throw InputError("no such folder", at: path, remedy: remedy)
        }
    }
}
