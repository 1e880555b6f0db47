import Foundation

/// Files that a command writes where the user says.
public enum Output {
    /// Refuses a path at which something stands already.
    ///
    /// - Parameters:
    ///   - isFolder: whether a folder of files is written; an empty one may stand there.
    ///   - replacing: whether files that are there may be replaced, as `--force` says.
    /// - Throws: ``InputError`` that says what stands there.
    public static func requireFree(_ path: String, isFolder: Bool = false, replacing: Bool) throws {
        var found: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &found) else { return }
        var status = stat()
        guard stat(path, &status) != 0 || [S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) else {
            // A file is written beside and renamed: it would take the place of the device itself.
            throw InputError("a pipe or device where a file is to be written", at: path, remedy: "give another name")
        }
        guard found.boolValue == isFolder else {
            throw InputError(
                found.boolValue ? "a folder where a file is to be written" : "a file where a folder is to be written",
                at: path, remedy: "give another name")
        }
        if replacing { return }
        guard isFolder else {
            throw InputError("there is a file already", at: path, remedy: "give another name, or --force to replace it")
        }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        guard names.isEmpty else {
            throw InputError(
                "the folder is not empty", at: path,
                remedy: "give another name, or --force to replace the files of the same names in it")
        }
    }
}
