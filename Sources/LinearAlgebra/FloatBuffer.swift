import Foundation

/// Owned float memory, aligned to 64 bytes, for parameters, gradients, moments and activations.
///
/// Prefer ``Matrix`` for anything that is not megabytes or not touched inside a training step.
public final class FloatBuffer {
    /// The memory, `count` floats.
    public let pointer: UnsafeMutablePointer<Float>
    /// Number of floats.
    public let count: Int
    private let origin: Origin

    /// Where the memory comes from.
    private enum Origin {
        case heap
        /// Pages of its own.
        case pages(bytes: Int)
        case other(AnyObject)
    }

    /// Memory that belongs to another object, which is kept alive; where that is read-only, so is this.
    package init(_ pointer: UnsafeMutablePointer<Float>, count: Int, of owner: AnyObject) {
        self.pointer = pointer
        self.count = count
        origin = .other(owner)
    }

    /// Memory filled with zeros.
    ///
    /// Large memory is handed out by the system page by page as it is first written to: the gradient of a frozen tensor
    /// takes none.
    public init(count: Int) {
        self.count = count
        let bytes = max(count, 1) * 4
        if bytes >= 1 << 22,
            let raw = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | Self.anonymous, -1, 0), raw != MAP_FAILED
        {
            #if os(Linux)
                // Fewer page faults and TLB misses.
                madvise(raw, bytes, MADV_HUGEPAGE)
            #endif
            pointer = raw.bindMemory(to: Float.self, capacity: count)
            origin = .pages(bytes: bytes)
        } else {
            let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
            pointer = raw.bindMemory(to: Float.self, capacity: max(count, 1))
            pointer.initialize(repeating: 0, count: count)
            origin = .heap
        }
    }

    #if os(Linux)
        private static let anonymous = Int32(MAP_ANONYMOUS)
    #else
        private static let anonymous = MAP_ANON
    #endif

    deinit {
        switch origin {
        case .heap: UnsafeMutableRawPointer(pointer).deallocate()
        case .pages(let bytes): munmap(pointer, bytes)
        case .other: break
        }
    }

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
