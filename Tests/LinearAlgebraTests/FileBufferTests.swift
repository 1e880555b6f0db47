import FileSupport
import Foundation
import LinearAlgebra
import TestSupport
import Testing

@Suite("Buffers in files")
struct FileBufferTests {
    /// Floats of the smallest buffer that goes to a file.
    private static let large = 1 << 24

    @Test("keep their floats when they are taken out of memory, and leave no file")
    func release() throws {
        let folder = try temporaryFolder("file-buffer")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let buffer = try FloatBuffer(count: Self.large + 3, in: folder)
        #expect(buffer.buffer.allSatisfy { $0 == 0 })
        for i in 0..<buffer.count { buffer.pointer[i] = Float(i % 1000) }
        let before = try resident()
        buffer.release(5..<buffer.count)
        buffer.release()
        #expect(try resident() < before - Self.large * 3, "\(before) bytes in memory")
        #expect((0..<buffer.count).allSatisfy { buffer.pointer[$0] == Float($0 % 1000) })
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        let moved = try buffer.copy().moved(to: folder)
        #expect((0..<buffer.count).allSatisfy { moved.pointer[$0] == buffer.pointer[$0] })
    }

    @Test("are no files where they are small, and no memory is lost by releasing them")
    func small() throws {
        let buffer = try FloatBuffer(count: 1000, in: "/no such folder")
        for i in 0..<1000 { buffer.pointer[i] = 7 }
        buffer.release()
        #expect(buffer.buffer.allSatisfy { $0 == 7 })
    }

    @Test("that find no room say where and how much")
    func noRoom() throws {
        let error = #expect(throws: UnfinishedError.self) {
            try FloatBuffer(count: Self.large, in: "/no such folder")
        }
        let what = try #require(error).what
        #expect(what.hasPrefix("no room for 64 MiB of working memory in /no such folder"), "\(what)")
    }

    @Test("of another size than expected are refused by name")
    func otherSize() throws {
        let folder = try temporaryFolder("file-buffer")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try AtomicFile.write(Array(repeating: UInt8(0), count: 12), to: folder + "/floats")
        let three = try FloatBuffer(mapping: folder + "/floats", count: 3)
        #expect((0..<3).allSatisfy { three.pointer[$0] == 0 })
        #expect(throws: InputError.self) { try FloatBuffer(mapping: folder + "/floats", count: 4) }
    }

    @Test("are walked through whole, part by part")
    func walk() {
        let buffer = FloatBuffer(count: 9_000_000)
        nonisolated(unsafe) let memory = buffer.pointer
        var parts: [Range<Int>] = []
        FloatBuffer.walk(5..<9_000_000) { part in
            for i in part { memory[i] += 1 }
        } then: { part in
            #expect(part.allSatisfy { memory[$0] == 1 })
            parts.append(part)
        }
        #expect(parts.first?.lowerBound == 5 && parts.last?.upperBound == 9_000_000)
        #expect(zip(parts, parts.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
        #expect((0..<5).allSatisfy { memory[$0] == 0 })
        withExtendedLifetime(buffer) {}
    }

    /// Bytes of this process that are in memory.
    private func resident() throws -> Int {
        #if os(Linux)
            let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")[1]
            return try #require(Int(pages)) * sysconf(Int32(_SC_PAGESIZE))
        #else
            throw CancellationError()
        #endif
    }
}
