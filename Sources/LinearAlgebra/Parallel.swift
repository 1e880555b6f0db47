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
    let threads = Threads.count
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
