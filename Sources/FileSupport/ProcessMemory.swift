import Foundation

/// What this process takes of the machine's memory.
package enum ProcessMemory {
    /// The most that it had in memory at once so far, in bytes; files that it looks at in memory count while they are there.
    package static var peak: Int {
        var usage = rusage()
        #if os(Linux)
            // getrusage's figure is no less than what the process that started this one had by then (getrusage(2): it is
            // kept by execve); that of the memory map begins anew. In kB both.
            let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)
            let line = status?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
            if let kilobytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) }) {
                return kilobytes * 1024
            }
            // Where /proc is not mounted.
            getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
            return usage.ru_maxrss * 1024
        #else
            getrusage(RUSAGE_SELF, &usage)
            return usage.ru_maxrss
        #endif
    }
}
