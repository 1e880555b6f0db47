import Foundation

/// What the report says of files: their names, not where they lie on the machine that ran the study.
enum ReaderText {
    /// `built-in` for the model that comes with driftscope, else the last component of the folder.
    static func modelName(_ folder: String) -> String {
        // A run made by another copy of driftscope has another folder, with the same end.
        folder == ModelFolder.resolve("built-in") || folder.hasSuffix("BuiltInStudy.resources/files/planted/model")
            ? "built-in" : (folder as NSString).lastPathComponent
    }

    /// The command line with the program's name in the place of its path.
    static func command(_ line: String) -> String {
        let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard let program = parts.first else { return line }
        return ([(String(program) as NSString).lastPathComponent] + parts.dropFirst().map(String.init))
            .joined(separator: " ")
    }

    /// The resolved study with absolute paths cut to their last component.
    ///
    /// The hashes at its foot are left out: the report has them as a table. study.yaml in the run folder keeps both.
    static func study(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix("# ") }.map { line in
            // Strings are written in double quotes; those between quotes are the odd parts.
            line.split(separator: "\"", omittingEmptySubsequences: false).enumerated().map { i, part in
                i % 2 == 1 && part.hasPrefix("/") ? (String(part) as NSString).lastPathComponent : String(part)
            }.joined(separator: "\"")
        }.joined(separator: "\n")
    }
}
