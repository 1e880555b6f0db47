import FileSupport
import Foundation

/// Standard output and standard error. All that is printed goes through here, whatever file or argument it came from.
package enum Console {
    /// Makes both ready, before anything is opened or printed.
    ///
    /// A reader that goes away ends no work. A stream that is closed is given a place that takes nothing: the next file
    /// that is opened would otherwise have its number, and get what is printed.
    package static func start() {
        signal(SIGPIPE, SIG_IGN)
        for stream in Int32(0)...2 where fcntl(stream, F_GETFD) < 0 {
            _ = open("/dev/null", stream == 0 ? O_WRONLY : O_RDONLY)
        }
    }

    /// Prints lines for people; control characters in them are made visible.
    ///
    /// - Throws: ``UnfinishedError`` when they cannot be written. A reader that has gone away wants no more: no error.
    package static func print(_ text: String) throws { try write(text.visibleLines) }

    /// Prints a value for machines; control characters in it become escapes of JSON.
    ///
    /// - Throws: as ``print(_:)-(String)``.
    package static func print(_ json: JSON) throws {
        var out = ""
        for scalar in json.pretty.unicodeScalars {
            if scalar.isControl, scalar != "\n" {
                let digits = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            } else {
                out.unicodeScalars.append(scalar)
            }
        }
        try write(out)
    }

    /// Writes to standard error as it is; one that is closed or full loses it, and nothing else.
    package static func complain(_ text: String) {
        _ = Array(text.utf8).withUnsafeBytes { AtomicFile.writeAll($0, to: 2) }
    }

    private static func write(_ text: String) throws {
        let isWritten = Array(text.utf8).withUnsafeBytes { AtomicFile.writeAll($0, to: 1) }
        guard !isWritten, errno != EPIPE else { return }
        throw UnfinishedError(
            "standard output could not be written: \(String(cString: strerror(errno)))",
            kept: "the files of the command are written, what it prints is lost",
            resume: "give the output another place and run the command again")
    }
}

extension CommandResult {
    /// Prints the text for people, or the JSON for machines.
    ///
    /// - Throws: `UnfinishedError` when standard output cannot be written.
    package func print(asJSON: Bool) throws { try asJSON ? Console.print(json) : Console.print(text) }
}
