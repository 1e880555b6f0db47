import FileSupport
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
        case "BF16": convert(source, base, count: target.count, FloatBits.brain)
        case "F16": convert(source, base, count: target.count, FloatBits.half)
        default:
            throw InputError(
                "the tensor \(tensor.name) has the element type \(tensor.type)", at: path,
                remedy: "save the model as F32, F16 or BF16")
        }
        try requireFinite(target, tensor: tensor.name, shape: tensor.shape, path: path)
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
}
