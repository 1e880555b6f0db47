import FileSupport
import Foundation
import LinearAlgebra

/// A folder that TensorBoard's projector opens.
///
/// Its rules, from tensorboard's `data-provider.ts`: `vectors.tsv` holds numbers alone; the first line of
/// `metadata.tsv` is a header exactly when it holds a tab, so at least two columns are written; blank lines are dropped
/// there, so no row may be blank; paths in the configuration are relative to its folder.
enum Projector {
    static func write(_ vectors: ExportVectors, to folder: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw UnfinishedError(
                "could not make the folder \(folder): \(error.localizedDescription)", kept: "nothing was written",
                resume: "choose another folder")
        }
        try Exporter.verified(folder + "/vectors.tsv", vectors) { path in
            var lines = try LineFile(path)
            for row in 0..<vectors.matrix.rows {
                for (column, value) in vectors.matrix.row(row).enumerated() {
                    if column == 0 { try lines.add(value.description) } else { lines.join(value, "\t") }
                }
            }
            try lines.close()
        } read: { path in
            (vectors.keys, try numbers(path))
        }
        var metadata = "key\ttext\ttoken_id\n"
        for row in vectors.keys.indices {
            metadata += "\(vectors.keys[row])\t\(vectors.texts[row].oneLine)\t\(vectors.tokens[row])\n"
        }
        try AtomicFile.write(metadata, to: folder + "/metadata.tsv")
        let configuration = """
            embeddings {
              tensor_name: "driftscope"
              tensor_path: "vectors.tsv"
              metadata_path: "metadata.tsv"
              tensor_shape: \(vectors.matrix.rows)
              tensor_shape: \(vectors.matrix.columns)
            }

            """
        try AtomicFile.write(configuration, to: folder + "/projector_config.pbtxt")
        let lines = try Input.bytes(folder + "/metadata.tsv").split(separator: UInt8(ascii: "\n")).count
        guard lines == vectors.matrix.rows + 1 else {
            throw UnfinishedError(
                "metadata.tsv has \(lines) lines for \(vectors.matrix.rows) vectors", kept: "the folder \(folder)",
                resume: "export again")
        }
    }

    /// Reads numbers separated by tabs, a line a row.
    private static func numbers(_ path: String) throws -> Matrix<Float> {
        var elements: [Float] = []
        var rows = 0
        for line in try Input.bytes(path).split(separator: UInt8(ascii: "\n")) {
            rows += 1
            for field in line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false) {
                guard let value = Float(String(decoding: field, as: UTF8.self)) else {
                    throw InputError("not a number", at: "\(path):\(rows)", remedy: "export again")
                }
                elements.append(value)
            }
        }
        guard rows > 0, elements.count.isMultiple(of: rows) else {
            throw InputError("lines of different length", at: path, remedy: "export again")
        }
        return Matrix(rows: rows, columns: elements.count / rows, elements: elements)
    }
}
