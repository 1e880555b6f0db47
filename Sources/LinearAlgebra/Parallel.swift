import COpenBLAS
import Dispatch
import Foundation

/// The one place that owns threads.
///
/// Work is cut into blocks by size, not by thread, so results do not depend on scheduling. Inside of a loop everything
/// runs on the loop's own thread: other loops, and the libraries that multiply, which have threads of their own.
public enum Threads {
    // Set once by the command before any work starts and read afterwards; see `use(_:)`.
    nonisolated(unsafe) private static var chosen = defaultCount

    /// Threads that this machine offers, at most 64.
    public static var defaultCount: Int { min(64, max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))) }

    /// Threads in use.
    public static var count: Int { chosen }

    /// Whether the caller runs inside of a loop that has the threads already.
    @TaskLocal static var isInLoop = false

    /// Threads that a loop started here may use: one inside of another.
    public static var available: Int { isInLoop ? 1 : chosen }

    /// Chooses the number of threads, for our loops and for OpenBLAS. Call before any work.
    public static func use(_ count: Int) {
        precondition(count >= 1)
        chosen = count
        openblas_set_num_threads(Int32(count))
    }
}

/// Runs `body` with this thread's signals held back until it ends.
///
/// A handler runs on the stack of the thread that it interrupts. Kernels that oneDNN 2.6 makes at run time do not leave that
/// stack as a handler needs it: one that interrupts them writes over memory that is not its own. Faults cannot be held
/// back, and are not.
func holdingSignals(_ body: () -> Void) {
    var (all, before) = (sigset_t(), sigset_t())
    sigfillset(&all)
    for fault in [SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGABRT] { sigdelset(&all, fault) }
    pthread_sigmask(SIG_BLOCK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    body()
}

/// Runs `body` for the numbers of `0..<count` on all threads, and waits.
private func perform(_ count: Int, _ body: (Int) -> Void) {
    // `concurrentPerform` wants a @Sendable closure; callers give each number something of its own to write to, and the
    // call waits for all of them, so `body` never outlives its captures and never writes the same element twice.
    nonisolated(unsafe) let shared = body
    withoutActuallyEscaping(shared) { escapable in
        nonisolated(unsafe) let run = escapable
        BLAS.singleThreaded {
            DispatchQueue.concurrentPerform(iterations: count) { item in
                holdingSignals { Threads.$isInLoop.withValue(true) { run(item) } }
            }
        }
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
    perform(blocks) { body($0 * count / blocks..<($0 + 1) * count / blocks) }
}

/// Runs `body(lane, item)` for the items of `0..<count` on as many lanes as there are threads, and waits.
///
/// For many whole pieces of work that are each too small to share. A lane takes its items one after the other, so
/// `body` may keep memory for each lane.
public func parallelLanes(_ count: Int, _ body: (_ lane: Int, _ item: Int) -> Void) {
    let lanes = min(Threads.available, count)
    guard lanes > 1 else { return (0..<count).forEach { body(0, $0) } }
    perform(lanes) { lane in
        for item in stride(from: lane, to: count, by: lanes) { body(lane, item) }
    }
}
