import FileSupport
import LinearAlgebra

extension GGUF {
    /// Converts a tensor's elements to single precision.
    ///
    /// - Parameter target: as many floats as the tensor has elements.
    /// - Throws: ``InputError`` when an element is NaN or infinite; the message names the tensor and the element.
    public func read(_ tensor: Tensor, into target: UnsafeMutableBufferPointer<Float>) throws {
        precondition(target.count == tensor.count, "\(target.count) floats for \(tensor.name)")
        guard let base = target.baseAddress, tensor.count > 0 else { return }
        let (source, path) = source(tensor)
        let (size, length) = (tensor.type.blockSize, tensor.type.blockBytes)
        let decode = GGUFBlocks.decoder(tensor.type)
        parallelFor(tensor.count / size, grain: max(1, (1 << 14) / size)) { blocks in
            for block in blocks {
                decode(
                    UnsafeRawBufferPointer(rebasing: source[block * length..<(block + 1) * length]), base + block * size
                )
            }
        }
        try requireFinite(target, tensor: tensor.name, shape: tensor.shape, path: path)
    }
}
