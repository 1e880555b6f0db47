import CHDF5

/// A call into the HDF5 library that failed.
public struct HDF5Error: Error, Equatable, Sendable, CustomStringConvertible {
    /// One level of the library's error stack; the texts change between versions of the library.
    public struct Frame: Equatable, Sendable {
        /// The C function.
        public var function: String
        /// What it says.
        public var message: String
        /// The library's words for the kind of error.
        public var kind: String
    }

    /// What was tried, as in `open file`.
    public var operation: String
    /// The file, group or dataset.
    public var path: String
    /// The stack, the call from outside first, the system's own error last.
    public var frames: [Frame]

    /// Whether the system said that the disk is full.
    public var isDiskFull: Bool {
        frames.contains { $0.message.contains("errno = 28") || $0.message.contains("No space left") }
    }

    /// One line: what was tried, on what, and the deepest reason.
    public var description: String {
        let reason = frames.last.map { $0.message.isEmpty ? $0.kind : $0.message } ?? "no reason given"
        let hint = reason.contains("lock") ? " (on a network disk set HDF5_USE_FILE_LOCKING=FALSE)" : ""
        return "HDF5 could not \(operation) \(path): \(reason)\(hint)"
    }

    /// The error of the call that has just failed on this thread; the library's lock must be held.
    init(operation: String, path: String) {
        self.init(operation: operation, path: path, frames: Self.currentStack())
    }

    init(operation: String, path: String, frames: [Frame]) {
        self.operation = operation
        self.path = path
        self.frames = frames
    }

    private final class Collector { var frames: [Frame] = [] }

    private static func currentStack() -> [Frame] {
        // Asking for message texts can itself disturb the stack, so a copy of it is walked.
        let stack = H5Eget_current_stack()
        guard stack >= 0 else { return [] }
        defer { H5Eclose_stack(stack) }
        let collector = Collector()
        let pointer = Unmanaged.passUnretained(collector).toOpaque()
        // The callback must not throw or jump; it copies the texts, whose pointers die with the stack.
        H5Ewalk2(
            stack, H5E_WALK_DOWNWARD,
            { _, entry, context in
                guard let entry = entry?.pointee, let context else { return 0 }
                let collector = Unmanaged<Collector>.fromOpaque(context).takeUnretainedValue()
                var kind = [CChar](repeating: 0, count: 128)
                H5Eget_msg(entry.min_num, nil, &kind, kind.count)
                collector.frames.append(
                    Frame(
                        function: entry.func_name.map { String(cString: $0) } ?? "",
                        message: entry.desc.map { String(cString: $0) } ?? "",
                        kind: String(decoding: kind.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)))
                return 0
            }, pointer)
        return collector.frames
    }
}
