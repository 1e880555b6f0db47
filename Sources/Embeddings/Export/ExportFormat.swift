import FileSupport

/// A file format for vectors.
///
/// A new one is a file with a value like those here, and a line in ``all``; a program that has one of its own hands it to
/// ``Exporter/write(_:format:to:)``.
public struct ExportFormat: Sendable {
    /// Its name on the command line.
    public let name: String
    /// What it is, in a line.
    public let summary: String
    /// What is written beside the path, by what is added to its name.
    public let filesBeside: [String]
    /// Whether the path becomes a folder.
    public let isFolder: Bool
    /// Writes vectors to a path; what is written is read back before it takes its name, see ``Exporter/verified(_:_:write:read:)``.
    let write: @Sendable (_ vectors: ExportVectors, _ path: String) throws -> Void

    /// Describes a format.
    public init(
        name: String, summary: String, filesBeside: [String] = [], isFolder: Bool = false,
        write: @escaping @Sendable (_ vectors: ExportVectors, _ path: String) throws -> Void
    ) {
        (self.name, self.summary, self.write) = (name, summary, write)
        (self.filesBeside, self.isFolder) = (filesBeside, isFolder)
    }

    /// The formats that are there; a new one is a line here.
    public static let all: [ExportFormat] = [word2vec, glove, npy, tensorboard]

    /// Text: a line `rows dimensions`, then a line a row, `key value value …`.
    public static let word2vec = text("word2vec", header: true, "text with a line of sizes, then a line a row")
    /// The same without its first line.
    public static let glove = text("glove", header: false, "text, a line a row")

    /// `.npy` version 1.0, little-endian single precision; the keys in `PATH.tokens.json` beside it.
    public static let npy = ExportFormat(
        name: "npy", summary: "NumPy array, the keys in a JSON file beside it", filesBeside: [".tokens.json"]
    ) { vectors, path in
        // The keys first: whoever sees the array finds them beside it.
        try AtomicFile.write(vectors.tokensJSON.pretty, to: path + ".tokens.json")
        try Exporter.verified(path, vectors) {
            try NumPyArray.write(vectors.matrix, to: $0)
        } read: {
            (vectors.keys, try NumPyArray.read($0))
        }
    }

    /// A folder with `vectors.tsv`, `metadata.tsv` and `projector_config.pbtxt`.
    public static let tensorboard = ExportFormat(
        name: "tensorboard", summary: "folder that TensorBoard's projector opens", isFolder: true,
        write: Projector.write)

    private static func text(_ name: String, header: Bool, _ summary: String) -> ExportFormat {
        ExportFormat(name: name, summary: summary) { vectors, path in
            try Exporter.verified(path, vectors) {
                try TextVectors.write(vectors, header: header, to: $0)
            } read: {
                try TextVectors.read($0, header: header)
            }
        }
    }
}

extension ExportVectors {
    /// The keys, texts and ids of the rows of an array.
    fileprivate var tokensJSON: JSON {
        .object([
            ("rows", .integer(keys.count)), ("keys", .array(keys.map { .string($0) })),
            ("texts", .array(texts.map { .string($0) })), ("token_ids", .array(tokens.map { .integer($0) })),
        ])
    }
}
