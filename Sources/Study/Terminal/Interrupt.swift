import Foundation

/// The user's wish to stop: the first interrupt asks, the second kills.
package enum Interrupt {
    // Written by the signal handler, read between steps; a lone aligned flag, so a torn read cannot happen.
    nonisolated(unsafe) private static var flag = false

    package static var requested: Bool { flag }

    /// From now on the first SIGINT or SIGTERM only raises ``requested``.
    ///
    /// Both are let through to this thread: a program that starts us may have blocked them, and that is inherited.
    package static func install() {
        var heard = sigset_t()
        sigemptyset(&heard)
        for number in [SIGINT, SIGTERM] { sigaddset(&heard, number) }
        pthread_sigmask(SIG_UNBLOCK, &heard, nil)
        for number in [SIGINT, SIGTERM] { signal(number) { received in Interrupt.raise(received) } }
    }

    private static func raise(_ number: Int32) {
        flag = true
        // The next one takes the default way out.
        signal(number, SIG_DFL)
    }
}

/// The user stopped the run; the process ends with code 130.
package struct InterruptedError: Error, Equatable, Sendable, CustomStringConvertible {
    package let description: String

    package init(kept: String, resume: String) { description = "interrupted - \(kept) - \(resume)" }
}
