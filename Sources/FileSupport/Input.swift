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
