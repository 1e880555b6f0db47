import Foundation

/// A line of progress on standard error: what, how far, rate, time left.
///
/// On a terminal it is rewritten at most ten times a second; elsewhere a line is written at most once a second.
/// Nothing is written when quiet.
package final class ProgressLine {
    private let quiet: Bool
    private let isTerminal: Bool
    private var stage = ""
    private var started = Date()
    private var lastWrite = Date.distantPast
    private var openLine = false

    package init(quiet: Bool) {
        self.quiet = quiet
        isTerminal = isatty(2) == 1
    }

    package static var silent: ProgressLine { ProgressLine(quiet: true) }

    package func begin(_ name: String) {
        finishLine()
        stage = name
        started = Date()
        lastWrite = .distantPast
        update(0, of: 0)
    }

    /// Tells how many of a stage's items are done; `total` 0 when it is not known.
    package func update(_ done: Int, of total: Int, note: String = "") {
        guard !quiet else { return }
        let now = Date()
        let interval = isTerminal ? 0.1 : 1.0
        guard now.timeIntervalSince(lastWrite) >= interval || (total > 0 && done == total && isTerminal) else { return }
        lastWrite = now
        var line = stage.oneLine
        if total > 0, done > 0 {
            line += "  \(done)/\(total)"
            let elapsed = now.timeIntervalSince(started)
            if elapsed > 1, done < total {
                let left = elapsed / Double(done) * Double(total - done)
                line += "  \((Double(done) / elapsed * 10).rounded() / 10)/s  \(Self.clock(left)) left"
            }
        }
        if !note.isEmpty { line += "  " + note.oneLine }
        write(isTerminal ? "\r\u{1B}[K" + line : line + "\n")
        openLine = isTerminal
    }

    /// A line that stays.
    package func say(_ text: String) {
        guard !quiet else { return }
        finishLine()
        write(text.visibleLines + "\n")
    }

    /// Ends the rewritten line, if there is one.
    package func finishLine() {
        if openLine { write("\r\u{1B}[K") }
        openLine = false
    }

    private func write(_ text: String) { Console.complain(text) }

    private static func clock(_ seconds: Double) -> String {
        let s = Int(seconds.rounded(.up))
        return s < 90 ? "\(s) s" : s < 5400 ? "\((s + 59) / 60) min" : "\(s / 3600) h \(s % 3600 / 60) min"
    }
}
