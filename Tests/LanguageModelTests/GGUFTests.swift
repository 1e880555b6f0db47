import FileSupport
import Foundation
import LanguageModel
import TestSupport
import Testing

/// GGUF files against the `gguf` package (Fixtures/gguf/make_reference.py).
@Suite("GGUF")
struct GGUFTests {
    private static let fixture = Bundle.module.bundlePath + "/Fixtures/gguf/types"

    private func open(_ bytes: [UInt8]) throws -> GGUF {
        let path = NSTemporaryDirectory() + "driftscope-\(UUID().uuidString).gguf"
        try AtomicFile.write(bytes, to: path)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try GGUF(path)
    }

    private func values(_ file: GGUF, _ tensor: GGUF.Tensor) throws -> [Float] {
        var out = [Float](repeating: .nan, count: tensor.count)
        try out.withUnsafeMutableBufferPointer { try file.read(tensor, into: $0) }
        return out
    }

    @Test("every element type gives the very numbers of the gguf package")
    func elements() throws {
        let file = try GGUF(Self.fixture + ".gguf")
        let expected = try JSONCursor.read(Self.fixture + ".json")
        #expect(Set(file.tensors.map(\.type)) == Set(GGUFElementType.allCases))
        for tensor in file.tensors {
            let wanted = try expected.member(tensor.name)
            #expect(tensor.shape == (try wanted.member("shape").elements().map { try $0.int() }))
            let bits = try wanted.member("bits").elements().map { UInt32(try $0.int()) }
            let found = try values(file, tensor)
            let wrong = zip(found, bits).enumerated().first { $0.element.0.bitPattern != $0.element.1 }
            #expect(wrong == nil, "\(tensor.name): \(wrong.map { "\($0)" } ?? "")")
        }
    }

    @Test("every row of the tables of IQ1 to IQ3 is the gguf package's")
    func rows() throws {
        let rows = Bundle.module.bundlePath + "/Fixtures/gguf/rows"
        let (file, expected) = (try GGUF(rows + ".gguf"), try Safetensors(rows + ".safetensors"))
        #expect(file.tensors.count == 6)
        for tensor in file.tensors {
            let stored = try #require(expected.tensors.first { $0.name == tensor.name })
            var wanted = [Float](repeating: .nan, count: stored.count)
            try wanted.withUnsafeMutableBufferPointer { try expected.read(stored, into: $0) }
            let found = try values(file, tensor)
            #expect(found.count == wanted.count)
            let wrong = zip(found, wanted).enumerated().first { $0.element.0 != $0.element.1 }
            #expect(wrong == nil, "\(tensor.name): \(wrong.map { "\($0)" } ?? "")")
        }
    }

    @Test("metadata of every type keeps its value")
    func metadata() throws {
        let file = try GGUF(Self.fixture + ".gguf")
        #expect(file["general.architecture"]?.string == "driftscope-test")
        #expect(file["test.text"]?.string == "größer")
        let integers = [
            "uint8": 200, "int8": -100, "uint16": 60000, "int16": -30000, "uint32": 4_000_000_000,
            "int32": -2_000_000_000, "int64": -(1 << 62),
        ]
        for (name, value) in integers { #expect(file["test." + name]?.integer == value, "\(name)") }
        #expect(file["test.uint64"] == .large((1 << 63) + 1))
        #expect(file["test.float32"]?.number == Double(Float(0.1)) && file["test.float64"]?.number == 0.1)
        #expect(file["test.bool"] == .flag(true))
        #expect(file["test.texts"] == .texts([Array("a".utf8), Array("bc".utf8), []]))
        #expect(file["test.reals"] == .reals([0.5, -0.25]) && file["test.integers"] == .integers([1, -2, 3]))
        #expect(file["test.none"] == nil)
    }

    @Test("a file that is cut off anywhere is refused, never read past its end")
    func cutOff() throws {
        let whole = try Input.bytes(Self.fixture + ".gguf")
        // After the last tensor there is only what fills up its alignment.
        let end = try GGUF(Self.fixture + ".gguf").tensors.map(\.bytes.upperBound).max() ?? 0
        for length in Array(stride(from: 0, to: end, by: 13)) + [end - 1] {
            #expect(throws: InputError.self, "\(length)") { try open(Array(whole[..<length])) }
        }
    }

    @Test("a header with any byte changed is refused or read, never more")
    func mutated() throws {
        let whole = try Input.bytes(Self.fixture + ".gguf")
        let header = try GGUF(Self.fixture + ".gguf").tensors.map(\.bytes.lowerBound).min() ?? 0
        var refused = 0
        for place in stride(from: 0, to: header, by: 7) {
            for value: UInt8 in [0xFF, whole[place] ^ 0x40] {
                var bytes = whole
                bytes[place] = value
                do {
                    let file = try open(bytes)
                    for tensor in file.tensors { _ = try values(file, tensor) }
                } catch is InputError { refused += 1 }
            }
        }
        #expect(refused > header / 14, "\(refused) of \(header)")
    }

    @Test("what is no GGUF, of another version or of an unknown type is named")
    func foreign() throws {
        var bytes = try Input.bytes(Self.fixture + ".gguf")
        func message(_ bytes: [UInt8]) throws -> String {
            let error = try #require(throws: InputError.self) { try open(bytes) }
            return error.description
        }
        #expect(try message(Array("PK".utf8) + Array(repeating: 0, count: 40)).contains("no GGUF file"))
        bytes[4] = 9
        #expect(try message(bytes).contains("GGUF version 9"))
        bytes[4...7] = [0, 0, 0, 3]
        #expect(try message(bytes).contains("a big-endian GGUF file (version 3"))
        bytes[0...3] = Array("FUGG".utf8)[...]
        #expect(try message(bytes).contains("a big-endian GGUF file (FUGG"))
        bytes[0...3] = Array("tjgg".utf8)[...]
        #expect(try message(bytes).contains("a GGML file from before GGUF"))
        // The element type of the first tensor: after its name, the number of dimensions, and two of these.
        bytes = try Input.bytes(Self.fixture + ".gguf")
        let name = [3, 0, 0, 0, 0, 0, 0, 0] + Array("f32".utf8)
        let at = try #require((0..<bytes.count).first { bytes[$0...].starts(with: name) })
        for (number, title) in [9: "Q8_1", 31: "Q4_0_4_4", 5: "number 5"] {
            bytes[at + name.count + 4 + 16] = UInt8(number)
            #expect(try message(bytes).contains("the tensor f32 has the element type \(title), which is not read"))
        }
    }
}
