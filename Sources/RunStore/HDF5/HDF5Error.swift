import CHDF5
import FileSupport
import Foundation

/// A call into the HDF5 library that failed.
struct HDF5Error: Error, CustomStringConvertible {
    /// What was tried, as in `open file`.
    let operation: String
    /// The file, group or dataset.
    let path: String
    /// The library's reasons, which change between its versions: of the call from outside first, the system's last.
    let reasons: [String]

    /// Whether the system said that the disk is full.
    var isDiskFull: Bool { reasons.contains { $0.contains("errno = 28") || $0.contains("No space left") } }

    /// Whether the fault is one of writing a file rather than of what it is made from.
    func isWriting(_ file: String) -> Bool {
        isDiskFull || reasons.contains { $0.contains("write failed") }
            || path.hasPrefix(file) && !operation.hasPrefix("copy ")
    }

    /// The fault as one of a file that was read, for people.
    func asDamage(of file: String) -> InputError {
        if isLocked {
            return InputError(
                "the file is open in another program", at: path,
                remedy: "close it there, then run the same command again")
        }
        return InputError(
            "\(self)", at: file, remedy: "the file is damaged or incomplete: use a copy, or make the run again")
    }

    /// Whether another program holds the file's lock; where a disk knows no locks, the reason is another one.
    var isLocked: Bool {
        reasons.contains {
            $0.contains("lock")
                && ($0.contains("errno = \(EWOULDBLOCK)") || $0.contains(String(cString: strerror(EWOULDBLOCK))))
                || $0.contains("already open for")
        }
    }

    /// One line: what was tried, on what, and the deepest reason.
    var description: String {
        let reason = reasons.last ?? "no reason given"
        let hint = reason.contains("lock") ? " (on a network disk set HDF5_USE_FILE_LOCKING=FALSE)" : ""
        return "HDF5 could not \(operation) \(path): \(reason)\(hint)"
    }

    /// - Parameter reason: nil takes the reasons of the call that has just failed on this thread; the library's lock must
    ///   be held.
    init(_ operation: String, _ path: String, because reason: String? = nil) {
        (self.operation, self.path) = (operation, path)
        reasons = reason.map { [$0] } ?? Self.currentStack()
    }

    private final class Collector { var reasons: [String] = [] }

    private static func currentStack() -> [String] {
        // Asking for message texts can itself disturb the stack, so a copy of it is walked.
        let stack = H5Eget_current_stack()
        guard stack >= 0 else { return [] }
        defer { H5Eclose_stack(stack) }
        let collector = Collector()
        // The callback must not throw or jump; it copies the texts, whose pointers die with the stack.
        H5Ewalk2(
            stack, H5E_WALK_DOWNWARD,
            { _, entry, context in
                guard let entry = entry?.pointee, let context else { return 0 }
                var kind = [CChar](repeating: 0, count: 128)
                H5Eget_msg(entry.min_num, nil, &kind, kind.count)
                let message = entry.desc.map { String(cString: $0) } ?? ""
                Unmanaged<Collector>.fromOpaque(context).takeUnretainedValue().reasons.append(
                    message.isEmpty
                        ? String(decoding: kind.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
                        : message)
                return 0
            }, Unmanaged.passUnretained(collector).toOpaque())
        return collector.reasons
    }
}
