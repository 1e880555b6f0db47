/// Owned float memory, aligned to 64 bytes, for parameters, gradients, moments and activations.
///
/// Prefer ``Matrix`` for anything that is not megabytes or not touched inside a training step.
public final class FloatBuffer {
    /// The memory, `count` floats.
    public let pointer: UnsafeMutablePointer<Float>
    /// Number of floats.
    public let count: Int

    /// Memory filled with zeros.
    public init(count: Int) {
        self.count = count
        let raw = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * 4, alignment: 64)
        pointer = raw.bindMemory(to: Float.self, capacity: max(count, 1))
        pointer.initialize(repeating: 0, count: count)
    }

    deinit { UnsafeMutableRawPointer(pointer).deallocate() }

    /// A copy of the memory.
    public func copy() -> FloatBuffer {
        let other = FloatBuffer(count: count)
        other.pointer.update(from: pointer, count: count)
        return other
    }

    /// Overwrites this memory with another's of the same size.
    public func assign(_ other: FloatBuffer) {
        precondition(count == other.count)
        pointer.update(from: other.pointer, count: count)
    }

    /// The memory as a buffer.
    public var buffer: UnsafeMutableBufferPointer<Float> { UnsafeMutableBufferPointer(start: pointer, count: count) }

    /// The bytes of the memory.
    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: pointer, count: count * 4) }
}
