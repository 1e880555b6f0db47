import COpenBLAS
import Dispatch
import Foundation

/// The one place that owns threads.
///
/// Work is cut into blocks by size, not by thread, so results do not depend on scheduling. OpenBLAS is held at one
/// thread while our own loops run and at ``Threads/count`` for a product that runs alone.
public enum Threads {
    // Set once by the command before any work starts and read afterwards; see `use(_:)`.
    nonisolated(unsafe) private static var chosen = defaultCount

    /// Threads that this machine offers, at most 64.
    public static var defaultCount: Int { min(64, max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))) }

    /// Threads in use.
    public static var count: Int { chosen }

    /// Whether the caller is one of several lanes, each of which has one thread to itself.
    @TaskLocal fileprivate static var isInLane = false

    /// Threads that a loop started here may use: one inside of a lane.
    public static var available: Int { isInLane ? 1 : chosen }

    /// Chooses the number of threads, for our loops and for OpenBLAS. Call before any work.
    public static func use(_ count: Int) {
        precondition(count >= 1)
        chosen = count
        openblas_set_num_threads(Int32(count))
    }
}

/// Runs `body` over sub-ranges of `0..<count`, on all threads, and waits.
///
/// - Parameters:
///   - grain: the smallest number of items worth a block; choose it for about 50 µs of work.
///   - body: receives disjoint ranges that cover `0..<count`; it must write only to what its range owns.
public func parallelFor(_ count: Int, grain: Int = 1, _ body: (Range<Int>) -> Void) {
    let threads = Threads.available
    guard count > 0 else { return }
    let blocks = min(threads * 4, (count + grain - 1) / max(grain, 1))
    guard threads > 1, blocks > 1 else { return body(0..<count) }
    // `concurrentPerform` wants a @Sendable closure; the ranges are disjoint and the call waits for all of them,
    // so `body` never outlives its captures and never writes the same element twice.
    nonisolated(unsafe) let shared = body
    withoutActuallyEscaping(shared) { escapable in
        nonisolated(unsafe) let run = escapable
        DispatchQueue.concurrentPerform(iterations: blocks) { block in
            run(block * count / blocks..<(block + 1) * count / blocks)
        }
    }
}

/// Runs `body(lane, item)` for the items of `0..<count` on as many lanes as there are threads, and waits.
///
/// For many whole pieces of work that are each too small to share: inside of a lane, ``parallelFor(_:grain:_:)`` runs on
/// the lane's own thread. A lane takes its items one after the other, so `body` may keep memory for each lane.
public func parallelLanes(_ count: Int, _ body: (_ lane: Int, _ item: Int) -> Void) {
    let lanes = min(Threads.available, count)
    guard lanes > 1 else { return (0..<count).forEach { body(0, $0) } }
    // As above: every item is run once, and the call waits for all of them.
    nonisolated(unsafe) let shared = body
    withoutActuallyEscaping(shared) { escapable in
        nonisolated(unsafe) let run = escapable
        DispatchQueue.concurrentPerform(iterations: lanes) { lane in
            Threads.$isInLane.withValue(true) {
                for item in stride(from: lane, to: count, by: lanes) { run(lane, item) }
            }
        }
    }
}
