import FileSupport
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
        /// Mapped from a file by an object that is kept alive.
        case file(AnyObject)
    }

    /// The floats of a file; only to be read.
    ///
    /// - Throws: ``FileSupport/InputError`` when the file cannot be mapped or holds another number of them.
    package init(mapping path: String, count: Int) throws {
        let mapped = try MappedFile(path)
        guard mapped.bytes.count == count * MemoryLayout<Float>.size, let start = mapped.bytes.baseAddress else {
            throw InputError(
                "holds \(mapped.bytes.count) bytes where \(count) floats are expected", at: path,
                remedy: "remove the file and resume the run")
        }
        pointer = UnsafeMutableRawPointer(mutating: start).assumingMemoryBound(to: Float.self)
        self.count = count
        origin = .file(mapped)
    }

    /// Memory filled with zeros that lies in a file without a name, so that ``release(_:)`` can give it back to the system;
    /// as other memory where it is small, or for no folder.
    ///
    /// - Throws: ``FileSupport/UnfinishedError`` when the disk has no room.
    package convenience init(count: Int, in folder: String?) throws {
        guard let folder, count >= Self.leastInFile else {
            self.init(count: count)
            return
        }
        self.init(try ScratchFile(in: folder, count: count * MemoryLayout<Float>.size), count: count)
    }

    private init(_ file: ScratchFile, count: Int) {
        pointer = file.start.bindMemory(to: Float.self, capacity: count)
        self.count = count
        origin = .file(file)
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
        case .file: break
        }
    }

    /// A copy of the memory.
    public func copy() -> FloatBuffer {
        let other = FloatBuffer(count: count)
        other.assign(self)
        return other
    }

    /// The same floats in a file without a name; see ``init(count:in:)``.
    package func moved(to folder: String?) throws -> FloatBuffer {
        guard folder != nil, count >= Self.leastInFile else { return self }
        let other = try FloatBuffer(count: count, in: folder)
        other.assign(self)
        return other
    }

    /// Walks through a range in parallel, and every so often calls `then`, which releases what was looked at.
    package static func walk(_ range: Range<Int>, _ body: (Range<Int>) -> Void, then: (Range<Int>) -> Void) {
        for start in stride(from: range.lowerBound, to: range.upperBound, by: releasedAtOnce) {
            let part = start..<min(range.upperBound, start + releasedAtOnce)
            parallelFor(part.count, grain: 1 << 14) { body(start + $0.lowerBound..<start + $0.upperBound) }
            then(part)
        }
    }

    /// Floats from which on memory lies in a file where a folder is given.
    package static let leastInFile = 1 << 24

    /// How many floats a walk through memory that lies in a file touches before it releases them.
    private static let releasedAtOnce = 1 << 22

    /// Takes floats that lie in a file out of memory until they are looked at again; does nothing to others.
    package func release(_ range: Range<Int>? = nil) {
        guard case .file = origin else { return }
        let page = UInt(sysconf(Int32(_SC_PAGESIZE)))
        let range = range ?? 0..<count
        // Pages that lie in the range whole.
        let start = (UInt(bitPattern: pointer + range.lowerBound) + page - 1) / page * page
        let end = UInt(bitPattern: pointer + range.upperBound) / page * page
        if start < end, let first = UnsafeMutableRawPointer(bitPattern: start) {
            madvise(first, Int(end - start), MADV_DONTNEED)
        }
    }

    /// Overwrites this memory with another's of the same size.
    public func assign(_ other: FloatBuffer) {
        precondition(count == other.count)
        Self.walk(0..<count) { part in
            (pointer + part.lowerBound).update(from: other.pointer + part.lowerBound, count: part.count)
        } then: { part in
            for buffer in [self, other] { buffer.release(part) }
        }
    }

    /// The memory as a buffer.
    public var buffer: UnsafeMutableBufferPointer<Float> { UnsafeMutableBufferPointer(start: pointer, count: count) }

    /// The bytes of the memory.
    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: pointer, count: count * 4) }
}
