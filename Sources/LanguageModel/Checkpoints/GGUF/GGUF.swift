import FileSupport

/// A GGUF file, or the files of a split one: typed metadata, the names and shapes of all tensors, and their bytes, mostly
/// in quantized blocks.
///
/// The format is that of github.com/ggml-org/ggml, docs/gguf.md, versions 2 and 3, little-endian. Files are mapped;
/// elements are read when asked for.
public final class GGUF: Sendable {
    /// One tensor; its shape is the reverse of what the file spells. The bytes of split files count on from file to file.
    public typealias Tensor = StoredTensor<GGUFElementType>

    /// The metadata in the order of the file; of a split one that of its first part.
    public let metadata: [(key: String, value: GGUFValue)]
    /// The tensors in the order of the file.
    public let tensors: [Tensor]
    /// The path that was given.
    public let path: String
    /// The paths of all files, in the order of the parts.
    public var paths: [String] { files.map(\.file.path) }

    private let files: [(file: MappedFile, start: Int)]

    /// Maps a file and checks its header, and those of the other parts of a split one.
    ///
    /// - Parameter path: a file; of a split one any part, or all of them in one file, one after the other.
    /// - Throws: ``InputError`` that names the key or tensor when the file is no GGUF, of another version, cut off, or
    ///   describes bytes that it does not hold; or the part that is missing or of another set.
    public init(_ path: String) throws {
        self.path = path
        let parts = try GGUFPart.all(of: path)
        metadata = parts[0].metadata
        var (files, tensors, start) = ([(file: MappedFile, start: Int)](), [Tensor](), 0)
        for part in parts {
            if part.file !== files.last?.file {
                start = files.last.map { $0.start + $0.file.bytes.count } ?? 0
                files.append((part.file, start))
            }
            tensors += part.tensors.map { tensor in
                let bytes = tensor.bytes.lowerBound + start..<tensor.bytes.upperBound + start
                return Tensor(name: tensor.name, type: tensor.type, shape: tensor.shape, bytes: bytes)
            }
        }
        self.files = files
        self.tensors = tensors
    }

    /// A metadata value; nil when there is none of that name.
    public subscript(key: String) -> GGUFValue? { metadata.first { $0.key == key }?.value }

    /// The stored bytes of a tensor, and the path of the file that holds them.
    func source(_ tensor: Tensor) -> (bytes: UnsafeRawBufferPointer, path: String) {
        guard let (file, start) = files.last(where: { $0.start <= tensor.bytes.lowerBound }) else {
            preconditionFailure("\(tensor.name) is of another file")
        }
        let range = tensor.bytes.lowerBound - start..<tensor.bytes.upperBound - start
        return (UnsafeRawBufferPointer(rebasing: file.bytes[range]), file.path)
    }
}
