import LanguageModel

extension Safetensors {
    /// The values of all tensors of a file, by name.
    package static func values(in path: String) throws -> [String: [Float]] {
        let file = try Safetensors(path)
        var out: [String: [Float]] = [:]
        for tensor in file.tensors {
            var values = [Float](repeating: 0, count: tensor.count)
            try values.withUnsafeMutableBufferPointer { try file.read(tensor, into: $0) }
            out[tensor.name] = values
        }
        return out
    }
}
