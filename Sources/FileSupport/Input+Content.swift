extension Input {
    /// Refuses what a clone or a download leaves in the place of a file: a pointer of Git LFS, a web page, a host's
    /// message, nothing.
    ///
    /// - Parameter bytes: those of the file, or its first kilobyte.
    /// - Throws: ``InputError`` that says what the file is and how to get the one that is wanted.
    package static func requireContent(_ bytes: some Collection<UInt8>, at path: String) throws {
        guard !bytes.isEmpty else {
            throw InputError("the file is empty", at: path, remedy: "download or write it again")
        }
        let start = String(decoding: bytes.prefix(1024), as: UTF8.self)
        // The two addresses that the specification of pointers has had.
        if start.hasPrefix("version https://git-lfs.github.com/spec/")
            || start.hasPrefix("version https://hawser.github.com/spec/")
        {
            throw InputError(
                "a Git LFS pointer, not the file", at: path,
                remedy: "run git lfs pull in its folder, or download the file itself")
        }
        let mark = start.drop { $0.isWhitespace || $0 == "\u{FEFF}" }.prefix(14).lowercased()
        if mark.hasPrefix("<!doctype html") || mark.hasPrefix("<html") {
            throw InputError(
                "a web page (HTML), not the file", at: path,
                remedy: "download the file itself: a page comes in its place for a wrong address or without a login")
        }
        // What huggingface.co answers in plain text.
        let messages = ["Entry not found", "Repository not found", "Invalid username or password."]
        if bytes.count < 64, let message = messages.first(where: { start.hasPrefix($0) }) {
            throw InputError(
                "a host's message, \"\(message)\", not the file", at: path,
                remedy: "check the address and the login, and download it again")
        }
    }
}
