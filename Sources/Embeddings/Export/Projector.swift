import FileSupport
import Foundation

/// A folder that TensorBoard's projector opens.
///
/// Its rules, from tensorboard's `data-provider.ts`: `vectors.tsv` holds numbers alone; the first line of
/// `metadata.tsv` is a header exactly when it holds a tab, so at least two columns are written; blank lines are dropped
/// there, so no row may be blank; paths in the configuration are relative to its folder. A spreadsheet opens the metadata
/// as well, so no token is a formula there; token ids join it to other exports.
enum Projector {
    static func write(_ vectors: ExportVectors, to folder: String) throws {
        try AtomicFile.makeFolder(folder)
        try Exporter.verified(folder + "/vectors.tsv", vectors) { path in
            var lines = try LineFile(path)
            for row in 0..<vectors.matrix.rows {
                for (column, value) in vectors.matrix.row(row).enumerated() {
                    if column == 0 { try lines.add(value.description) } else { lines.join(value, "\t") }
                }
            }
            try lines.close()
        } read: { path in
            (vectors.keys, try TextVectors.read(path, header: false, separator: "\t", hasKeys: false).matrix)
        }
        let metadata = vectors.keys.indices.map {
            "\(vectors.keys[$0].asCell)\t\(vectors.texts[$0].oneLine.asCell)\t\(vectors.tokens[$0])\n"
        }
        try AtomicFile.write("key\ttext\ttoken_id\n" + metadata.joined(), to: folder + "/metadata.tsv")
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
}
