import FileSupport

/// A safetensors file: eight bytes with the length of a JSON header, the header, and the elements of all tensors.
///
/// The file is mapped; elements are read when asked for. Opening checks the whole header, as the format's own reader
/// does (github.com/huggingface/safetensors): tensors lie one after the other, without overlap or hole, to the end.
public final class Safetensors: Sendable {
    /// One tensor of the file; its type as the format spells it: `F32`, `BF16`…
    public typealias Tensor = StoredTensor<String>

    /// The tensors in the order of their bytes.
    public let tensors: [Tensor]
    /// The path.
    public var path: String { file.path }

    let file: MappedFile
    private static let headerLimit = 100_000_000
    private static let sizes = [
        "BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2, "I32": 4,
        "U32": 4, "F32": 4, "I64": 8, "U64": 8, "F64": 8,
    ]

    /// Maps a file and checks its header.
    ///
    /// - Throws: ``InputError`` that names the tensor and the numbers when the file is cut off, or its header is no
    ///   JSON, too long, or describes overlapping, missing or foreign bytes.
    public init(_ path: String) throws {
        file = try MappedFile(path)
        let total = file.bytes.count
        guard total >= 8 else { throw Self.cutOff(path, "\(total) bytes where 8 are the least") }
        guard !file.bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) else {
            throw InputError(
                "a zip archive, as torch.save writes it, not a safetensors file", at: path,
                remedy: "save the model with save_pretrained, which writes safetensors")
        }
        let length = UInt64(littleEndian: file.bytes.loadUnaligned(as: UInt64.self))
        guard length <= UInt64(Self.headerLimit) else {
            throw InputError(
                "the header claims \(length) bytes, more than \(Self.headerLimit)", at: path,
                remedy: "this is no safetensors file; download it again")
        }
        let start = 8 + Int(length)
        guard start <= total else { throw Self.cutOff(path, "a header of \(length) bytes in \(total)") }
        let header = try JSON.parse(
            UnsafeRawBufferPointer(rebasing: file.bytes[8..<start]).assumingMemoryBound(to: UInt8.self),
            place: "\(path), header")
        tensors = try Self.tensors(JSONCursor(header, place: path), from: start).sorted {
            ($0.bytes.lowerBound, $0.bytes.upperBound) < ($1.bytes.lowerBound, $1.bytes.upperBound)
        }
        try checkCoverage(from: start, to: total)
    }

    private static func tensors(_ header: JSONCursor, from start: Int) throws -> [Tensor] {
        try header.members().filter { $0.key != "__metadata__" }.map { name, entry in
            let type = try entry.member("dtype").string()
            guard let size = sizes[type] else {
                throw entry.error("the element type \(type) is unknown", remedy: "save the model as F32, F16 or BF16")
            }
            let shape = try entry.member("shape").elements().map { try $0.int() }
            let offsets = try entry.member("data_offsets").elements().map { try $0.int() }
            guard offsets.count == 2, 0 <= offsets[0], offsets[0] <= offsets[1], offsets[1] < Int.max - start else {
                throw entry.error("the offsets \(offsets) are no range", remedy: again)
            }
            var bytes = size
            for dimension in shape {
                let (product, overflow) = bytes.multipliedReportingOverflow(by: dimension)
                guard dimension >= 0, !overflow else {
                    throw entry.error("the shape \(shape) is impossible", remedy: again)
                }
                bytes = product
            }
            guard offsets[1] - offsets[0] == bytes else {
                throw entry.error(
                    "the shape \(shape) of \(type) needs \(bytes) bytes and has \(offsets[1] - offsets[0])",
                    remedy: again)
            }
            return Tensor(name: name, type: type, shape: shape, bytes: start + offsets[0]..<start + offsets[1])
        }
    }

    private func checkCoverage(from start: Int, to total: Int) throws {
        var end = start
        var before = "the header"
        for tensor in tensors {
            guard tensor.bytes.lowerBound == end else {
                let gap = tensor.bytes.lowerBound - end
                throw InputError(
                    gap < 0
                        ? "the tensor \(tensor.name) overlaps \(before) by \(-gap) bytes"
                        : "\(gap) bytes between \(before) and the tensor \(tensor.name) belong to nothing",
                    at: path, remedy: Self.again)
            }
            guard tensor.bytes.upperBound <= total else {
                throw Self.cutOff(path, "the tensor \(tensor.name) ends at byte \(tensor.bytes.upperBound) of \(total)")
            }
            end = tensor.bytes.upperBound
            before = "the tensor \(tensor.name)"
        }
        guard end == total else {
            throw InputError("\(total - end) bytes after \(before) belong to nothing", at: path, remedy: Self.again)
        }
    }

    private static let again = "the file is damaged; save or download it again"

    private static func cutOff(_ path: String, _ what: String) -> InputError {
        InputError("the file is cut off: \(what)", at: path, remedy: again)
    }
}
