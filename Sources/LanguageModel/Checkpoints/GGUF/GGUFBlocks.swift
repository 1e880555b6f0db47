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
        case .q2_K: q2_K
        case .q3_K: q3_K
        case .q4_K: { grouped($0, $1, hasFifth: false) }
        case .q5_K: { grouped($0, $1, hasFifth: true) }
        case .q6_K: q6_K
        case .tq1_0: tq1_0
        case .tq2_0: tq2_0
        case .iq4_NL: { levels($0, 2, 16, curve, half($0, 0), $1) }
        case .iq4_XS: iq4_XS
        case .mxfp4: { levels($0, 1, 16, halves, power($0[0]), $1) }
        case .nvfp4: nvfp4
        case .iq1_S: iq1_S
        case .iq1_M: iq1_M
        case .iq2_XXS: iq2_XXS
        case .iq2_XS: iq2_XS
        case .iq2_S: iq2_S
        case .iq3_XXS: iq3_XXS
        case .iq3_S: iq3_S
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

    /// d s q − m o: two bits, scale s and offset o of each 16 elements in four bits.
    private static func q2_K(_ block: UnsafeRawBufferPointer, _ target: UnsafeMutablePointer<Float>) {
        let (d, m) = (half(block, 80), half(block, 82))
        for i in 0..<256 {
            let scale = block[i / 16]
            target[i] = d * Float(scale & 15) * Float(twoBits(block, 16, i)) - m * Float(scale >> 4)
        }
    }

    /// d s (q − 4): two low bits, a third in bit k of byte i for element 32 k + i, signed scales of six bits.
    private static func q3_K(_ block: UnsafeRawBufferPointer, _ target: UnsafeMutablePointer<Float>) {
        let d = half(block, 108)
        for i in 0..<256 {
            let group = i / 16
            let scale =
                nibble(block[96 + group % 8], group / 8) | (block[104 + group % 4] >> (2 * (group / 4)) & 3) << 4
            let q = twoBits(block, 32, i) | (block[i % 32] >> (i / 32) & 1) << 2
            target[i] = d * Float(Int(scale) - 32) * Float(Int(q) - 4)
        }
    }

    /// d (q − 1): five digits to the base 3 in a byte, as a fraction of 256; four in each of the last four bytes.
    private static func tq1_0(_ block: UnsafeRawBufferPointer, _ target: UnsafeMutablePointer<Float>) {
        let d = half(block, 52)
        var next = 0
        for (bytes, digits) in [(0..<32, 5), (32..<48, 5), (48..<52, 4)] {
            var power: UInt8 = 1
            for _ in 0..<digits {
                for byte in bytes {
                    let digit = (Int(block[byte] &* power) * 3) >> 8
                    target[next] = d * Float(digit - 1)
                    next += 1
                }
                power *= 3
            }
        }
    }

    /// d (q − 1): two bits.
    private static func tq2_0(_ block: UnsafeRawBufferPointer, _ target: UnsafeMutablePointer<Float>) {
        let d = half(block, 64)
        for i in 0..<256 { target[i] = d * Float(Int(twoBits(block, 0, i)) - 1) }
    }

    // MARK: Four bits that name a level

    /// The levels of IQ4_NL and IQ4_XS, `kvalues_iq4nl`.
    private static let curve: [Float] = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113]
    /// Twice the values of E2M1, a sign, two bits of exponent and one of mantissa (OCP Microscaling Formats 1.0).
    private static let halves: [Float] = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12]

    /// `scale` times the levels that the low nibbles of `count` bytes name, then those of the high ones.
    private static func levels(
        _ block: UnsafeRawBufferPointer, _ first: Int, _ count: Int, _ table: [Float], _ scale: Float,
        _ target: UnsafeMutablePointer<Float>
    ) {
        for i in 0..<count {
            let byte = block[first + i]
            target[i] = scale * table[Int(byte & 15)]
            target[i + count] = scale * table[Int(byte >> 4)]
        }
    }

    /// d s v: signed scales of six bits for each 32 elements.
    private static func iq4_XS(_ block: UnsafeRawBufferPointer, _ target: UnsafeMutablePointer<Float>) {
        let (d, high) = (half(block, 0), block.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        for group in 0..<8 {
            let scale = Int(nibble(block[4 + group / 2], group % 2)) | Int(high >> (2 * group) & 3) << 4
            levels(block, 8 + 16 * group, 16, curve, d * Float(scale - 32), target + 32 * group)
        }
    }

    /// s v: a scale of E4M3 without its sign for each 16 elements; 0x7F is none.
    private static func nvfp4(_ block: UnsafeRawBufferPointer, _ target: UnsafeMutablePointer<Float>) {
        for group in 0..<4 {
            let (exponent, mantissa) = (Int(block[group] >> 3 & 15), Float(block[group] & 7))
            let size =
                exponent == 0
                ? mantissa * 0x1p-9 : (1 + mantissa / 8) * Float(sign: .plus, exponent: exponent - 7, significand: 1)
            levels(block, 4 + 8 * group, 8, halves, block[group] == 0x7F ? 0 : size / 2, target + 16 * group)
        }
    }

    /// 2^(e − 128): half of E8M0's value, since ``halves`` are doubled.
    private static func power(_ exponent: UInt8) -> Float {
        Float(sign: .plus, exponent: Int(exponent) - 128, significand: 1)
    }

    // MARK: Pieces

    /// Element i of 256 in two bits: four rows of 32 share 32 bytes, the first row in the lowest bits.
    private static func twoBits(_ block: UnsafeRawBufferPointer, _ first: Int, _ i: Int) -> UInt8 {
        block[first + 32 * (i / 128) + i % 32] >> (2 * (i / 32 % 4)) & 3
    }

    /// The low four bits, or with 1 the high ones.
    static func nibble(_ byte: UInt8, _ index: Int) -> UInt8 { byte >> (4 * index) & 15 }

    static func half(_ block: UnsafeRawBufferPointer, _ offset: Int) -> Float {
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
