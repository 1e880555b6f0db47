/// Owned float memory, aligned to 64 bytes, for parameters, gradients, moments and activations.
///
/// Prefer ``Matrix`` for anything that is not megabytes or not touched inside a training step.
public final class FloatBuffer {
    /// The memory, `count` floats.
    public let pointer: UnsafeMutablePointer<Float>
    /// Number of floats.
    public let count: Int
    /// What the memory belongs to, where it is not this object's own.
    private let owner: AnyObject?

    /// Memory that belongs to another object, which is kept alive; where that is read-only, so is this.
    package init(_ pointer: UnsafeMutablePointer<Float>, count: Int, of owner: AnyObject) {
        self.pointer = pointer
        self.count = count
        self.owner = owner
    }

    /// Memory filled with zeros.
    public init(count: Int) {
        self.count = count
        owner = nil
        let raw = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * 4, alignment: 64)
        pointer = raw.bindMemory(to: Float.self, capacity: max(count, 1))
        pointer.initialize(repeating: 0, count: count)
    }

    deinit { if owner == nil { UnsafeMutableRawPointer(pointer).deallocate() } }

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
