import FileSupport
import Foundation
import LanguageModel
import TestSupport
import Testing

/// A model in three files, by the `gguf` package (Fixtures/gguf/make_reference.py): `first` holds 0, 1, 2, `second` 10, 11, 12,
/// `third` 20, 21, 22.
@Suite("Split GGUF files")
struct GGUFSplitTests {
    private static let fixture = Bundle.module.bundlePath + "/Fixtures/gguf/"
    private let folder: String

    init() throws { folder = try temporaryFolder("split") }

    private static func name(_ number: Int, _ prefix: String = "split") -> String {
        "\(prefix)-0000\(number)-of-00003.gguf"
    }

    private static func part(_ number: Int) throws -> [UInt8] { try Input.bytes(fixture + name(number)) }

    /// Writes the three parts, some of them changed or left out.
    private func write(_ change: (Int, inout [UInt8]) throws -> Bool = { _, _ in true }) throws {
        for number in 1...3 {
            var bytes = try Self.part(number)
            let path = folder + "/" + Self.name(number)
            try? FileManager.default.removeItem(atPath: path)
            if try change(number, &bytes) { try AtomicFile.write(bytes, to: path) }
        }
    }

    private func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: folder + "/" + name, withDestinationPath: target)
    }

    private func expectWhole(_ path: String, files: Int = 3) throws {
        let file = try GGUF(path)
        #expect(file.tensors.map(\.name) == ["first", "second", "third"])
        #expect(file["general.architecture"]?.string == "driftscope-test")
        #expect(file.paths.count == files && Set(file.paths).count == files)
        for (i, tensor) in file.tensors.enumerated() {
            var values = [Float](repeating: .nan, count: tensor.count)
            try values.withUnsafeMutableBufferPointer { try file.read(tensor, into: $0) }
            #expect(values == (0..<3).map { Float(10 * i + $0) }, "\(tensor.name)")
        }
    }

    private func message(_ name: String) throws -> String {
        try #require(throws: InputError.self) { try GGUF(folder + "/" + name) }.description
    }

    /// Writes a whole number over the value of a metadata key.
    private static func set(_ key: String, to value: UInt8, in bytes: inout [UInt8]) throws {
        let at = try #require(bytes.indices.first { bytes[$0...].starts(with: key.utf8) })
        bytes[at + key.utf8.count + 4] = value
    }

    @Test("any part leads to all, by its own name or by that of what it links to")
    func parts() throws {
        for number in 1...3 { try expectWhole(Self.fixture + Self.name(number)) }
        // As the cache of huggingface_hub: names that link to files called by their hash.
        try FileManager.default.createDirectory(atPath: folder + "/blobs", withIntermediateDirectories: true)
        for number in 1...3 {
            try AtomicFile.write(Self.part(number), to: folder + "/blobs/hash\(number)")
            try link(Self.name(number, "cached"), to: "blobs/hash\(number)")
        }
        try expectWhole(folder + "/" + Self.name(3, "cached"))
        // A name of one's own for one of the parts.
        try write()
        try link("second.gguf", to: Self.name(2))
        try link("model.gguf", to: folder + "/second.gguf")
        try expectWhole(folder + "/model.gguf")
        try link("loop.gguf", to: "loop.gguf")
        #expect(try message("loop.gguf").contains("loop.gguf"))
    }

    @Test("parts that were joined into one file are read from it")
    func joined() throws {
        let path = folder + "/whole.gguf"
        let parts = try (1...3).map { try Self.part($0) }
        try AtomicFile.write(Array(parts.joined()), to: path)
        try expectWhole(path, files: 1)
        try AtomicFile.write(parts[0] + parts[2] + parts[1], to: path)
        #expect(try message("whole.gguf").contains("where part 2 of 3 belongs is part 3 of 3"))
        try AtomicFile.write(parts[0] + parts[1], to: path)
        #expect(try message("whole.gguf").contains("2 of 3 parts of a split model, one after the other"))
    }

    @Test("a missing, foreign or renamed part is named")
    func wrong() throws {
        try write { number, _ in number != 2 }
        #expect(try message(Self.name(3)).contains("a part of a split model is missing - \(folder)/\(Self.name(2))"))
        try write { number, bytes in
            if number == 2 { bytes = try Self.part(3) }
            return true
        }
        #expect(try message(Self.name(1)).contains("where part 2 of 3 belongs is part 3 of 3"))
        try write { number, bytes in
            if number == 3 { bytes = try Input.bytes(Self.fixture + "types.gguf") }
            return true
        }
        #expect(try message(Self.name(1)).contains("where part 3 of 3 belongs is a whole model"))
        try AtomicFile.write(Self.part(2), to: folder + "/alone.gguf")
        let alone = try message("alone.gguf")
        #expect(alone.contains("part 2 of 3 of a split model") && alone.contains("-00002-of-00003.gguf"))
    }

    @Test(
        "counts that contradict each other are refused",
        arguments: [
            ("split.no", 1, 3), ("split.no", 2, 0), ("split.count", 1, 2), ("split.count", 3, 9),
            ("split.tensors.count", 1, 2), ("split.tensors.count", 2, 4),
        ])
    func counts(key: String, part: Int, value: Int) throws {
        try write { number, bytes in
            if number == part { try Self.set(key, to: UInt8(value), in: &bytes) }
            return true
        }
        for number in 1...3 { #expect(throws: InputError.self) { try GGUF(folder + "/" + Self.name(number)) } }
        // All parts agree, and the tensors are fewer.
        try write { _, bytes in
            try Self.set("split.tensors.count", to: 4, in: &bytes)
            return true
        }
        #expect(try message(Self.name(1)).contains("split.tensors.count is 4, and the parts hold 3 tensors"))
    }

    @Test("a tensor that two parts hold is refused")
    func twice() throws {
        try write { number, bytes in
            if number == 2 {
                let at = try #require(bytes.indices.first { bytes[$0...].starts(with: "second".utf8) })
                // Six letters to five, and a byte of alignment more: the name of the third is as long as the first's.
                bytes.replaceSubrange(at..<at + 6, with: "third".utf8)
                bytes[at - 8] = 5
                let end = try #require(bytes.indices.first { bytes[$0...].starts(with: [0, 0, 0x20, 0x41]) })
                bytes.insert(0, at: end)
            }
            return true
        }
        #expect(try message(Self.name(1)).contains("the parts hold 2 tensors"))
    }

    @Test("a part or a joined file that is cut off anywhere is refused")
    func cutOff() throws {
        for part in 1...3 {
            // The tensor's three floats end 20 bytes before the part does.
            for length in 0..<(try Self.part(part).count - 20) {
                try write { number, bytes in
                    if number == part { bytes.removeLast(bytes.count - length) }
                    return true
                }
                #expect(throws: InputError.self, "part \(part) of \(length) bytes") {
                    try GGUF(folder + "/" + Self.name(1))
                }
            }
        }
        let whole = try (1...3).flatMap { try Self.part($0) }
        for length in 0..<whole.count - 20 {
            try AtomicFile.write(whole[..<length], to: folder + "/whole.gguf")
            #expect(throws: InputError.self, "\(length) bytes") { try GGUF(folder + "/whole.gguf") }
        }
    }
}
