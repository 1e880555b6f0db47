import Foundation

/// Working memory that is reused from step to step.
///
/// Blocks come back when their last owner lets go of them and serve the next request of about their size. Used from
/// one thread at a time.
package final class Workspace {
    /// Idle blocks by capacity.
    private var idle: [Int: [UnsafeMutablePointer<Float>]] = [:]
    private var idleCount = 0
    private var heldCount = 0
    private var peakUsed = 0
    /// Blocks asked from the system so far; constant from the second of two equal steps on.
    package private(set) var allocations = 0

    /// Where passes leave the time that each operation took; nil, as it is from the start, takes none.
    package var times: OperationTimes?

    package init() {}

    deinit { releaseIdle() }

    /// Bytes asked from the system and not given back.
    package var heldBytes: Int { heldCount * 4 }

    /// Memory for at least `count` floats, with any content.
    package func take(_ count: Int) -> Block {
        let wanted = Self.capacity(for: count)
        // Whatever fits with at most a third left over.
        var fitting: Int?
        if idle[wanted]?.isEmpty == false {
            fitting = wanted
        } else {
            fitting = idle.filter { $0.key > wanted && $0.key <= wanted + wanted / 2 && !$0.value.isEmpty }.keys.min()
        }
        if let capacity = fitting, let pointer = idle[capacity]?.popLast() {
            idleCount -= capacity
            return Block(pointer, capacity: capacity, self)
        }
        // Sizes change with the batch: idle blocks that fit nothing must not pile up.
        if heldCount + wanted > peakUsed + peakUsed / 4 { releaseIdle() }
        allocations += 1
        heldCount += wanted
        peakUsed = max(peakUsed, heldCount - idleCount)
        return Block(Self.allocate(wanted), capacity: wanted, self)
    }

    fileprivate func give(_ pointer: UnsafeMutablePointer<Float>, capacity: Int) {
        peakUsed = max(peakUsed, heldCount - idleCount)
        idle[capacity, default: []].append(pointer)
        idleCount += capacity
    }

    /// Gives idle blocks back to the system.
    func releaseIdle() {
        for (_, pointers) in idle { for pointer in pointers { free(pointer) } }
        idle = [:]
        heldCount -= idleCount
        idleCount = 0
    }

    /// The next of eight steps an octave, so that requests of about one size share blocks.
    private static func capacity(for count: Int) -> Int {
        let least = max(count, 256)
        let step = 1 << max(4, Int.bitWidth - least.leadingZeroBitCount - 4)
        return (least + step - 1) / step * step
    }

    private static func allocate(_ count: Int) -> UnsafeMutablePointer<Float> {
        let bytes = count * 4
        let huge = 1 << 21
        let isLarge = bytes >= 2 * huge
        let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: isLarge ? huge : 64)
        #if os(Linux)
            // Fewer page faults and TLB misses on blocks that are megabytes.
            if isLarge { madvise(raw, bytes, MADV_HUGEPAGE) }
        #endif
        return raw.bindMemory(to: Float.self, capacity: count)
    }
}

/// Memory on loan from a ``Workspace``; letting go of it gives it back.
package final class Block {
    /// The memory.
    package let pointer: UnsafeMutablePointer<Float>
    private let capacity: Int
    private let workspace: Workspace

    fileprivate init(_ pointer: UnsafeMutablePointer<Float>, capacity: Int, _ workspace: Workspace) {
        self.pointer = pointer
        self.capacity = capacity
        self.workspace = workspace
    }

    deinit { workspace.give(pointer, capacity: capacity) }
}
