import FileSupport
import Foundation
import LinearAlgebra

/// A matrix in NumPy's `.npy` form, version 1.0, little-endian single precision in row-major order.
public enum NumPyArray {
    private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]

    /// Writes a matrix; the data begins at a multiple of 64 bytes, so that it can be mapped.
    static func write(_ matrix: Matrix<Float>, to path: String) throws {
        var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(matrix.rows), \(matrix.columns)), }"
        let unpadded = magic.count + 2 + header.utf8.count + 1
        header += String(repeating: " ", count: (64 - unpadded % 64) % 64) + "\n"
        var data = Data(magic)
        withUnsafeBytes(of: UInt16(header.utf8.count).littleEndian) { data.append(contentsOf: $0) }
        data.append(contentsOf: header.utf8)
        matrix.elements.withUnsafeBytes { data.append(contentsOf: $0) }
        do {
            guard let file = AtomicFile.newFile(path) else { throw AtomicFile.diskError(path) }
            defer { try? file.close() }
            try file.write(contentsOf: data)
        } catch {
            throw UnfinishedError(
                "could not write \(path)", kept: "what stood there before is unchanged",
                resume: "free space or choose another folder, then export again")
        }
    }

    /// Reads a two-axis array of little-endian single precision.
    ///
    /// - Throws: `InputError` for another type, order, number of axes, or a size that differs from the header's.
    public static func read(_ path: String) throws -> Matrix<Float> {
        let bytes = try Input.bytes(path)
        func wrong(_ what: String) -> InputError {
            InputError(what, at: path, remedy: "save a two-axis float32 array with numpy.save")
        }
        guard bytes.count >= 10, bytes.starts(with: magic) else { throw wrong("not a .npy file of version 1.0") }
        let start = 10 + Int(bytes[8]) + Int(bytes[9]) << 8
        guard start <= bytes.count else { throw wrong("the header is cut off") }
        let header = String(decoding: bytes[10..<start], as: UTF8.self)
        guard header.contains("'descr': '<f4'"), header.contains("'fortran_order': False"),
            let open = header.firstIndex(of: "("), let close = header.firstIndex(of: ")")
        else { throw wrong("the array is not little-endian float32 in C order") }
        let sizes = header[header.index(after: open)..<close].split(separator: ",").compactMap {
            Int($0.filter { !$0.isWhitespace })
        }
        guard sizes.count == 2, sizes.allSatisfy({ $0 >= 0 && $0 <= bytes.count }) else { throw wrong("not two axes") }
        guard bytes.count - start == sizes[0] * sizes[1] * 4 else { throw wrong("the data is cut off or too long") }
        let elements = bytes[start...].withUnsafeBytes { raw in
            (0..<sizes[0] * sizes[1]).map {
                Float(bitPattern: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self)))
            }
        }
        return Matrix(rows: sizes[0], columns: sizes[1], elements: elements)
    }
}
