import Embeddings
import FileSupport
import Foundation
import RunStore

/// `driftscope export`: a snapshot's embeddings for other programs.
public enum RunExport {
    /// Writes vectors in a format.
    ///
    /// - Returns: one line that says what was written.
    /// - Throws: ``InputError`` for an unknown format, snapshot or word.
    public static func write(
        _ path: String, snapshot: String, format name: String, to out: String, words: String?, delta: Bool
    ) throws -> String {
        guard let format = ExportFormat(rawValue: name) else {
            let known = ExportFormat.allCases.map(\.rawValue)
            let hint = NearestName.of(name, among: known).map { "did you mean \($0)? " } ?? ""
            throw InputError(
                "unknown format '\(name)'", at: "--format", remedy: hint + "known: " + known.joined(separator: ", "))
        }
        let reader = try RunReader(path)
        let chosen = try words.map { file in
            try Input.text(file).split(whereSeparator: \.isNewline).map(String.init).filter { !$0.isEmpty }
        }
        let vectors = try reader.vectors(of: snapshot, minus: delta ? "before" : nil, words: chosen)
        try Exporter.write(vectors, format: format, to: out)
        return "wrote \(vectors.matrix.rows) vectors of \(vectors.matrix.columns) numbers to \(out)"
    }
}
