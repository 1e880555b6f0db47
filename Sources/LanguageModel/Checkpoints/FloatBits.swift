import FileSupport

/// Floating-point numbers of 16 bits, as checkpoints store them.
enum FloatBits {
    /// The value of IEEE half-precision bits, without branches: moving the exponent by a multiplication with 2¹¹²
    /// makes subnormal numbers right too.
    static func half(_ bits: UInt16) -> Float {
        let magnitude = Float(bitPattern: UInt32(bits & 0x7FFF) << 13) * 0x1p112
        let top: UInt32 = bits & 0x7C00 == 0x7C00 ? 0x7F80_0000 : 0
        return Float(bitPattern: magnitude.bitPattern | top | UInt32(bits & 0x8000) << 16)
    }

    /// The value of bfloat16 bits: the upper half of a Float's.
    static func brain(_ bits: UInt16) -> Float { Float(bitPattern: UInt32(bits) << 16) }
}

/// Refuses a tensor with an element that is NaN or infinite.
///
/// - Throws: ``InputError`` that names the tensor and the element.
func requireFinite(_ values: UnsafeMutableBufferPointer<Float>, tensor: String, shape: [Int], path: String) throws {
    guard let index = firstNonFinite(values) else { return }
    var (rest, place) = (index, [Int]())
    for dimension in shape.reversed() {
        place.insert(rest % dimension, at: 0)
        rest /= dimension
    }
    throw InputError(
        "the tensor \(tensor) holds \(values[index]) at \(place)", at: path,
        remedy: "this model cannot be used; take a checkpoint from before it diverged")
}

private func firstNonFinite(_ values: UnsafeMutableBufferPointer<Float>) -> Int? {
    // Whole blocks first: the inner loop has no exit, so that it becomes vector code.
    let block = 4096
    for start in stride(from: 0, to: values.count, by: block) {
        let range = start..<min(start + block, values.count)
        var found: UInt32 = 0
        for index in range {
            found |= ((values[index].bitPattern & 0x7F80_0000) &+ 0x0080_0000) & 0x8000_0000
        }
        if found != 0 { return range.first { !values[$0].isFinite } }
    }
    return nil
}
