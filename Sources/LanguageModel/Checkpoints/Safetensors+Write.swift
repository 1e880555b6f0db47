import FileSupport
import Foundation

extension Safetensors {
    /// A tensor to write, in single precision.
    public struct Output {
        /// Its name.
        public var name: String
        /// Its shape.
        public var shape: [Int]
        /// Its elements; must live until the file is written.
        public var elements: UnsafeBufferPointer<Float>

        /// Makes the description of a tensor.
        public init(name: String, shape: [Int], elements: UnsafeBufferPointer<Float>) {
            precondition(shape.reduce(1, *) == elements.count)
            self.name = name
            self.shape = shape
            self.elements = elements
        }
    }

    /// Writes a file of F32 tensors, one after the other, the first at a multiple of eight bytes.
    ///
    /// - Throws: ``UnfinishedError`` when the disk refuses; then no file is left under `path`.
    public static func write(_ tensors: [Output], metadata: [(String, String)], to path: String) throws {
        var members: [(String, JSON)] = [("__metadata__", .object(metadata.map { ($0.0, .string($0.1)) }))]
        var offset = 0
        for tensor in tensors {
            let end = offset + 4 * tensor.elements.count
            members.append(
                (
                    tensor.name,
                    [
                        "dtype": "F32", "shape": .array(tensor.shape.map(JSON.integer)),
                        "data_offsets": [.integer(offset), .integer(end)],
                    ]
                ))
            offset = end
        }
        var header = Array(JSON.object(members).compact.utf8)
        header += [UInt8](repeating: 0x20, count: (8 - header.count % 8) % 8)
        let length = withUnsafeBytes(of: UInt64(header.count).littleEndian) { [UInt8]($0) }

        try AtomicFile.write(to: path) { temporary in
            guard let file = fopen(temporary, "wb") else { throw AtomicFile.diskError(path) }
            var isOpen = true
            defer { if isOpen { fclose(file) } }
            func put(_ bytes: UnsafeRawBufferPointer) throws {
                guard fwrite(bytes.baseAddress, 1, bytes.count, file) == bytes.count else {
                    throw AtomicFile.diskError(path)
                }
            }
            try length.withUnsafeBytes(put)
            try header.withUnsafeBytes(put)
            for tensor in tensors where !tensor.elements.isEmpty { try put(UnsafeRawBufferPointer(tensor.elements)) }
            isOpen = false
            guard fclose(file) == 0 else { throw AtomicFile.diskError(path) }
        }
    }
}
