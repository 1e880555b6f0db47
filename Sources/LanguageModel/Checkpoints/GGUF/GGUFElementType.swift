import FileSupport

/// How a GGUF tensor's elements are stored: single numbers, or blocks of 32 or 256 with scales of their own.
///
/// Raw values and layouts are those of ggml's `ggml_type` and `ggml-common.h`.
public enum GGUFElementType: UInt32, Sendable, CaseIterable {
    case f32 = 0
    case f16 = 1
    case q4_0 = 2
    case q4_1 = 3
    case q5_0 = 6
    case q5_1 = 7
    case q8_0 = 8
    case q4_K = 12
    case q5_K = 13
    case q6_K = 14
    case bf16 = 30

    /// Elements of a block.
    public var blockSize: Int { block.elements }
    /// Bytes of a block.
    public var blockBytes: Int { block.bytes }

    private var block: (elements: Int, bytes: Int) {
        switch self {
        case .f32: (1, 4)
        case .f16, .bf16: (1, 2)
        case .q4_0: (32, 18)
        case .q4_1: (32, 20)
        case .q5_0: (32, 22)
        case .q5_1: (32, 24)
        case .q8_0: (32, 34)
        case .q4_K: (256, 144)
        case .q5_K: (256, 176)
        case .q6_K: (256, 210)
        }
    }

    /// Bytes of a tensor of this shape, slowest dimension first; blocks lie within rows.
    func byteCount(_ shape: [Int], name: String, path: String) throws -> Int {
        var blocks = 1
        for (i, size) in shape.enumerated() {
            let isRow = i == shape.count - 1
            let (product, overflow) = blocks.multipliedReportingOverflow(by: isRow ? size / blockSize : size)
            guard size > 0, !overflow, !isRow || size % blockSize == 0, product < Int.max / 256 else {
                throw InputError(
                    "the shape \(shape) of the tensor \(name) is impossible in blocks of \(blockSize)", at: path,
                    remedy: GGUFCursor.again)
            }
            blocks = product
        }
        return blocks * blockBytes
    }
}
