/// What the report says of files: their names, not where they lie on the machine that ran the study.
package enum ReaderText {
    /// The last component of a path.
    static func file(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

    /// `built-in` for the model that comes with driftscope, wherever this copy of it lies; else the folder's name.
    package static func model(_ folder: String) -> String {
        folder.contains("BuiltInStudy.") && folder.hasSuffix("/files/planted/model") ? "built-in" : file(folder)
    }

    /// The command line with the program's name in the place of its path.
    static func command(_ line: String) -> String {
        let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard let program = parts.first else { return line }
        return ([file(String(program))] + parts.dropFirst().map(String.init)).joined(separator: " ")
    }

    /// The resolved study with absolute paths cut to their last component.
    ///
    /// The hashes at its foot are left out: the report has them as a table. study.yaml in the run folder keeps both.
    static func study(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix("# ") }.map { line in
            // Strings are written in double quotes; those between quotes are the odd parts.
            line.split(separator: "\"", omittingEmptySubsequences: false).enumerated().map { i, part in
                i % 2 == 1 && part.hasPrefix("/") ? file(String(part)) : String(part)
            }.joined(separator: "\"")
        }.joined(separator: "\n")
    }
}
