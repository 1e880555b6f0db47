import Embeddings
import FileSupport
import Foundation
import RunStore

/// `driftscope export`: a snapshot's embeddings for other programs.
package enum RunExport {
    /// - Parameter replacing: whether files that are there already are replaced.
    /// - Returns: one line that says what was written.
    /// - Throws: ``InputError`` for an unknown snapshot or word.
    package static func write(
        _ path: String, snapshot: String, format: ExportFormat, to out: String, words: String?, delta: Bool,
        replacing: Bool
    ) throws -> String {
        for file in [out] + format.filesBeside.map({ out + $0 }) {
            try Output.requireFree(file, isFolder: format.isFolder, replacing: replacing)
        }
        let reader = try RunReader(path)
        let chosen = try words.map { file in
            try Input.text(file).split(whereSeparator: \.isNewline).map(String.init).filter { !$0.isEmpty }
        }
        let vectors = try reader.vectors(of: snapshot, minus: delta ? "before" : nil, words: chosen)
        try Exporter.write(vectors, format: format, to: out)
        let repeats = (chosen?.count ?? vectors.matrix.rows) - vectors.matrix.rows
        return "wrote \(vectors.matrix.rows) vectors of \(vectors.matrix.columns) numbers to \(out)"
            + (repeats > 0 ? "; words whose token an earlier word has, left out: \(repeats)" : "")
    }
}
