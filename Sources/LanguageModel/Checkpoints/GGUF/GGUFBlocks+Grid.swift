// Types IQ1 to IQ3: blocks of 256 whose elements are rows of a table, with signs or a shift and scales of few bits.
extension GGUFBlocks {
    /// A row of the table as a block tells it: each element is scale (level + shift), with the sign of its bit.
    private struct Row {
        var index: Int
        var scale: Float
        /// A bit for each element, set where it is negative.
        var signs: UInt8 = 0
        var shift: Float = 0
    }

    private static func fill(
        _ target: UnsafeMutablePointer<Float>, from grid: GGUFGrid, row: (Int) -> Row
    ) {
        for number in 0..<256 / grid.length {
            let row = row(number)
            for i in 0..<grid.length {
                let size = row.scale * (grid[row.index, i] + row.shift)
                target[number * grid.length + i] = row.signs >> i & 1 == 1 ? -size : size
            }
        }
    }

    private static func bits(_ block: UnsafeRawBufferPointer, _ offset: Int) -> UInt16 {
        block.loadUnaligned(fromByteOffset: offset, as: UInt16.self)
    }

    private static func longBits(_ block: UnsafeRawBufferPointer, _ offset: Int) -> UInt32 {
        block.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
    }

    /// Eight signs from seven bits: the number of negative ones is even.
    private static func signs(_ bits: UInt32) -> UInt8 {
        let seven = UInt8(bits & 127)
        return seven | UInt8(seven.nonzeroBitCount & 1) << 7
    }

    // MARK: Rows of eight

    static func iq2_XXS(_ block: UnsafeRawBufferPointer, _ target: UnsafeMutablePointer<Float>) {
        let d = half(block, 0)
        fill(target, from: .iq2xxs) { row in
            let (group, place) = (2 + row / 4 * 8, row % 4)
            let packed = longBits(block, group + 4)
            return Row(
                index: Int(block[group + place]), scale: d * (0.5 + Float(packed >> 28)) * 0.25,
                signs: signs(packed >> (7 * place)))
        }
    }

    static func iq2_XS(_ block: UnsafeRawBufferPointer, _ target: UnsafeMutablePointer<Float>) {
        let d = half(block, 0)
        fill(target, from: .iq2xs) { row in
            let packed = bits(block, 2 + 2 * row)
            return Row(
                index: Int(packed & 511), scale: d * (0.5 + Float(nibble(block[66 + row / 4], row / 2 % 2))) * 0.25,
                signs: signs(UInt32(packed >> 9)))
        }
    }

    static func iq2_S(_ block: UnsafeRawBufferPointer, _ target: UnsafeMutablePointer<Float>) {
        let d = half(block, 0)
        fill(target, from: .iq2s) { row in
            Row(
                index: Int(block[2 + row]) | Int(block[66 + row / 4] >> (2 * (row % 4)) & 3) << 8,
                scale: d * (0.5 + Float(nibble(block[74 + row / 4], row / 2 % 2))) * 0.25, signs: block[34 + row])
        }
    }

    static func iq1_S(_ block: UnsafeRawBufferPointer, _ target: UnsafeMutablePointer<Float>) {
        let d = half(block, 0)
        fill(target, from: .iq1) { row in
            let packed = bits(block, 34 + row / 4 * 2)
            return Row(
                index: Int(block[2 + row]) | Int(packed >> (3 * (row % 4)) & 7) << 8,
                scale: d * Float(2 * (packed >> 12 & 7) + 1), shift: packed & 0x8000 == 0 ? 0.125 : -0.125)
        }
    }

    /// The block's scale lies in the upper four bits of four words, the lowest part first.
    static func iq1_M(_ block: UnsafeRawBufferPointer, _ target: UnsafeMutablePointer<Float>) {
        let d = FloatBits.half((0..<4).reduce(UInt16(0)) { $0 | (bits(block, 48 + 2 * $1) >> 12) << (4 * $1) })
        fill(target, from: .iq1) { row in
            let packed = nibble(block[32 + row / 2], row % 2)
            let scale = bits(block, 48 + row / 8 * 2) >> (3 * (row / 2 % 4)) & 7
            return Row(
                index: Int(block[row]) | Int(packed & 7) << 8, scale: d * Float(2 * scale + 1),
                shift: packed & 8 == 0 ? 0.125 : -0.125)
        }
    }

    // MARK: Rows of four; signs are for two of them.

    static func iq3_XXS(_ block: UnsafeRawBufferPointer, _ target: UnsafeMutablePointer<Float>) {
        let d = half(block, 0)
        fill(target, from: .iq3xxs) { row in
            let packed = longBits(block, 66 + row / 8 * 4)
            return Row(
                index: Int(block[2 + row]), scale: d * (0.5 + Float(packed >> 28)) * 0.5,
                signs: signs(packed >> (7 * (row / 2 % 4))) >> (4 * (row % 2)))
        }
    }

    static func iq3_S(_ block: UnsafeRawBufferPointer, _ target: UnsafeMutablePointer<Float>) {
        let d = half(block, 0)
        fill(target, from: .iq3s) { row in
            Row(
                index: Int(block[2 + row]) | Int(block[66 + row / 8] >> (row % 8) & 1) << 8,
                scale: d * Float(1 + 2 * nibble(block[106 + row / 16], row / 8 % 2)),
                signs: nibble(block[74 + row / 2], row % 2))
        }
    }
}
