import Files
import Foundation
import LinearAlgebra

extension Safetensors {
    /// Converts a tensor's elements to single precision.
    ///
    /// - Parameter target: as many floats as the tensor has elements.
    /// - Throws: ``InputError`` when the type is not F32, F16 or BF16, or an element is NaN or infinite; the message
    ///   names the tensor and the element.
    public func read(_ tensor: Tensor, into target: UnsafeMutableBufferPointer<Float>) throws {
        precondition(target.count == tensor.count, "\(target.count) floats for \(tensor.name)")
        guard let base = target.baseAddress, tensor.count > 0 else { return }
        let source = UnsafeRawBufferPointer(rebasing: file.bytes[tensor.bytes])
        switch tensor.type {
        case "F32":
            // Little-endian like every machine that Swift runs on.
            UnsafeMutableRawBufferPointer(target).copyMemory(from: source)
        case "BF16": convert(source, base, count: target.count) { Float(bitPattern: UInt32($0) << 16) }
        case "F16": convert(source, base, count: target.count, Self.float)
        default:
            throw InputError(
                "the tensor \(tensor.name) has the element type \(tensor.type)", at: path,
                remedy: "save the model as F32, F16 or BF16")
        }
        if let index = Self.firstNonFinite(target) {
            throw InputError(
                "the tensor \(tensor.name) holds \(target[index]) at \(Self.place(of: index, in: tensor.shape))",
                at: path,
                remedy: "this model cannot be used; take a checkpoint from before it diverged")
        }
    }

    private func convert(
        _ source: UnsafeRawBufferPointer, _ target: UnsafeMutablePointer<Float>, count: Int,
        _ element: (UInt16) -> Float
    ) {
        parallelFor(count, grain: 1 << 16) { range in
            for index in range {
                target[index] = element(source.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self))
            }
        }
    }

    /// The value of IEEE half-precision bits, without branches: moving the exponent by a multiplication with 2¹¹²
    /// makes subnormal numbers right too.
    private static func float(half bits: UInt16) -> Float {
        let magnitude = Float(bitPattern: UInt32(bits & 0x7FFF) << 13) * 0x1p112
        let top: UInt32 = bits & 0x7C00 == 0x7C00 ? 0x7F80_0000 : 0
        return Float(bitPattern: magnitude.bitPattern | top | UInt32(bits & 0x8000) << 16)
    }

    private static func firstNonFinite(_ values: UnsafeMutableBufferPointer<Float>) -> Int? {
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

    private static func place(of index: Int, in shape: [Int]) -> String {
        var rest = index
        var place: [Int] = []
        for dimension in shape.reversed() {
            place.insert(rest % dimension, at: 0)
            rest /= dimension
        }
        return "\(place)"
    }
}
