import Foundation

/// What this process takes of the machine's memory.
package enum ProcessMemory {
    /// The most that it had in memory at once so far, in bytes; files that it looks at in memory count while they are there.
    package static var peak: Int {
        var usage = rusage()
        #if os(Linux)
            // In KiB.
            getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
            return usage.ru_maxrss * 1024
        #else
            getrusage(RUSAGE_SELF, &usage)
            return usage.ru_maxrss
        #endif
    }
}
