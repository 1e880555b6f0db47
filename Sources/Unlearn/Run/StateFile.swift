import FileSupport
import Foundation
import LanguageModel
import LinearAlgebra

/// Large float buffers and a little metadata in one file that appears at once or not at all.
///
/// A safetensors file, so any reader of it can look inside. Buffers are written from the memory they live in: no copy is
/// made.
enum StateFile {
    /// Writes the sections in order.
    ///
    /// - Throws: `UnfinishedError` when the disk refuses; an older file of this name is then untouched.
    static func write(_ sections: [(name: String, buffer: FloatBuffer)], metadata: [(String, String)], to path: String)
        throws
    {
        defer { withExtendedLifetime(sections) {} }
        let tensors = sections.map { name, buffer in
            Safetensors.Output(name: name, shape: [buffer.count], elements: UnsafeBufferPointer(buffer.buffer))
        }
        do {
            try Safetensors.write(tensors, metadata: metadata, to: path)
        } catch var error as UnfinishedError {
            error.kept = "the state saved before is unchanged"
            error.resume = "free space, then run the same command with --resume"
            throw error
        }
    }

    /// An open state file whose sections are read when asked for.
    struct Reader {
        let metadata: [String: String]
        private let sections: [String: Range<Int>]
        private let file: MappedFile

        /// - Throws: `InputError` when the file is missing, cut off or has another layout.
        init(_ path: String) throws {
            guard FileManager.default.fileExists(atPath: path) else {
                throw InputError("no saved state", at: path, remedy: "start the run without --resume")
            }
            file = try MappedFile(path)
            let bytes = file.bytes
            guard bytes.count >= 8, bytes.loadUnaligned(as: UInt64.self).littleEndian <= UInt64(bytes.count - 8) else {
                throw damaged(path, "shorter than its header")
            }
            var end = 8 + Int(bytes.loadUnaligned(as: UInt64.self).littleEndian)
            let header = UnsafeRawBufferPointer(rebasing: bytes[8..<end]).assumingMemoryBound(to: UInt8.self)
            var metadata: [String: String] = [:]
            var sections: [String: Range<Int>] = [:]
            for (name, member) in try JSONCursor(JSON.parse(header, place: path), place: path).members() {
                if name == "__metadata__" {
                    for (key, value) in try member.members() { metadata[key] = try value.string() }
                    continue
                }
                // A section is as long as its only axis.
                let shape = try member.member("shape").elements().map { try $0.int() }
                guard shape.count == 1, 0...(bytes.count - end) / 4 ~= shape[0] else {
                    throw damaged(path, "cut off in \(name)")
                }
                let floats = shape[0]
                sections[name] = end..<end + floats * 4
                end += floats * 4
            }
            guard end == bytes.count else { throw damaged(path, "\(bytes.count) bytes where its header says \(end)") }
            (self.metadata, self.sections) = (metadata, sections)
        }

        /// Fills a buffer with a section of the same size.
        func read(_ name: String, into buffer: FloatBuffer) throws {
            guard let range = sections[name], range.count == buffer.count * 4 else {
                throw damaged(file.path, "no section \(name) of \(buffer.count) floats")
            }
            UnsafeMutableRawBufferPointer(buffer.buffer).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: file.bytes[range]))
        }
    }

    private static func damaged(_ path: String, _ what: String) -> InputError {
        InputError("not a saved state: \(what)", at: path, remedy: "remove it and start the run without --resume")
    }
}
