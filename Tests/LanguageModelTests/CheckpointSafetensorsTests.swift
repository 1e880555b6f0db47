import FileSupport
import Foundation
import LanguageModel
import TestSupport
import Testing

@Suite("Safetensors")
struct CheckpointSafetensorsTests {
    private func open(_ bytes: [UInt8]) throws -> Safetensors {
        let path = NSTemporaryDirectory() + "driftscope-\(UUID().uuidString).safetensors"
        try AtomicFile.write(bytes, to: path)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try Safetensors(path)
    }

    private func values(_ type: String, _ data: [UInt8], count: Int) throws -> [Float] {
        let header = #"{"x":{"dtype":"\#(type)","shape":[\#(count)],"data_offsets":[0,\#(data.count)]}}"#
        let file = try open(safetensorsBytes(header, data: data))
        var out = [Float](repeating: 0, count: count)
        try out.withUnsafeMutableBufferPointer { try file.read(file.tensors[0], into: $0) }
        return out
    }

    private func bytes(_ halves: [UInt16]) -> [UInt8] { halves.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] } }

    @Test("F32, F16 and BF16 are converted exactly, at any alignment")
    func elementTypes() throws {
        #expect(try values("F32", [0, 0, 0x80, 0x3F, 0, 0, 0x20, 0xC0], count: 2) == [1, -2.5])
        // One, the largest, the smallest normal, the smallest subnormal, minus zero.
        let halves: [UInt16] = [0x3C00, 0x7BFF, 0x0400, 0x0001, 0x8000, 0xC500]
        let found = try values("F16", bytes(halves), count: 6)
        #expect(found == [1, 65504, 0x1p-14, 0x1p-24, 0, -5])
        #expect(found[4].sign == .minus)
        #expect(try values("BF16", bytes([0x3F80, 0xC020, 0x0001]), count: 3) == [1, -2.5, 0x1p-133])
    }

    @Test("every finite half-precision number has its value")
    func allHalves() throws {
        let all = (0...UInt16.max).filter { $0 & 0x7C00 != 0x7C00 }
        let found = try values("F16", bytes(all), count: all.count)
        for (bits, value) in zip(all, found) {
            let (exponent, fraction) = (Int(bits >> 10 & 31), Float(bits & 1023) / 1024)
            let size =
                exponent == 0
                ? fraction * 0x1p-14 : (1 + fraction) * Float(sign: .plus, exponent: exponent - 15, significand: 1)
            #expect(value == (bits >> 15 == 1 ? -size : size))
        }
    }

    @Test("NaN and infinite weights are named by tensor and element")
    func nonFinite() throws {
        let nan: [UInt8] = [0, 0, 0, 0, 0, 0, 0xC0, 0x7F]
        let error = try #require(throws: InputError.self) { try values("F32", nan, count: 2) }
        #expect(error.what.contains("x holds nan at [1]"), "\(error)")
        #expect(throws: InputError.self) { try values("F16", bytes([0x7C00]), count: 1) }
        #expect(throws: InputError.self) { try values("BF16", bytes([0xFF80]), count: 1) }
        #expect(throws: InputError.self) { try values("I32", [1, 0, 0, 0], count: 1) }
    }

    @Test(
        "a damaged header is refused",
        arguments: [
            (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 4, "cut off"),
            (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 6, "2 bytes after"),
            (
                #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#,
                12, "b overlaps the tensor a by 4"
            ),
            (
                #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}"#,
                12, "4 bytes between"
            ),
            (#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, 8, "needs 12 bytes and has 8"),
            (#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4, "impossible"),
            (#"{"a":{"dtype":"F32","shape":[4611686018427387904,8],"data_offsets":[0,4]}}"#, 4, "impossible"),
            (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, 4, "no range"),
            (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}"#, 4, "no range"),
            (#"{"a":{"dtype":"F12","shape":[1],"data_offsets":[0,4]}}"#, 4, "F12"),
            (
                #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
                4, "twice"
            ),
            (#"{"a":{"dtype":"F32","shape":[1]}}"#, 4, "data_offsets is missing"),
            (#"{"a":"#, 4, "ends"),
        ])
    func damagedHeaders(header: String, dataBytes: Int, message: String) throws {
        let error = try #require(throws: InputError.self) {
            try open(safetensorsBytes(header, data: [UInt8](repeating: 0, count: dataBytes)))
        }
        #expect(error.description.contains(message), "\(error)")
        #expect(error.place.contains(".safetensors") && !error.remedy.isEmpty)
    }

    @Test("a file that is too short, or whose header is too long, is refused")
    func lengths() throws {
        #expect(throws: InputError.self) { try open([]) }
        #expect(throws: InputError.self) { try open([1, 2, 3]) }
        #expect(throws: InputError.self) { try open([100, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0x7D]) }
        let long = try #require(throws: InputError.self) { try open([0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0x7B, 0x7D]) }
        #expect(long.what.contains("claims"))
    }

    @Test("what is written is read back, with the data at a multiple of eight bytes")
    func roundTrip() throws {
        let path = NSTemporaryDirectory() + "driftscope-\(UUID().uuidString).safetensors"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let numbers: [Float] = [1, -2, 3.5, 0.1, -0, 0x1p-140]
        try numbers.withUnsafeBufferPointer { all in
            try Safetensors.write(
                [
                    .init(name: "first", shape: [2, 2], elements: UnsafeBufferPointer(rebasing: all[..<4])),
                    .init(name: "é", shape: [2], elements: UnsafeBufferPointer(rebasing: all[4...])),
                ], metadata: [("format", "pt")], to: path)
        }
        let file = try Safetensors(path)
        #expect(file.tensors.map(\.name) == ["first", "é"] && file.tensors.map(\.shape) == [[2, 2], [2]])
        #expect(file.tensors[0].bytes.lowerBound % 8 == 0)
        var found: [Float] = []
        for tensor in file.tensors {
            var part = [Float](repeating: 0, count: tensor.count)
            try part.withUnsafeMutableBufferPointer { try file.read(tensor, into: $0) }
            found += part
        }
        #expect(found.map(\.bitPattern) == numbers.map(\.bitPattern))
    }
}
