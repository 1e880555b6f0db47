import Foundation

/// The user's wish to stop: the first interrupt asks, the second kills.
///
/// Who works looks at ``requested`` where it can stop well. What takes longer than ``patience`` to come there is not waited
/// for: whatever is on the disk is whole at any time, so the process ends where it is, with the same code and a line.
package enum Interrupt {
    // Written by the signal handler, read between steps; a lone aligned flag, so a torn read cannot happen.
    nonisolated(unsafe) private static var flag = false
    /// Where the handler rings.
    nonisolated(unsafe) private static var bell: Int32 = -1
    /// Held by whoever says the process's last line.
    private static let lastWord = NSLock()
    nonisolated(unsafe) private static var patience: TimeInterval = 0
    nonisolated(unsafe) private static var ending = InterruptedError(
        kept: "files are whole or not there", resume: "run the same command again")

    package static var requested: Bool { flag }

    /// From now on the first SIGINT or SIGTERM raises ``requested``, and ends the process when nobody looks.
    ///
    /// Both are let through to this thread: a program that starts us may have blocked them, and that is inherited. The
    /// thread that ends the process hears them too, when all others are at work that holds signals back.
    package static func install() {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return }
        let heard = ends[0]
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        bell = ends[1]
        unblock()
        Thread.detachNewThread {
            unblock()
            var byte: UInt8 = 0
            while read(heard, &byte, 1) != 1 {}
            Thread.sleep(forTimeInterval: lastWord.withLock { patience })
            lastWord.lock()
            Console.complain((isatty(2) == 1 ? "\r\u{1B}[K" : "") + "driftscope: \(ending)\n")
            // Libraries that clean up at an exit are in use.
            _exit(130)
        }
        for number in [SIGINT, SIGTERM] { signal(number) { received in Interrupt.raise(received) } }
    }

    /// From now on the work looks at ``requested``, and has some seconds to come there.
    ///
    /// - Parameters:
    ///   - other: what is said when it does not.
    ///   - change: what makes it true; an interrupt comes before it or after it.
    package static func isHeard(or other: InterruptedError, after change: () throws -> Void) rethrows {
        try lastWord.withLock {
            try change()
            (ending, patience) = (other, 3)
        }
    }

    /// Says the process's last line, and ends it; an interrupt that comes later has nothing to say any more.
    package static func stop(_ code: Int32, _ line: String) -> Never {
        lastWord.lock()
        Console.complain("driftscope: " + line + "\n")
        exit(code)
    }

    private static func unblock() {
        var heard = sigset_t()
        sigemptyset(&heard)
        for number in [SIGINT, SIGTERM] { sigaddset(&heard, number) }
        pthread_sigmask(SIG_UNBLOCK, &heard, nil)
    }

    private static func raise(_ number: Int32) {
        flag = true
        var byte: UInt8 = 1
        let before = errno
        _ = write(bell, &byte, 1)
        errno = before
        // The next one takes the default way out.
        signal(number, SIG_DFL)
    }
}

/// The user stopped the run; the process ends with code 130.
package struct InterruptedError: Error, Equatable, Sendable, CustomStringConvertible {
    package let description: String

    package init(kept: String, resume: String) { description = "interrupted - \(kept) - \(resume)" }
}
