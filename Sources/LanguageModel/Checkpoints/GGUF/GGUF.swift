import FileSupport

/// A GGUF file: typed metadata, the names and shapes of all tensors, and their bytes, mostly in quantized blocks.
///
/// The format is that of github.com/ggml-org/ggml, docs/gguf.md, versions 2 and 3, little-endian. The file is mapped;
/// elements are read when asked for.
public final class GGUF: Sendable {
    /// One tensor of the file; its shape is the reverse of what the file spells.
    public typealias Tensor = StoredTensor<GGUFElementType>

    /// The metadata in the order of the file.
    public let metadata: [(key: String, value: GGUFValue)]
    /// The tensors in the order of the file.
    public let tensors: [Tensor]
    /// The path.
    public var path: String { file.path }

    let file: MappedFile

    /// Maps a file and checks its header.
    ///
    /// - Throws: ``InputError`` that names the key or tensor when the file is no GGUF, of another version, cut off, or
    ///   describes bytes that it does not hold.
    public init(_ path: String) throws {
        file = try MappedFile(path)
        var cursor = GGUFCursor(file)
        let start = try cursor.header()
        metadata = try cursor.metadata(count: start.metadata)
        let alignment = try Self.alignment(metadata, path)
        let infos = try cursor.tensors(count: start.tensors)
        let origin = (cursor.offset + alignment - 1) / alignment * alignment
        tensors = try infos.map { info in
            let length = try info.type.byteCount(info.shape, name: info.name, path: path)
            let (begin, overflow) = origin.addingReportingOverflow(info.offset)
            guard !overflow, info.offset % alignment == 0, begin <= cursor.total, length <= cursor.total - begin else {
                throw InputError(
                    "the tensor \(info.name) wants \(length) bytes at \(begin), and the file has \(cursor.total)",
                    at: path,
                    remedy: GGUFCursor.again)
            }
            return Tensor(name: info.name, type: info.type, shape: info.shape, bytes: begin..<begin + length)
        }
    }

    /// A metadata value; nil when there is none of that name.
    public subscript(key: String) -> GGUFValue? { metadata.first { $0.key == key }?.value }

    private static func alignment(_ metadata: [(key: String, value: GGUFValue)], _ path: String) throws -> Int {
        guard let value = metadata.first(where: { $0.key == "general.alignment" })?.value else { return 32 }
        guard let number = value.integer, number > 0, number <= 1 << 20, number.nonzeroBitCount == 1 else {
            throw InputError("general.alignment is \(value)", at: path, remedy: GGUFCursor.again)
        }
        return number
    }
}
