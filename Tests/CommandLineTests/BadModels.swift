import BuiltInStudy
import FileSupport
import Foundation

/// A copy of the built-in model, for tests to break.
struct ModelCopy {
    let path: String

    /// Copies the files of the model; without `tokenizer.json` the vocabulary is read from `vocab.json` and `merges.txt`.
    init(in workshop: Workshop, tokenizerJSON: Bool = true) throws {
        path = workshop.path + "/model"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for name in ["config.json", "model.safetensors", "vocab.json", "merges.txt", "tokenizer.json"]
        where tokenizerJSON || name != "tokenizer.json" {
            try FileManager.default.copyItem(
                atPath: BuiltInStudy.path("planted/model/\(name)"), toPath: "\(path)/\(name)")
        }
    }

    /// Replaces a file's bytes.
    func change(_ name: String, _ body: (inout [UInt8]) throws -> Void) throws {
        var bytes = try Input.bytes("\(path)/\(name)")
        try body(&bytes)
        try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    }

    /// Replaces a JSON file.
    func changeJSON(_ name: String, _ body: (JSON) -> JSON) throws {
        try change(name) { $0 = Array(body(try JSON.parse($0, place: name)).compact.utf8) }
    }

    /// Changes what the header of the weights says of one tensor; the elements stay.
    func changeHeader(_ tensor: String, shape: [Int]? = nil, offsets: (first: Int, last: Int)? = nil) throws {
        try change("model.safetensors") { bytes in
            let start = Self.dataStart(bytes)
            let header = try JSON.parse(Array(bytes[8..<start]), place: "header")
            var entry = header[tensor] ?? .null
            if let shape { entry = entry.setting("shape", to: .array(shape.map(JSON.integer))) }
            if let (first, last) = offsets {
                entry = entry.setting("data_offsets", to: [.integer(first), .integer(last)])
            }
            let text = Array(header.setting(tensor, to: entry).compact.utf8)
            bytes = (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) } + text + bytes[start...]
        }
    }

    /// Overwrites one element of the first tensor.
    func setElement(_ index: Int, _ value: Float) throws {
        try change("model.safetensors") { bytes in
            let place = Self.dataStart(bytes) + 4 * index
            for byte in 0..<4 { bytes[place + byte] = UInt8(truncatingIfNeeded: value.bitPattern >> (8 * byte)) }
        }
    }

    private static func dataStart(_ bytes: [UInt8]) -> Int {
        8 + (0..<8).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
    }
}
