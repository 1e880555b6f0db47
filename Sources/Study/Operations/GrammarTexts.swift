import BuiltInStudy
import FileSupport
import SyntheticStudies

/// `driftscope grammar`: the texts of a study whose right answer is planted.
package enum GrammarTexts {
    /// Writes every file that a grammar gives.
    ///
    /// - Parameters:
    ///   - path: the grammar; nil for the built-in study's.
    ///   - out: the folder, made when it is not there.
    ///   - replacing: whether files of the same names in it are replaced.
    /// - Returns: one line that says what was written.
    /// - Throws: ``InputError`` for a grammar that cannot be.
    package static func write(grammar path: String?, out: String, replacing: Bool) throws -> String {
        let grammar = try Grammar.read(path ?? BuiltInStudy.path("planted/grammar.json"))
        try Output.requireFree(out, isFolder: true, replacing: replacing)
        return "wrote \(try grammar.write(to: out).joined(separator: ", ")) into \(out)"
    }
}
