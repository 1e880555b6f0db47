import FileSupport
import Foundation
import LinearAlgebra

/// Large float buffers and a little metadata in one file that appears at once or not at all.
///
/// The layout is that of safetensors (8 bytes of header length, a JSON header, then raw little-endian floats), so any
/// reader of it can look inside. Buffers are written from and read into the memory they live in: no copy is made.
enum StateFile {
    /// Writes the sections in order.
    ///
    /// - Throws: `UnfinishedError` when the disk refuses; an older file of this name is then untouched.
    static func write(_ sections: [(name: String, buffer: FloatBuffer)], metadata: [(String, String)], to path: String)
        throws
    {
        var offset = 0
        var members: [(String, JSON)] = [("__metadata__", .object(metadata.map { ($0.0, .string($0.1)) }))]
        for (name, buffer) in sections {
            let end = offset + buffer.bytes.count
            members.append(
                (
                    name,
                    [
                        "dtype": "F32", "shape": [.integer(buffer.count)],
                        "data_offsets": [.integer(offset), .integer(end)],
                    ]
                ))
            offset = end
        }
        var header = Array(JSON.object(members).compact.utf8)
        header += [UInt8](repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
        try AtomicFile.write(to: path) { temporary in
            let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else { throw diskError(path) }
            defer { close(descriptor) }
            try withUnsafeBytes(of: UInt64(header.count).littleEndian) { try put($0, descriptor, path) }
            try header.withUnsafeBytes { try put($0, descriptor, path) }
            for (_, buffer) in sections { try put(buffer.bytes, descriptor, path) }
        }
    }

    /// An open state file whose sections are read when asked for.
    final class Reader {
        let path: String
        let metadata: [String: String]
        private let sections: [String: Range<Int>]
        private let descriptor: Int32

        /// - Throws: `InputError` when the file is missing, cut off or has another layout.
        init(_ path: String) throws {
            self.path = path
            descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else {
                throw InputError("no saved state", at: path, remedy: "start the run without --resume")
            }
            do { (metadata, sections) = try Self.header(descriptor, path) } catch {
                close(descriptor)
                throw error
            }
        }

        deinit { close(descriptor) }

        /// Number of floats in a section, or nil when there is none of this name.
        func count(_ name: String) -> Int? { sections[name].map { $0.count / 4 } }

        /// Fills a buffer with a section of the same size.
        func read(_ name: String, into buffer: FloatBuffer) throws {
            guard let range = sections[name], range.count == buffer.count * 4 else {
                throw damaged(path, "no section \(name) of \(buffer.count) floats")
            }
            try get(UnsafeMutableRawBufferPointer(buffer.buffer), descriptor, range.lowerBound, path)
        }

        private static func header(_ descriptor: Int32, _ path: String) throws -> (
            [String: String], [String: Range<Int>]
        ) {
            let size = Int(lseek(descriptor, 0, SEEK_END))
            var length: UInt64 = 0
            guard size >= 8 else { throw damaged(path, "shorter than its header") }
            try withUnsafeMutableBytes(of: &length) { try get($0, descriptor, 0, path) }
            let count = UInt64(littleEndian: length)
            guard count <= UInt64(size - 8), count < 1 << 30 else { throw damaged(path, "shorter than its header") }
            var bytes = [UInt8](repeating: 0, count: Int(count))
            try bytes.withUnsafeMutableBytes { try get($0, descriptor, 8, path) }
            var metadata: [String: String] = [:]
            var sections: [String: Range<Int>] = [:]
            var end = 8 + Int(count)
            for (name, member) in try JSONCursor(JSON.parse(bytes, place: path), place: path).members() {
                if name == "__metadata__" {
                    for (key, value) in try member.members() { metadata[key] = try value.string() }
                    continue
                }
                let floats = try member.member("shape").elements().reduce(1) { $0 * (try $1.int()) }
                guard floats >= 0, floats * 4 <= size - end else { throw damaged(path, "cut off in \(name)") }
                sections[name] = end..<end + floats * 4
                end += floats * 4
            }
            guard end == size else { throw damaged(path, "\(size) bytes where its header says \(end)") }
            return (metadata, sections)
        }
    }

    // Linux writes and reads at most 2 GiB a call.
    private static let block = 1 << 28

    private static func put(_ bytes: UnsafeRawBufferPointer, _ descriptor: Int32, _ path: String) throws {
        var done = 0
        while done < bytes.count {
            let part = UnsafeRawBufferPointer(rebasing: bytes[done..<min(done + block, bytes.count)])
            let count = Foundation.write(descriptor, part.baseAddress, part.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw diskError(path) }
            done += count
        }
    }

    private static func get(_ bytes: UnsafeMutableRawBufferPointer, _ descriptor: Int32, _ offset: Int, _ path: String)
        throws
    {
        var done = 0
        while done < bytes.count {
            let part = UnsafeMutableRawBufferPointer(rebasing: bytes[done..<min(done + block, bytes.count)])
            let count = pread(descriptor, part.baseAddress, part.count, off_t(offset + done))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw damaged(path, "cut off") }
            done += count
        }
    }

    private static func diskError(_ path: String) -> UnfinishedError {
        UnfinishedError(
            "could not write \(path): \(String(cString: strerror(errno)))", kept: "the state saved before is unchanged",
            resume: "free space, then run the same command with --resume")
    }

    private static func damaged(_ path: String, _ what: String) -> InputError {
        InputError("not a saved state: \(what)", at: path, remedy: "remove it and start the run without --resume")
    }
}
