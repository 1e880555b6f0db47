import FileSupport

/// How a GGUF tensor's elements are stored: single numbers, or blocks of 32 to 256 with scales of their own.
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
    case q2_K = 10
    case q3_K = 11
    case q4_K = 12
    case q5_K = 13
    case q6_K = 14
    case iq2_XXS = 16
    case iq2_XS = 17
    case iq3_XXS = 18
    case iq1_S = 19
    case iq4_NL = 20
    case iq3_S = 21
    case iq2_S = 22
    case iq4_XS = 23
    case iq1_M = 29
    case bf16 = 30
    case tq1_0 = 34
    case tq2_0 = 35
    case mxfp4 = 39
    case nvfp4 = 40

    /// ggml's names of types that are not read here: of whole numbers, of sums in progress, of layouts for one processor.
    static let foreign: [UInt32: String] = [
        9: "Q8_1", 15: "Q8_K", 24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64", 31: "Q4_0_4_4", 32: "Q4_0_4_8",
        33: "Q4_0_8_8", 36: "IQ4_NL_4_4", 37: "IQ4_NL_4_8", 38: "IQ4_NL_8_8", 41: "Q1_0",
    ]

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
        case .q2_K: (256, 84)
        case .q3_K: (256, 110)
        case .q4_K: (256, 144)
        case .q5_K: (256, 176)
        case .q6_K: (256, 210)
        case .tq1_0: (256, 54)
        case .tq2_0: (256, 66)
        case .iq1_S: (256, 50)
        case .iq1_M: (256, 56)
        case .iq2_XXS: (256, 66)
        case .iq2_XS: (256, 74)
        case .iq2_S: (256, 82)
        case .iq3_XXS: (256, 98)
        case .iq3_S: (256, 110)
        case .iq4_NL: (32, 18)
        case .iq4_XS: (256, 136)
        case .mxfp4: (32, 17)
        case .nvfp4: (64, 36)
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
