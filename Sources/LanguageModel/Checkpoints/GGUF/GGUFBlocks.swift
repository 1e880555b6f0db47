/// The arithmetic of GGUF's blocks, as ggml's `ggml-quants.c` dequantizes them.
///
/// d and m are a block's scale and offset in half precision; q the small integers packed into its bytes.
enum GGUFBlocks {
    /// Writes a block's elements.
    typealias Decoder = @Sendable (_ block: UnsafeRawBufferPointer, _ target: UnsafeMutablePointer<Float>) -> Void

    static func decoder(_ type: GGUFElementType) -> Decoder {
        switch type {
        case .f32: { block, target in target[0] = block.loadUnaligned(as: Float.self) }
        case .f16: { block, target in target[0] = half(block, 0) }
        case .bf16: { block, target in target[0] = FloatBits.brain(block.loadUnaligned(as: UInt16.self)) }
        case .q4_0: { nibbles($0, $1, hasOffset: false, hasFifth: false) }
        case .q4_1: { nibbles($0, $1, hasOffset: true, hasFifth: false) }
        case .q5_0: { nibbles($0, $1, hasOffset: false, hasFifth: true) }
        case .q5_1: { nibbles($0, $1, hasOffset: true, hasFifth: true) }
        case .q8_0: q8_0
        case .q4_K: { grouped($0, $1, hasFifth: false) }
        case .q5_K: { grouped($0, $1, hasFifth: true) }
        case .q6_K: q6_K
        }
    }

    // MARK: Blocks of 32: the low nibbles are elements 0 to 15, the high ones 16 to 31.

    /// d q + m, or d (q − 8) where a block has no offset; q with a fifth bit from 32 bits of their own, and then d (q − 16).
    private static func nibbles(
        _ block: UnsafeRawBufferPointer, _ target: UnsafeMutablePointer<Float>, hasOffset: Bool, hasFifth: Bool
    ) {
        let (d, m) = (half(block, 0), hasOffset ? half(block, 2) : 0)
        let start = hasOffset ? 4 : 2
        let high = hasFifth ? block.loadUnaligned(fromByteOffset: start, as: UInt32.self) : 0
        let (first, middle) = (start + (hasFifth ? 4 : 0), hasFifth ? 16 : 8)
        for i in 0..<16 {
            let byte = block[first + i]
            let (low, top) = (Int(byte & 15) + fifth(high, i), Int(byte >> 4) + fifth(high, i + 16))
            target[i] = hasOffset ? d * Float(low) + m : d * Float(low - middle)
            target[i + 16] = hasOffset ? d * Float(top) + m : d * Float(top - middle)
        }
    }

    /// d q.
    private static func q8_0(_ block: UnsafeRawBufferPointer, _ target: UnsafeMutablePointer<Float>) {
        let d = half(block, 0)
        for i in 0..<32 { target[i] = d * Float(Int8(bitPattern: block[2 + i])) }
    }

    // MARK: Blocks of 256: eight or sixteen groups, each with a scale of few bits under the block's own.

    /// d s q − m o: d and m of the block, scale s and offset o of each 32 elements in six bits. With a fifth bit, bit k of
    /// byte i in 32 further bytes is that of element 32 k + i.
    private static func grouped(
        _ block: UnsafeRawBufferPointer, _ target: UnsafeMutablePointer<Float>, hasFifth: Bool
    ) {
        let (d, m) = (half(block, 0), half(block, 2))
        for pair in 0..<4 {
            let (low, high) = (scales(block, 2 * pair), scales(block, 2 * pair + 1))
            for i in 0..<32 {
                let byte = block[(hasFifth ? 48 : 16) + 32 * pair + i]
                let bits = hasFifth ? block[16 + i] >> (2 * pair) : 0
                target[64 * pair + i] = d * low.scale * Float(byte & 15 | (bits & 1) << 4) - m * low.offset
                target[64 * pair + 32 + i] = d * high.scale * Float(byte >> 4 | (bits >> 1 & 1) << 4) - m * high.offset
            }
        }
    }

    /// d s (q − 32): four low bits, two high bits, a signed scale for each 16 elements.
    private static func q6_K(_ block: UnsafeRawBufferPointer, _ target: UnsafeMutablePointer<Float>) {
        let d = half(block, 208)
        for part in 0..<2 {
            for i in 0..<32 {
                let high = block[128 + 32 * part + i]
                let (first, second) = (block[64 * part + i], block[64 * part + 32 + i])
                func put(_ group: Int, _ q: UInt8) {
                    let scale = Int8(bitPattern: block[192 + 8 * part + 2 * group + i / 16])
                    target[128 * part + 32 * group + i] = d * Float(scale) * Float(Int(q) - 32)
                }
                put(0, first & 15 | (high & 3) << 4)
                put(1, second & 15 | (high >> 2 & 3) << 4)
                put(2, first >> 4 | (high >> 4 & 3) << 4)
                put(3, second >> 4 | (high >> 6) << 4)
            }
        }
    }

    // MARK: Pieces

    private static func half(_ block: UnsafeRawBufferPointer, _ offset: Int) -> Float {
        FloatBits.half(block.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }

    private static func fifth(_ bits: UInt32, _ index: Int) -> Int { Int(bits >> UInt32(index) & 1) << 4 }

    /// Scale and offset of group 0 to 7, packed into bytes 4 to 15: six bits each, of the last four groups the upper
    /// two bits lie above the six of the first four.
    private static func scales(_ block: UnsafeRawBufferPointer, _ group: Int) -> (scale: Float, offset: Float) {
        func byte(_ index: Int) -> UInt8 { block[4 + index] }
        if group < 4 { return (Float(byte(group) & 63), Float(byte(group + 4) & 63)) }
        let packed = byte(group + 4)
        return (Float(packed & 15 | (byte(group - 4) >> 6) << 4), Float(packed >> 4 | (byte(group) >> 6) << 4))
    }
}
