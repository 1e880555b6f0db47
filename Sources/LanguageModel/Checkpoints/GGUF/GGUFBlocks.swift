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
        case .q4_0: q4_0
        case .q4_1: q4_1
        case .q5_0: q5_0
        case .q5_1: q5_1
        case .q8_0: q8_0
        case .q4_K: q4_K
        case .q5_K: q5_K
        case .q6_K: q6_K
        }
    }

    // MARK: Blocks of 32: the low nibbles are elements 0 to 15, the high ones 16 to 31.

    /// d (q − 8).
    private static func q4_0(_ block: UnsafeRawBufferPointer, _ target: UnsafeMutablePointer<Float>) {
        let d = half(block, 0)
        for i in 0..<16 {
            target[i] = d * Float(Int(block[2 + i] & 15) - 8)
            target[i + 16] = d * Float(Int(block[2 + i] >> 4) - 8)
        }
    }

    /// d q + m.
    private static func q4_1(_ block: UnsafeRawBufferPointer, _ target: UnsafeMutablePointer<Float>) {
        let (d, m) = (half(block, 0), half(block, 2))
        for i in 0..<16 {
            target[i] = d * Float(block[4 + i] & 15) + m
            target[i + 16] = d * Float(block[4 + i] >> 4) + m
        }
    }

    /// d (q − 16), the fifth bits in 32 bits of their own.
    private static func q5_0(_ block: UnsafeRawBufferPointer, _ target: UnsafeMutablePointer<Float>) {
        let d = half(block, 0)
        let high = block.loadUnaligned(fromByteOffset: 2, as: UInt32.self)
        for i in 0..<16 {
            let (low, top) = (fifth(high, i), fifth(high, i + 16))
            target[i] = d * Float(Int(block[6 + i] & 15) + low - 16)
            target[i + 16] = d * Float(Int(block[6 + i] >> 4) + top - 16)
        }
    }

    /// d q + m, the fifth bits in 32 bits of their own.
    private static func q5_1(_ block: UnsafeRawBufferPointer, _ target: UnsafeMutablePointer<Float>) {
        let (d, m) = (half(block, 0), half(block, 2))
        let high = block.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
        for i in 0..<16 {
            target[i] = d * Float(Int(block[8 + i] & 15) + fifth(high, i)) + m
            target[i + 16] = d * Float(Int(block[8 + i] >> 4) + fifth(high, i + 16)) + m
        }
    }

    /// d q.
    private static func q8_0(_ block: UnsafeRawBufferPointer, _ target: UnsafeMutablePointer<Float>) {
        let d = half(block, 0)
        for i in 0..<32 { target[i] = d * Float(Int8(bitPattern: block[2 + i])) }
    }

    // MARK: Blocks of 256: eight or sixteen groups, each with a scale of few bits under the block's own.

    /// d s q − m o: d and m of the block, scale s and offset o of each 32 elements in six bits.
    private static func q4_K(_ block: UnsafeRawBufferPointer, _ target: UnsafeMutablePointer<Float>) {
        let (d, m) = (half(block, 0), half(block, 2))
        for pair in 0..<4 {
            let (low, high) = (scales(block, 2 * pair), scales(block, 2 * pair + 1))
            for i in 0..<32 {
                let byte = block[16 + 32 * pair + i]
                target[64 * pair + i] = d * low.scale * Float(byte & 15) - m * low.offset
                target[64 * pair + 32 + i] = d * high.scale * Float(byte >> 4) - m * high.offset
            }
        }
    }

    /// As q4_K, with a fifth bit: bit k of byte i in 32 further bytes is that of element 32 k + i.
    private static func q5_K(_ block: UnsafeRawBufferPointer, _ target: UnsafeMutablePointer<Float>) {
        let (d, m) = (half(block, 0), half(block, 2))
        for pair in 0..<4 {
            let (low, high) = (scales(block, 2 * pair), scales(block, 2 * pair + 1))
            for i in 0..<32 {
                let (byte, bits) = (block[48 + 32 * pair + i], block[16 + i])
                let (a, b) = (bits >> (2 * pair) & 1, bits >> (2 * pair + 1) & 1)
                target[64 * pair + i] = d * low.scale * Float(byte & 15 | a << 4) - m * low.offset
                target[64 * pair + 32 + i] = d * high.scale * Float(byte >> 4 | b << 4) - m * high.offset
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
